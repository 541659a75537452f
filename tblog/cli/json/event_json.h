/* Prints an event as one JSON object. */
#ifndef TBLOG_CLI_EVENT_JSON_H
#define TBLOG_CLI_EVENT_JSON_H

#include "json_out.h"
#include "tag_map.h"
#include "tblog/tblog.h"

/* `tags` keeps the plugin of each tag so far, because a tag's later values do not name it. */
void event_json(json_out *out, const tblog_event *event, tag_map *tags);

#endif
