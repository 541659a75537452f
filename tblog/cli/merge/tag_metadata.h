/* The metadata of tags: plugins, names, descriptions. Only a tag's first value needs it. If another
 * value comes first in a new order, it gets the metadata. Memory grows with the number of tags that
 * have metadata. */
#ifndef TBLOG_CLI_TAG_METADATA_H
#define TBLOG_CLI_TAG_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_decode.h"
#include "record_queue.h"
#include "tag_map.h"
#include "tblog/tblog.h"

/* All zero is empty. */
typedef struct tag_metadata {
    tag_map tags;
    size_t owed; /* tags of which no value with metadata has passed in the new order */
    event_decoder decoder;
    record_queue record; /* the last that was completed */
} tag_metadata;

/* Notes the metadata of an event's values, for tags of which it knows none. All events are noted,
 * in their old order, before the first passes. False without memory. */
TBLOG_MUST_CHECK bool tag_metadata_note(tag_metadata *all, const tblog_event *event);

/* Call it for each event in the new order, with its record. If a value lacks its tag's metadata,
 * *record and *bytes become those of a record with it, valid until the next call. 0, or an errno
 * value. */
TBLOG_MUST_CHECK int tag_metadata_pass(tag_metadata *all, const uint8_t **record, size_t *bytes);

void tag_metadata_free(tag_metadata *all);

#endif
