/* Events of every kind except summaries, and the metadata besides the plug-in. */
#include <stdlib.h>
#include <string.h>

#include "bounded_parse.h"
#include "check_main.h"
#include "event.pb-c.h"
#include "event_decode.h"

/* Packs the message and decodes it; the event's pointers are good until `decoder` is freed. */
static tblog_status decode(event_decoder *decoder, const TblogPb__Event *message,
                           tblog_event *event)
{
    const size_t bytes = tblog_pb__event__get_packed_size(message);
    uint8_t *payload = malloc(bytes + 1);
    ck_assert_ptr_nonnull(payload);
    tblog_pb__event__pack(message, payload);
    *decoder = (event_decoder){0};
    tblog_status status = event_decode(decoder, payload, bytes, event);
    free(payload);
    return status;
}

static TblogPb__Event event_of(TblogPb__Event__WhatCase content)
{
    TblogPb__Event message = TBLOG_PB__EVENT__INIT;
    message.what_case = content;
    return message;
}

static char not_utf8[] = "a\xff";

START_TEST(graphs_and_run_metadata_are_given_as_bytes)
{
    event_decoder decoder;
    tblog_event event;
    TblogPb__Event message = event_of(TBLOG_PB__EVENT__WHAT_META_GRAPH_DEF);
    message.meta_graph_def = (ProtobufCBinaryData){.len = 3, .data = (uint8_t *)"a\0b"};
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_str_eq(event.content, "meta_graph_def");
    ck_assert_uint_eq(event.serialized.count, 3);
    ck_assert_mem_eq(event.serialized.data, "a\0b", 3);
    ck_assert_ptr_null(event.run_metadata);
    event_decoder_free(&decoder);

    message = event_of(TBLOG_PB__EVENT__WHAT_GRAPH_DEF);
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_uint_eq(event.serialized.count, 0);
    ck_assert_ptr_nonnull(event.serialized.data);
    event_decoder_free(&decoder);

    TblogPb__TaggedRunMetadata tagged = TBLOG_PB__TAGGED_RUN_METADATA__INIT;
    tagged.tag = (char *)"step 1";
    tagged.run_metadata = (ProtobufCBinaryData){.len = 1, .data = (uint8_t *)"c"};
    message = event_of(TBLOG_PB__EVENT__WHAT_TAGGED_RUN_METADATA);
    message.tagged_run_metadata = &tagged;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_str_eq(event.run_metadata, "step 1");
    ck_assert_uint_eq(event.serialized.count, 1);
    event_decoder_free(&decoder);
    tagged.tag = not_utf8;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_DAMAGED);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(messages_and_session_states_are_given)
{
    event_decoder decoder;
    tblog_event event;
    TblogPb__LogMessage log = TBLOG_PB__LOG_MESSAGE__INIT;
    log.level = TBLOG_PB__LOG_MESSAGE__LEVEL__ERROR;
    log.message = (char *)"hot";
    TblogPb__Event message = event_of(TBLOG_PB__EVENT__WHAT_LOG_MESSAGE);
    message.log_message = &log;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_int_eq(event.state, 40);
    ck_assert_str_eq(event.message, "hot");
    ck_assert_ptr_null(event.checkpoint_path);
    event_decoder_free(&decoder);
    log.message = not_utf8;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_DAMAGED);
    event_decoder_free(&decoder);

    TblogPb__SessionLog session = TBLOG_PB__SESSION_LOG__INIT;
    session.status = TBLOG_PB__SESSION_LOG__SESSION_STATUS__CHECKPOINT;
    session.checkpoint_path = (char *)"a/b";
    message = event_of(TBLOG_PB__EVENT__WHAT_SESSION_LOG);
    message.session_log = &session;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_int_eq(event.state, 3);
    ck_assert_str_eq(event.checkpoint_path, "a/b");
    ck_assert_str_eq(event.message, "");
    event_decoder_free(&decoder);
    session.checkpoint_path = not_utf8;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_DAMAGED);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(an_event_of_nothing_is_one)
{
    event_decoder decoder;
    tblog_event event;
    TblogPb__Event message = TBLOG_PB__EVENT__INIT;
    message.step = 5;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_str_eq(event.content, "");
    ck_assert_int_eq(event.step, 5);
    ck_assert_uint_eq(event.value_count, 0);
    ck_assert_ptr_null(event.message);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(metadata_gives_names_and_class)
{
    TblogPb__SummaryMetadata metadata = TBLOG_PB__SUMMARY_METADATA__INIT;
    metadata.display_name = (char *)"Loss";
    metadata.summary_description = (char *)"*of all*";
    metadata.data_class = TBLOG_PB__DATA_CLASS__DATA_CLASS_TENSOR;
    TblogPb__Summary__Value value = TBLOG_PB__SUMMARY__VALUE__INIT;
    value.tag = (char *)"t";
    value.metadata = &metadata;
    TblogPb__Summary__Value *values[] = {&value};
    TblogPb__Summary summary = TBLOG_PB__SUMMARY__INIT;
    summary.n_value = 1;
    summary.value = values;
    TblogPb__Event message = event_of(TBLOG_PB__EVENT__WHAT_SUMMARY);
    message.summary = &summary;
    event_decoder decoder;
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_str_eq(event.values[0]->display_name, "Loss");
    ck_assert_str_eq(event.values[0]->description, "*of all*");
    ck_assert_int_eq(event.values[0]->data_class, 2);
    ck_assert_int_eq(event.values[0]->type, 0);
    ck_assert_str_eq(event.values[0]->plugin, "");
    event_decoder_free(&decoder);
    value.metadata = NULL;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_OK);
    ck_assert_str_eq(event.values[0]->display_name, "");
    ck_assert_str_eq(event.values[0]->description, "");
    event_decoder_free(&decoder);
    value.metadata = &metadata;
    metadata.summary_description = not_utf8;
    ck_assert_int_eq(decode(&decoder, &message, &event), TBLOG_DAMAGED);
    event_decoder_free(&decoder);
}
END_TEST

/* Decodes an event of `count` empty values, each of which takes two bytes. */
static tblog_status decode_empty_values(size_t count)
{
    TblogPb__Summary__Value empty = TBLOG_PB__SUMMARY__VALUE__INIT;
    TblogPb__Summary__Value **values = malloc(count * sizeof(TblogPb__Summary__Value *));
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++) {
        values[i] = &empty;
    }
    TblogPb__Summary summary = TBLOG_PB__SUMMARY__INIT;
    summary.n_value = count;
    summary.value = values;
    TblogPb__Event message = event_of(TBLOG_PB__EVENT__WHAT_SUMMARY);
    message.summary = &summary;
    event_decoder decoder;
    tblog_event event;
    const tblog_status status = decode(&decoder, &message, &event);
    if (status == TBLOG_OK) {
        ck_assert_uint_eq(event.value_count, count);
    } else {
        ck_assert_ptr_nonnull(strstr(decoder.problem, "too many parts for its size"));
    }
    event_decoder_free(&decoder);
    free(values);
    return status;
}

START_TEST(an_event_of_too_many_empty_parts_is_damage)
{
    ck_assert_int_eq(decode_empty_values(100000), TBLOG_OK);
    ck_assert_int_eq(decode_empty_values(2000000), TBLOG_DAMAGED);
    ck_assert_uint_gt(bounded_parse_limit(1000), bounded_parse_limit(0));
    ck_assert_uint_eq(bounded_parse_limit(SIZE_MAX), SIZE_MAX);
}
END_TEST

int main(void)
{
    return RUN_TESTS("event_content", graphs_and_run_metadata_are_given_as_bytes,
                     messages_and_session_states_are_given, an_event_of_nothing_is_one,
                     metadata_gives_names_and_class, an_event_of_too_many_empty_parts_is_damage);
}
