#include "event_decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "event_encode.h"
#include "golden_events.h"
#include "record_format.h"

/* Decodes the payload of a record made by the stock package. */
#define decode(decoder, golden, event)                                                             \
    event_decode((decoder), (golden) + RECORD_HEADER_BYTES, sizeof(golden) - RECORD_FRAME_BYTES,   \
                 (event))

START_TEST(a_file_version_is_read)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_file_version, &event), TBLOG_OK);
    ck_assert_double_eq(event.wall_time, GOLDEN_WALL_TIME);
    ck_assert_str_eq(event.content, "file_version");
    ck_assert_str_eq(event.file_version, "brain.Event:2");
    ck_assert_str_eq(event.writer, "golden");
    ck_assert_uint_eq(event.value_count, 0);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(scalars_are_read)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_scalars, &event), TBLOG_OK);
    ck_assert_str_eq(event.content, "summary");
    ck_assert_ptr_null(event.file_version);
    ck_assert_ptr_null(event.writer);
    ck_assert_int_eq(event.step, 7);
    ck_assert_uint_eq(event.value_count, 2);
    ck_assert_str_eq(event.values[0]->tag, "loss");
    ck_assert_str_eq(event.values[0]->plugin, "scalars");
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_SCALAR);
    ck_assert_double_eq(event.values[0]->scalar, 0.5);
    ck_assert_str_eq(event.values[1]->tag, "zero");
    ck_assert_int_eq(event.values[1]->kind, TBLOG_VALUE_SCALAR);
    ck_assert_double_eq(event.values[1]->scalar, 0.0);

    ck_assert_int_eq(decode(&decoder, golden_later_scalar, &event), TBLOG_OK);
    ck_assert_int_eq(event.step, -3);
    ck_assert_str_eq(event.values[0]->plugin, "");
    ck_assert_double_eq(event.values[0]->scalar, -1.5);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(tensor_scalars_are_read_from_both_places)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_float_tensor, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_SCALAR);
    ck_assert_double_eq(event.values[0]->scalar, 2.5);
    ck_assert_int_eq(decode(&decoder, golden_float_content, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_SCALAR);
    ck_assert_double_eq(event.values[0]->scalar, 2.5);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(strings_are_read_from_rank_0_and_from_one_element)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_keras_graph, &event), TBLOG_OK);
    ck_assert_str_eq(event.values[0]->plugin, "graph_keras_model");
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_STRING);
    ck_assert_uint_eq(event.values[0]->strings[0].count, 8);
    ck_assert_mem_eq(event.values[0]->strings[0].data, "{\"a\": 1}", 8);
    ck_assert_int_eq(decode(&decoder, golden_text_tensor, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_STRING);
    ck_assert_uint_eq(event.values[0]->strings[0].count, 4);
    ck_assert_mem_eq(event.values[0]->strings[0].data, "*hi*", 4);
    ck_assert_int_eq(decode(&decoder, golden_text_rank_0, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_STRING);
    ck_assert_mem_eq(event.values[0]->strings[0].data, "*ho*", 4);
    event_decoder_free(&decoder);
}
END_TEST

/* The value's numbers and shape. */
static void check_numbers(const tblog_value *value, const int64_t *shape, size_t rank,
                          const double *numbers, size_t count)
{
    ck_assert_int_eq(value->kind, TBLOG_VALUE_NUMBERS);
    ck_assert_uint_eq(value->rank, rank);
    ck_assert_mem_eq(value->shape, shape, rank * sizeof *shape);
    ck_assert_uint_eq(value->number_count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_double_eq(value->numbers[i], numbers[i]);
    }
}

static void check_string(tblog_bytes string, const char *expected)
{
    ck_assert_uint_eq(string.count, strlen(expected));
    ck_assert_mem_eq(string.data, expected, string.count);
}

START_TEST(numbers_are_read_from_every_place)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_vector_tensor, &event), TBLOG_OK);
    ck_assert_str_eq(event.values[0]->tag, "t");
    ck_assert_str_eq(event.values[0]->plugin, "pr_curves");
    check_numbers(event.values[0], (const int64_t[]){2}, 1, (const double[]){1, 2}, 2);
    ck_assert_int_eq(decode(&decoder, golden_elements, &event), TBLOG_OK);
    ck_assert_uint_eq(event.value_count, 7);
    const tblog_value *const *values = event.values;
    check_numbers(values[0], (const int64_t[]){2}, 1, (const double[]){0.1, -3}, 2);
    check_numbers(values[1], (const int64_t[]){1, 2}, 2, (const double[]){-5, 7}, 2);
    check_numbers(values[2], (const int64_t[]){1}, 1, (const double[]){-2}, 1);
    check_numbers(values[3], (const int64_t[]){3}, 1, (const double[]){0, 127, 255}, 3);
    ck_assert_int_eq(values[4]->kind, TBLOG_VALUE_OTHER);
    ck_assert_int_eq(values[5]->kind, TBLOG_VALUE_OTHER);
    check_numbers(values[6], (const int64_t[]){0}, 1, NULL, 0);
    ck_assert_int_eq(decode(&decoder, golden_histogram, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_NUMBERS);
    ck_assert_uint_eq(event.values[0]->number_count, 90);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(tables_and_images_are_read_as_strings)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_text_table, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_STRINGS);
    ck_assert_uint_eq(event.values[0]->rank, 2);
    ck_assert_int_eq(event.values[0]->shape[1], 2);
    ck_assert_uint_eq(event.values[0]->string_count, 4);
    check_string(event.values[0]->strings[1], "b");
    check_string(event.values[0]->strings[2], "");
    ck_assert_int_eq(decode(&decoder, golden_images, &event), TBLOG_OK);
    ck_assert_uint_eq(event.values[0]->string_count, 4);
    check_string(event.values[0]->strings[0], "3");
    ck_assert_int_eq(decode(&decoder, golden_audio, &event), TBLOG_OK);
    ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_STRING);
    ck_assert_uint_eq(event.values[0]->strings[0].count, 44 + 8);
    ck_assert_mem_eq(event.values[0]->strings[0].data, "RIFF", 4);
    ck_assert_uint_eq(event.values[0]->plugin_content.count, 2);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(forms_of_the_first_tensorboard_are_read_as_those_of_today)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_old_forms, &event), TBLOG_OK);
    ck_assert_uint_eq(event.value_count, 4);
    const tblog_value *const *values = event.values;
    ck_assert_str_eq(values[0]->plugin, "histograms");
    check_numbers(values[0], (const int64_t[]){3, 3}, 2,
                  (const double[]){-1, 0, 1, 0, 1, 2, 1, 3, 3}, 9);
    ck_assert_str_eq(values[1]->plugin, "images");
    ck_assert_int_eq(values[1]->kind, TBLOG_VALUE_STRINGS);
    ck_assert_uint_eq(values[1]->string_count, 3);
    check_string(values[1]->strings[0], "2147483647");
    check_string(values[1]->strings[1], "-7");
    check_string(values[1]->strings[2], "PNG");
    ck_assert_str_eq(values[2]->plugin, "audio");
    ck_assert_int_eq(values[2]->kind, TBLOG_VALUE_STRING);
    check_string(values[2]->strings[0], "WAV");
    ck_assert_int_eq(values[3]->kind, TBLOG_VALUE_OTHER);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(what_is_not_decoded_is_named)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(decode(&decoder, golden_session_log, &event), TBLOG_OK);
    ck_assert_str_eq(event.content, "session_log");
    ck_assert_int_eq(event.step, 9);
    ck_assert_uint_eq(event.value_count, 0);
    ck_assert_int_eq(decode(&decoder, golden_graph_def, &event), TBLOG_OK);
    ck_assert_str_eq(event.content, "graph_def");
    ck_assert_uint_eq(event.serialized.count, 3);
    ck_assert_mem_eq(event.serialized.data, "\0\1\2", 3);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(an_empty_payload_is_an_event_of_nothing)
{
    event_decoder decoder = {0};
    tblog_event event;
    ck_assert_int_eq(event_decode(&decoder, (const uint8_t *)"", 0, &event), TBLOG_OK);
    ck_assert_str_eq(event.content, "");
    ck_assert_double_eq(event.wall_time, 0.0);
    ck_assert_uint_eq(event.value_count, 0);
    event_decoder_free(&decoder);
}
END_TEST

START_TEST(every_float_survives_the_way_there_and_back)
{
    const float values[] = {0.0f, -0.0f, 1e-45f, 3.4028235e38f, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        byte_buffer payload = {0};
        event_decoder decoder = {0};
        tblog_event event;
        const event_scalar scalar = {.tag = "t", .tag_bytes = 1, .value = values[i]};
        ck_assert(event_encode_scalars(&payload, 1.0, INT64_MIN, &scalar, 1));
        ck_assert_int_eq(event_decode(&decoder, payload.data, payload.size, &event), TBLOG_OK);
        ck_assert_int_eq(event.step, INT64_MIN);
        ck_assert_int_eq(event.values[0]->kind, TBLOG_VALUE_SCALAR);
        const double scalar_read = event.values[0]->scalar;
        ck_assert(isnan(values[i]) ? isnan(scalar_read) : scalar_read == (double)values[i]);
        ck_assert_int_eq(signbit(scalar_read) != 0, signbit(values[i]) != 0);
        byte_buffer_free(&payload);
        event_decoder_free(&decoder);
    }
}
END_TEST

START_TEST(a_string_that_is_not_utf8_is_damage)
{
    /* summary { value { tag: BYTES simple_value: 0 } } */
    const char *const bad[] = {"\xff",    "\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                               "\xe2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t payload[32] = {0x2a, 0, 0x0a, 0, 0x0a, 0};
        const uint8_t length = (uint8_t)strlen(bad[i]);
        memcpy(payload + 6, bad[i], length);
        payload[1] = (uint8_t)(length + 4);
        payload[3] = (uint8_t)(length + 2);
        payload[5] = length;
        event_decoder decoder = {0};
        tblog_event event;
        ck_assert_int_eq(event_decode(&decoder, payload, length + 6u, &event), TBLOG_DAMAGED);
        memset(payload + 6, 'a', length);
        ck_assert_int_eq(event_decode(&decoder, payload, length + 6u, &event), TBLOG_OK);
        event_decoder_free(&decoder);
    }
}
END_TEST

/* Reads everything that the event points to, so that AddressSanitizer finds dangling pointers. */
static void read_everything(const tblog_event *event, tblog_status status)
{
    volatile uint64_t sum = 0;
    for (size_t i = 0; status == TBLOG_OK && i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        for (size_t j = 0; j < value->rank; j++) {
            sum += (uint64_t)value->shape[j];
        }
        for (size_t j = 0; j < value->number_count; j++) {
            sum += value->numbers[j] > 0.0;
        }
        for (size_t j = 0; j < value->string_count; j++) {
            for (size_t k = 0; k < value->strings[j].count; k++) {
                sum += value->strings[j].data[k];
            }
        }
        for (size_t j = 0; j < value->plugin_content.count; j++) {
            sum += value->plugin_content.data[j];
        }
    }
    (void)sum;
}

/* Copies bytes to a block of their size, so that AddressSanitizer finds a read beyond them. */
static tblog_status decode_copy(const uint8_t *bytes, size_t count)
{
    uint8_t *copy = malloc(count == 0 ? 1 : count);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, count);
    event_decoder decoder = {0};
    tblog_event event;
    const tblog_status status = event_decode(&decoder, copy, count, &event);
    ck_assert(status == TBLOG_OK || status == TBLOG_DAMAGED);
    read_everything(&event, status);
    free(copy);
    event_decoder_free(&decoder);
    return status;
}

START_TEST(no_truncated_or_altered_payload_is_more_than_damage)
{
    static const struct {
        const uint8_t *record;
        size_t bytes;
    } goldens[] = {{golden_file_version, sizeof golden_file_version},
                   {golden_scalars, sizeof golden_scalars},
                   {golden_keras_graph, sizeof golden_keras_graph},
                   {golden_float_content, sizeof golden_float_content},
                   {golden_text_tensor, sizeof golden_text_tensor},
                   {golden_vector_tensor, sizeof golden_vector_tensor},
                   {golden_elements, sizeof golden_elements},
                   {golden_old_forms, sizeof golden_old_forms},
                   {golden_text_table, sizeof golden_text_table},
                   {golden_session_log, sizeof golden_session_log}};
    size_t damaged = 0;
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
        uint8_t payload[512];
        const size_t bytes = goldens[i].bytes - RECORD_FRAME_BYTES;
        memcpy(payload, goldens[i].record + RECORD_HEADER_BYTES, bytes);
        for (size_t length = 0; length < bytes; length++) {
            damaged += decode_copy(payload, length) == TBLOG_DAMAGED;
        }
        for (size_t at = 0; at < bytes; at++) {
            const uint8_t right = payload[at];
            for (int wrong = 0; wrong < 256; wrong++) {
                payload[at] = (uint8_t)wrong;
                damaged += decode_copy(payload, bytes) == TBLOG_DAMAGED;
            }
            payload[at] = right;
        }
    }
    ck_assert_uint_gt(damaged, 1000);
}
END_TEST

/* Puts `count` bytes of a varint at `to`. */
static size_t store_varint(uint8_t *to, size_t value)
{
    size_t count = 0;
    for (; value > 127; value >>= 7) {
        to[count++] = (uint8_t)(value | 128);
    }
    to[count++] = (uint8_t)value;
    return count;
}

START_TEST(deep_nesting_is_not_followed)
{
    enum { BYTES = 100000 };
    uint8_t *payload = malloc(BYTES);
    ck_assert_ptr_nonnull(payload);
    /* One byte repeated: groups that open without end, and keys that are their own lengths. */
    for (uint8_t byte = 1; byte < 128; byte++) {
        memset(payload, byte, BYTES);
        decode_copy(payload, BYTES);
    }
    /* Each of Event's length-delimited fields in itself, as deep as the bytes allow. */
    for (uint8_t field = 1; field < 16; field++) {
        size_t at = BYTES;
        while (at > 8) {
            uint8_t length[8];
            const size_t length_bytes = store_varint(length, BYTES - at);
            at -= length_bytes;
            memcpy(payload + at, length, length_bytes);
            payload[--at] = (uint8_t)(field << 3 | 2);
        }
        decode_copy(payload + at, BYTES - at);
    }
    free(payload);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "event_decode", a_file_version_is_read, scalars_are_read,
        tensor_scalars_are_read_from_both_places, strings_are_read_from_rank_0_and_from_one_element,
        numbers_are_read_from_every_place, tables_and_images_are_read_as_strings,
        forms_of_the_first_tensorboard_are_read_as_those_of_today, what_is_not_decoded_is_named,
        an_empty_payload_is_an_event_of_nothing, every_float_survives_the_way_there_and_back,
        a_string_that_is_not_utf8_is_damage, no_truncated_or_altered_payload_is_more_than_damage,
        deep_nesting_is_not_followed);
}
