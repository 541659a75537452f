#include "event_decode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "event.pb-c.h"
#include "record_format.h"
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

static tblog_status parse(event_decoder *decoder, const uint8_t *payload, size_t payload_bytes)
{
    bool out_of_memory = false;
    ProtobufCAllocator allocator = {
        .alloc = parser_allocate, .free = parser_free, .allocator_data = &out_of_memory};
    if (decoder->message != NULL)
        tblog_pb__event__free_unpacked(decoder->message, &allocator);
    decoder->message = tblog_pb__event__unpack(&allocator, payload_bytes, payload);
    if (decoder->message != NULL)
        return TBLOG_OK;
    decoder->problem = "the record is not an event";
    return out_of_memory ? TBLOG_NO_MEMORY : TBLOG_DAMAGED;
}

/* ---- Values ---- */

static bool is_one_element(const TblogPb__TensorProto *tensor)
{
    const TblogPb__TensorShapeProto *shape = tensor->tensor_shape;
    return shape == NULL || shape->n_dim == 0 || (shape->n_dim == 1 && shape->dim[0]->size == 1);
}

static bool is_rank_0(const TblogPb__TensorProto *tensor)
{
    return tensor->tensor_shape == NULL || tensor->tensor_shape->n_dim == 0;
}

/* The one float of a tensor, from either of the places where it may be. */
static bool load_float(const TblogPb__TensorProto *tensor, double *scalar)
{
    if (tensor->n_float_val == 1) {
        *scalar = (double)tensor->float_val[0];
        return true;
    }
    if (tensor->tensor_content.len != sizeof(float))
        return false;
    uint32_t bits = (uint32_t)record_load_le(tensor->tensor_content.data, sizeof bits);
    float value;
    memcpy(&value, &bits, sizeof value);
    *scalar = (double)value;
    return true;
}

static void decode_tensor(const TblogPb__TensorProto *tensor, tblog_value *value)
{
    if (tensor->dtype == TBLOG_PB__DATA_TYPE__DT_FLOAT && is_rank_0(tensor)) {
        if (load_float(tensor, &value->scalar))
            value->kind = TBLOG_VALUE_SCALAR;
    } else if (tensor->dtype == TBLOG_PB__DATA_TYPE__DT_STRING && is_one_element(tensor) &&
               tensor->n_string_val == 1) {
        const ProtobufCBinaryData *string = &tensor->string_val[0];
        value->kind = TBLOG_VALUE_STRING;
        value->bytes = string->len == 0 ? (const uint8_t *)"" : string->data;
        value->byte_count = string->len;
    }
}

static void decode_value(const TblogPb__Summary__Value *message, tblog_value *value)
{
    *value = (tblog_value){.tag = message->tag, .plugin = "", .kind = TBLOG_VALUE_OTHER};
    if (message->metadata != NULL && message->metadata->plugin_data != NULL)
        value->plugin = message->metadata->plugin_data->plugin_name;
    if (message->value_case == TBLOG_PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE) {
        value->kind = TBLOG_VALUE_SCALAR;
        value->scalar = (double)message->simple_value;
    } else if (message->value_case == TBLOG_PB__SUMMARY__VALUE__VALUE_TENSOR) {
        decode_tensor(message->tensor, value);
    }
}

static bool is_text(const char *string)
{
    return utf8_is_valid(string, strlen(string));
}

static tblog_status decode_summary(event_decoder *decoder, const TblogPb__Summary *summary,
                                   tblog_event *event)
{
    if (!byte_buffer_reserve(&decoder->values, summary->n_value * sizeof(tblog_value)))
        return TBLOG_NO_MEMORY;
    tblog_value *values = (void *)decoder->values.data;
    for (size_t i = 0; i < summary->n_value; i++) {
        decode_value(summary->value[i], &values[i]);
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
    if (message->what_case == TBLOG_PB__EVENT__WHAT_SUMMARY)
        return decode_summary(decoder, message->summary, event);
    return TBLOG_OK;
}

void event_decoder_free(event_decoder *decoder)
{
    if (decoder->message != NULL)
        tblog_pb__event__free_unpacked(decoder->message, NULL);
    byte_buffer_free(&decoder->values);
    *decoder = (event_decoder){0};
}
