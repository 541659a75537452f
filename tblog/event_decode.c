#include "event_decode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "event.pb-c.h"
#include "scalar_decode.h"
#include "utf8.h"

/* ---- Parsing ---- */

/* The parser answers NULL for bad input and for missing memory alike; this tells them apart. */
static void *parser_allocate(void *out_of_memory, size_t bytes)
{
    void *block = malloc(bytes);
    if (block == NULL)
        *(bool *)out_of_memory = true;
    return block;
}

static void parser_free(void *out_of_memory, void *block)
{
    (void)out_of_memory;
    free(block);
}

static void forget_message(event_decoder *decoder, ProtobufCAllocator *allocator)
{
    if (decoder->message != NULL)
        tblog_pb__event__free_unpacked(decoder->message, allocator);
    decoder->message = NULL;
}

static tblog_status parse(event_decoder *decoder, const uint8_t *payload, size_t payload_bytes)
{
    bool out_of_memory = false;
    ProtobufCAllocator allocator = {
        .alloc = parser_allocate, .free = parser_free, .allocator_data = &out_of_memory};
    forget_message(decoder, &allocator);
    decoder->message = tblog_pb__event__unpack(&allocator, payload_bytes, payload);
    if (decoder->message != NULL)
        return TBLOG_OK;
    decoder->problem = "the record is not an event";
    return out_of_memory ? TBLOG_NO_MEMORY : TBLOG_DAMAGED;
}

static bool is_text(const char *string)
{
    return utf8_is_valid(string, strlen(string));
}

static tblog_status decode_summary(event_decoder *decoder, const TblogPb__Summary *summary,
                                   tblog_event *event)
{
    if (!value_decode(&decoder->store, summary))
        return TBLOG_NO_MEMORY;
    const tblog_value *values = (void *)decoder->store.values.data;
    for (size_t i = 0; i < summary->n_value; i++) {
        if (!is_text(values[i].tag) || !is_text(values[i].plugin)) {
            decoder->problem = "a tag or plug-in name is not UTF-8";
            return TBLOG_DAMAGED;
        }
    }
    event->values = values;
    event->value_count = summary->n_value;
    return TBLOG_OK;
}

/* ---- Events ---- */

/* The name of the field that the event carries. */
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

tblog_status event_decode(event_decoder *decoder, const uint8_t *payload, size_t payload_bytes,
                          tblog_event *event)
{
    if (scalar_decode(&decoder->store, payload, payload_bytes, event)) {
        forget_message(decoder, NULL); /* It may be large. */
        return TBLOG_OK;
    }
    tblog_status status = parse(decoder, payload, payload_bytes);
    if (status != TBLOG_OK)
        return status;
    const TblogPb__Event *message = decoder->message;
    *event = (tblog_event){.wall_time = message->wall_time,
                           .step = message->step,
                           .content = content_name(message->what_case)};
    if (message->what_case == TBLOG_PB__EVENT__WHAT_FILE_VERSION)
        event->file_version = message->file_version;
    if (message->source_metadata != NULL)
        event->writer = message->source_metadata->writer;
    if ((event->file_version != NULL && !is_text(event->file_version)) ||
        (event->writer != NULL && !is_text(event->writer))) {
        decoder->problem = "the file version or the writer's name is not UTF-8";
        return TBLOG_DAMAGED;
    }
    if (message->what_case == TBLOG_PB__EVENT__WHAT_GRAPH_DEF)
        event->graph_def =
            (tblog_bytes){.data = message->graph_def.data, .count = message->graph_def.len};
    if (message->what_case == TBLOG_PB__EVENT__WHAT_SUMMARY)
        return decode_summary(decoder, message->summary, event);
    return TBLOG_OK;
}

void event_decoder_free(event_decoder *decoder)
{
    forget_message(decoder, NULL);
    value_store_free(&decoder->store);
    *decoder = (event_decoder){0};
}
