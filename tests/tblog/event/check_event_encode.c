#include "event_encode.h"

#include <math.h>
#include <string.h>

#include "check_main.h"
#include "golden_events.h"
#include "record_format.h"

/* Compares the payload with that of a record made by the stock package. */
#define check_payload(payload, golden)                                                             \
    do {                                                                                           \
        ck_assert_uint_eq((payload)->size, sizeof(golden) - RECORD_FRAME_BYTES);                   \
        ck_assert_mem_eq((payload)->data, (golden) + RECORD_HEADER_BYTES,                          \
                         sizeof(golden) - RECORD_FRAME_BYTES);                                     \
    } while (0)

START_TEST(a_file_version_has_the_stock_bytes)
{
    byte_buffer payload = {0};
    ck_assert(event_encode_file_version(&payload, GOLDEN_WALL_TIME, "golden"));
    check_payload(&payload, golden_file_version);
    byte_buffer_free(&payload);
}
END_TEST

START_TEST(scalars_with_metadata_have_the_stock_bytes)
{
    byte_buffer payload = {0};
    const event_scalar scalars[] = {
        {.tag = "loss", .tag_bytes = 4, .value = 0.5f, .with_metadata = true},
        {.tag = "zero", .tag_bytes = 4, .value = 0.0f, .with_metadata = true}};
    ck_assert(event_encode_scalars(&payload, GOLDEN_WALL_TIME, 7, scalars, 2));
    check_payload(&payload, golden_scalars);
    byte_buffer_free(&payload);
}
END_TEST

START_TEST(a_scalar_without_metadata_has_the_stock_bytes)
{
    byte_buffer payload = {0};
    const event_scalar scalar = {.tag = "loss", .tag_bytes = 4, .value = -1.5f};
    ck_assert(event_encode_scalars(&payload, GOLDEN_WALL_TIME, -3, &scalar, 1));
    check_payload(&payload, golden_later_scalar);
    byte_buffer_free(&payload);
}
END_TEST

START_TEST(a_keras_graph_has_the_stock_bytes)
{
    byte_buffer payload = {0};
    byte_buffer scratch = {0};
    const event_bytes json = {.data = "{\"a\": 1}", .count = 8};
    const event_tensor tensor = {.tag = "keras",
                                 .plugin = TAG_PLUGIN_KERAS_GRAPH,
                                 .plugin_content = {.data = "1", .count = 1},
                                 .with_metadata = true,
                                 .type = EVENT_STRING,
                                 .dims = {1},
                                 .rank = 1,
                                 .strings = &json,
                                 .string_count = 1};
    ck_assert(event_encode_tensors(&payload, &scratch, GOLDEN_WALL_TIME, 0, &tensor, 1));
    check_payload(&payload, golden_keras_graph);
    byte_buffer_free(&scratch);
    byte_buffer_free(&payload);
}
END_TEST

START_TEST(an_event_goes_behind_what_was_there)
{
    byte_buffer payload = {0};
    event_scalar many[100];
    for (size_t i = 0; i < 100; i++) {
        many[i] = (event_scalar){.tag = "many", .tag_bytes = 4, .value = (float)i};
    }
    ck_assert(event_encode_scalars(&payload, GOLDEN_WALL_TIME, 1, many, 100));
    const size_t before = payload.size;
    ck_assert_uint_gt(before, 100 * 10);
    const event_scalar scalar = {.tag = "loss", .tag_bytes = 4, .value = -1.5f};
    ck_assert(event_encode_scalars(&payload, GOLDEN_WALL_TIME, -3, &scalar, 1));
    byte_buffer_drop_front(&payload, before);
    check_payload(&payload, golden_later_scalar);
    byte_buffer_free(&payload);
}
END_TEST

int main(void)
{
    return RUN_TESTS("event_encode", a_file_version_has_the_stock_bytes,
                     scalars_with_metadata_have_the_stock_bytes,
                     a_scalar_without_metadata_has_the_stock_bytes,
                     a_keras_graph_has_the_stock_bytes, an_event_goes_behind_what_was_there);
}
