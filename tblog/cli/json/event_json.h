/* An event as one JSON object, whatever it holds. */
#ifndef TBLOG_CLI_EVENT_JSON_H
#define TBLOG_CLI_EVENT_JSON_H

#include "json_out.h"
#include "tag_map.h"
#include "tblog/tblog.h"

/* `tags` keeps the plug-in of each tag so far, for a tag's later values do not name it. */
void event_json(json_out *out, const tblog_event *event, tag_map *tags);

#endif
