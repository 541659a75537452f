#include "event_decode.h"

#include <stdbool.h>
#include <string.h>

#include "bounded_parse.h"
#include "event.pb-c.h"
#include "scalar_decode.h"
#include "utf8.h"

/* ---- Parsing ---- */

static tblog_status refuse_size(event_decoder *decoder)
{
    decoder->problem = "the event has too many parts for its size";
    return TBLOG_DAMAGED;
}

static tblog_status refuse_memory(event_decoder *decoder)
{
    decoder->problem = "no memory for the event";
    return TBLOG_NO_MEMORY;
}

static void forget_message(event_decoder *decoder)
{
    if (decoder->message != NULL) {
        tblog_pb__event__free_unpacked(decoder->message, NULL);
    }
    decoder->message = NULL;
}

static tblog_status parse(event_decoder *decoder, const uint8_t *payload, size_t payload_bytes)
{
    bounded_parse_problem problem;
    forget_message(decoder);
    decoder->message = (TblogPb__Event *)bounded_parse(&tblog_pb__event__descriptor, payload,
                                                       payload_bytes, &problem);
    if (decoder->message != NULL) {
        return TBLOG_OK;
    }
    if (problem == BOUNDED_PARSE_TOO_LARGE) {
        return refuse_size(decoder);
    }
    if (problem == BOUNDED_PARSE_NO_MEMORY) {
        return refuse_memory(decoder);
    }
    decoder->problem = "the record is not an event";
    return TBLOG_DAMAGED;
}

static bool is_text(const char *string)
{
    return utf8_is_valid(string, strlen(string));
}

static tblog_status refuse_text(event_decoder *decoder, const char *problem)
{
    decoder->problem = problem;
    return TBLOG_DAMAGED;
}

static tblog_status decode_summary(event_decoder *decoder, const TblogPb__Summary *summary,
                                   size_t limit, tblog_event *event)
{
    if (value_decode_bytes(summary) > limit) {
        return refuse_size(decoder);
    }
    if (!value_decode(&decoder->store, summary)) {
        return refuse_memory(decoder);
    }
    const tblog_value *const *values = (void *)decoder->store.pointers.data;
    for (size_t i = 0; i < summary->n_value; i++) {
        if (!is_text(values[i]->tag) || !is_text(values[i]->plugin)) {
            return refuse_text(decoder, "a tag or plug-in name is not UTF-8");
        }
        if (!is_text(values[i]->display_name) || !is_text(values[i]->description)) {
            return refuse_text(decoder, "a tag's display name or description is not UTF-8");
        }
    }
    event->values = values;
    event->value_count = summary->n_value;
    return TBLOG_OK;
}

/* ---- Events ---- */

/* The name of the event's field that is set. */
static const char *content_name(TblogPb__Event__WhatCase content)
{
    switch (content) {
    case TBLOG_PB__EVENT__WHAT_FILE_VERSION:
        return "file_version";
    case TBLOG_PB__EVENT__WHAT_GRAPH_DEF:
        return "graph_def";
    case TBLOG_PB__EVENT__WHAT_SUMMARY:
        return "summary";
    case TBLOG_PB__EVENT__WHAT_LOG_MESSAGE:
        return "log_message";
    case TBLOG_PB__EVENT__WHAT_SESSION_LOG:
        return "session_log";
    case TBLOG_PB__EVENT__WHAT_TAGGED_RUN_METADATA:
        return "tagged_run_metadata";
    case TBLOG_PB__EVENT__WHAT_META_GRAPH_DEF:
        return "meta_graph_def";
    default:
        return "";
    }
}

static tblog_bytes bytes_of(ProtobufCBinaryData data)
{
    return (tblog_bytes){.data = data.len == 0 ? (const uint8_t *)"" : data.data,
                         .count = data.len};
}

/* Events other than summaries and file versions. */
static void take_rest(tblog_event *event, const TblogPb__Event *message)
{
    switch (message->what_case) {
    case TBLOG_PB__EVENT__WHAT_GRAPH_DEF:
        event->serialized = bytes_of(message->graph_def);
        break;
    case TBLOG_PB__EVENT__WHAT_META_GRAPH_DEF:
        event->serialized = bytes_of(message->meta_graph_def);
        break;
    case TBLOG_PB__EVENT__WHAT_TAGGED_RUN_METADATA:
        event->run_metadata = message->tagged_run_metadata->tag;
        event->serialized = bytes_of(message->tagged_run_metadata->run_metadata);
        break;
    case TBLOG_PB__EVENT__WHAT_LOG_MESSAGE:
        event->state = (int32_t)message->log_message->level;
        event->message = message->log_message->message;
        break;
    case TBLOG_PB__EVENT__WHAT_SESSION_LOG:
        event->state = (int32_t)message->session_log->status;
        event->message = message->session_log->msg;
        event->checkpoint_path = message->session_log->checkpoint_path;
        break;
    default:
        break;
    }
}

static bool is_optional_text(const char *string)
{
    return string == NULL || is_text(string);
}

tblog_status event_decode(event_decoder *decoder, const uint8_t *payload, size_t payload_bytes,
                          tblog_event *event)
{
    if (scalar_decode(&decoder->store, payload, payload_bytes, event)) {
        forget_message(decoder); /* It may be large. */
        return TBLOG_OK;
    }
    const tblog_status status = parse(decoder, payload, payload_bytes);
    if (status != TBLOG_OK) {
        return status;
    }
    const TblogPb__Event *message = decoder->message;
    *event = (tblog_event){.wall_time = message->wall_time,
                           .step = message->step,
                           .content = content_name(message->what_case)};
    if (message->source_metadata != NULL) {
        event->writer = message->source_metadata->writer;
    }
    if (message->what_case == TBLOG_PB__EVENT__WHAT_FILE_VERSION) {
        event->file_version = message->file_version;
    }
    if (!is_optional_text(event->file_version) || !is_optional_text(event->writer)) {
        return refuse_text(decoder, "the file version or the writer's name is not UTF-8");
    }
    if (message->what_case == TBLOG_PB__EVENT__WHAT_SUMMARY) {
        return decode_summary(decoder, message->summary, bounded_parse_limit(payload_bytes), event);
    }
    take_rest(event, message);
    if (!is_optional_text(event->run_metadata) || !is_optional_text(event->message) ||
        !is_optional_text(event->checkpoint_path)) {
        return refuse_text(decoder, "the event's text is not UTF-8");
    }
    return TBLOG_OK;
}

void event_decoder_free(event_decoder *decoder)
{
    forget_message(decoder);
    value_store_free(&decoder->store);
    *decoder = (event_decoder){0};
}
