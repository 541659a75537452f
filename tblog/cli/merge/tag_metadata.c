#include "tag_metadata.h"

#include <errno.h>

#include "bounded_parse.h"
#include "byte_buffer.h"
#include "event.pb-c.h"
#include "record_format.h"
#include "record_writer.h"

typedef struct tag_entry {
    tag_key key;
    byte_buffer metadata; /* serialized; empty once it has passed */
} tag_entry;

/* NULL without memory. */
static tag_entry *entry_of(tag_metadata *all, const tblog_value *value)
{
    const tag_key key = {.run = "", .tag = value->tag, .content = "summary", .plugin = ""};
    return tag_map_get(&all->tags, &key, sizeof(tag_entry));
}

/* The old forms of histograms, images and audio count too: they need no metadata. */
static bool has_metadata(const tblog_value *value)
{
    return value->plugin[0] != '\0' || value->plugin_content.count > 0 ||
           value->display_name[0] != '\0' || value->description[0] != '\0' ||
           value->data_class != 0;
}

/* ---- Noting ---- */

static bool serialize(byte_buffer *out, const tblog_value *value)
{
    TblogPb__SummaryMetadata__PluginData plugin = TBLOG_PB__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    plugin.plugin_name = (char *)value->plugin;
    plugin.content.data = (uint8_t *)value->plugin_content.data;
    plugin.content.len = value->plugin_content.count;
    TblogPb__SummaryMetadata metadata = TBLOG_PB__SUMMARY_METADATA__INIT;
    metadata.plugin_data = &plugin;
    metadata.display_name = (char *)value->display_name;
    metadata.summary_description = (char *)value->description;
    metadata.data_class = (TblogPb__DataClass)value->data_class;
    if (!byte_buffer_reserve(out, tblog_pb__summary_metadata__get_packed_size(&metadata))) {
        return false;
    }
    out->size = tblog_pb__summary_metadata__pack(&metadata, out->data);
    return true;
}

bool tag_metadata_note(tag_metadata *all, const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (!has_metadata(value)) {
            continue;
        }
        tag_entry *tag = entry_of(all, value);
        if (tag == NULL) {
            return false;
        }
        if (tag->metadata.size > 0) {
            continue;
        }
        if (!serialize(&tag->metadata, value)) {
            return false;
        }
        all->owed++;
    }
    return true;
}

/* ---- Passing ---- */

static bool give_metadata(TblogPb__Summary__Value *value, const byte_buffer *metadata)
{
    TblogPb__SummaryMetadata *given =
        tblog_pb__summary_metadata__unpack(NULL, metadata->size, metadata->data);
    if (given == NULL) {
        return false;
    }
    if (value->metadata != NULL) { /* an empty one */
        tblog_pb__summary_metadata__free_unpacked(value->metadata, NULL);
    }
    value->metadata = given;
    return true;
}

static TblogPb__Event *parse(const uint8_t *record, size_t bytes)
{
    bounded_parse_problem problem;
    return (TblogPb__Event *)bounded_parse(&tblog_pb__event__descriptor,
                                           record + RECORD_HEADER_BYTES, bytes - RECORD_FRAME_BYTES,
                                           &problem);
}

/* Adds the missing metadata to a record's values. *completed is NULL if none is missing, or the new
 * message, for the caller to free. False without memory. */
static bool complete(tag_metadata *all, const tblog_event *event, const uint8_t *record,
                     size_t bytes, TblogPb__Event **completed)
{
    for (size_t i = 0; i < event->value_count && all->owed > 0; i++) {
        tag_entry *tag = entry_of(all, event->values[i]);
        if (tag == NULL) {
            return false;
        }
        if (tag->metadata.size == 0) {
            continue;
        }
        if (!has_metadata(event->values[i])) {
            if (*completed == NULL) {
                *completed = parse(record, bytes);
            }
            if (*completed == NULL ||
                !give_metadata((*completed)->summary->value[i], &tag->metadata)) {
                return false;
            }
        }
        byte_buffer_free(&tag->metadata);
        all->owed--;
    }
    return true;
}

/* Makes the message the one record of the queue. 0, or an errno value. */
static int make_record(record_queue *queue, const TblogPb__Event *message)
{
    record_queue_clear(queue);
    byte_buffer *payload = record_queue_begin(queue);
    if (payload == NULL ||
        !byte_buffer_reserve(payload, tblog_pb__event__get_packed_size(message))) {
        return ENOMEM;
    }
    payload->size += tblog_pb__event__pack(message, payload->data + payload->size);
    const int cause = record_queue_end(queue, false);
    if (cause == 0) {
        record_add_checksums(queue->records.data, queue->records.size);
    }
    return cause;
}

int tag_metadata_pass(tag_metadata *all, const uint8_t **record, size_t *bytes)
{
    tblog_event event;
    if (all->owed == 0) {
        return 0;
    }
    /* It was parsed before, so only memory can be missing. */
    if (event_decode(&all->decoder, *record + RECORD_HEADER_BYTES, *bytes - RECORD_FRAME_BYTES,
                     &event) != TBLOG_OK) {
        return ENOMEM;
    }
    TblogPb__Event *completed = NULL;
    int cause = complete(all, &event, *record, *bytes, &completed) ? 0 : ENOMEM;
    if (cause == 0 && completed != NULL) {
        cause = make_record(&all->record, completed);
        *record = all->record.records.data;
        *bytes = all->record.records.size;
    }
    if (completed != NULL) {
        tblog_pb__event__free_unpacked(completed, NULL);
    }
    return cause;
}

void tag_metadata_free(tag_metadata *all)
{
    for (size_t i = 0; i < all->tags.count; i++) {
        byte_buffer_free(&((tag_entry *)all->tags.entries[i])->metadata);
    }
    tag_map_free(&all->tags);
    event_decoder_free(&all->decoder);
    record_queue_free(&all->record);
    *all = (tag_metadata){0};
}
