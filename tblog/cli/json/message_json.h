/* Prints messages of TensorBoard's plugins as JSON, by the descriptors that protoc-c generated:
 * every field that is set, with its name and type; enums by name. A map, such as that of
 * hyper-parameters, is an object. A protobuf Value is its number, string or bool. */
#ifndef TBLOG_CLI_MESSAGE_JSON_H
#define TBLOG_CLI_MESSAGE_JSON_H

#include "json_out.h"
#include "tblog/tblog.h"

/* The metadata's content of a plugin; unknown or invalid contents as base64. */
void message_json_plugin_data(json_out *out, const char *key, const char *plugin,
                              tblog_bytes content);

/* A layout of the Custom Scalars page, likewise. */
void message_json_layout(json_out *out, const char *key, tblog_bytes content);

#endif
