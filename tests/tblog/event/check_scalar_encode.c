/* Compares the hand-written encoder of scalars with protobuf-c, for random input. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "event.pb-c.h"
#include "event_encode.h"

enum { VALUES_MAX = 40, TAG_BYTES_MAX = 20000 };

/* SplitMix64: the same numbers on every machine. */
static uint64_t random_state = 42;

static uint64_t random_bits(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Numbers of all magnitudes, so that varints have every length. */
static uint64_t random_magnitude(void)
{
    return random_bits() >> (random_bits() % 64);
}

/* Any bits, infinities and NaN among them, and often the zeros. */
static double random_double(void)
{
    const uint64_t bits = random_bits();
    double value;
    memcpy(&value, &bits, sizeof value);
    const uint64_t choice = bits % 8;
    return choice == 0 ? 0.0 : choice == 1 ? -0.0 : choice == 2 ? 1.7e9 : value;
}

static float random_float(void)
{
    const uint32_t bits = (uint32_t)random_bits();
    float value;
    memcpy(&value, &bits, sizeof value);
    return bits % 8 == 0 ? 0.0f : bits % 8 == 1 ? -0.0f : value;
}

/* Tags mostly short, sometimes of the lengths at which a varint grows, seldom long. */
static void random_tag(char *tag)
{
    static const size_t edges[] = {110, 120, 127, 128, 129, 16383, 16384, TAG_BYTES_MAX - 1};
    const uint64_t choice = random_bits() % 100;
    const size_t bytes =
        choice < 8 && random_bits() % 4 == 0 ? edges[choice] : 1 + (size_t)(random_bits() % 140);
    for (size_t i = 0; i < bytes; i++) {
        tag[i] = (char)('!' + random_bits() % 90);
    }
    tag[bytes] = '\0';
}

static size_t encode_by_protobuf_c(uint8_t **bytes, double wall_time, int64_t step,
                                   const event_scalar *scalars, size_t count)
{
    TblogPb__SummaryMetadata__PluginData plugin = TBLOG_PB__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    plugin.plugin_name = (char *)"scalars";
    TblogPb__SummaryMetadata metadata = TBLOG_PB__SUMMARY_METADATA__INIT;
    metadata.plugin_data = &plugin;
    metadata.data_class = TBLOG_PB__DATA_CLASS__DATA_CLASS_SCALAR;
    TblogPb__Summary__Value values[VALUES_MAX];
    TblogPb__Summary__Value *pointers[VALUES_MAX];
    for (size_t i = 0; i < count; i++) {
        tblog_pb__summary__value__init(&values[i]);
        values[i].tag = (char *)scalars[i].tag;
        values[i].value_case = TBLOG_PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
        values[i].simple_value = scalars[i].value;
        values[i].metadata = scalars[i].with_metadata ? &metadata : NULL;
        pointers[i] = &values[i];
    }
    TblogPb__Summary summary = TBLOG_PB__SUMMARY__INIT;
    summary.n_value = count;
    summary.value = pointers;
    TblogPb__Event event = TBLOG_PB__EVENT__INIT;
    event.wall_time = wall_time;
    event.step = step;
    event.what_case = TBLOG_PB__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    *bytes = malloc(tblog_pb__event__get_packed_size(&event));
    ck_assert_ptr_nonnull(*bytes);
    return tblog_pb__event__pack(&event, *bytes);
}

static void check_same(byte_buffer *payload, double wall_time, int64_t step,
                       const event_scalar *scalars, size_t count)
{
    uint8_t *expected;
    const size_t size = encode_by_protobuf_c(&expected, wall_time, step, scalars, count);
    payload->size = 0;
    ck_assert(event_encode_scalars(payload, wall_time, step, scalars, count));
    ck_assert_uint_eq(payload->size, size);
    ck_assert_mem_eq(payload->data, expected, size);
    if (count == 1) {
        payload->size = 0;
        ck_assert(event_encode_scalar(payload, wall_time, step, scalars));
        ck_assert_uint_eq(payload->size, size);
        ck_assert_mem_eq(payload->data, expected, size);
    }
    free(expected);
}

START_TEST(random_scalars_have_the_bytes_of_protobuf_c)
{
    static char tags[VALUES_MAX][TAG_BYTES_MAX];
    byte_buffer payload = {0};
    for (int trial = 0; trial < 20000; trial++) {
        event_scalar scalars[VALUES_MAX];
        const size_t count = trial % 4 != 0 ? 1 : 1 + (size_t)(random_bits() % VALUES_MAX);
        for (size_t i = 0; i < count; i++) {
            random_tag(tags[i]);
            scalars[i] = (event_scalar){.tag = tags[i],
                                        .tag_bytes = strlen(tags[i]),
                                        .value = random_float(),
                                        .with_metadata = random_bits() % 2 == 0};
        }
        const int64_t step =
            (int64_t)(random_bits() % 2 ? random_magnitude() : 0 - random_magnitude());
        check_same(&payload, random_double(), step, scalars, count);
    }
    byte_buffer_free(&payload);
}
END_TEST

START_TEST(the_bounds_of_each_field_have_the_bytes_of_protobuf_c)
{
    static const int64_t steps[] = {0,         1,         127,       128,       16383, 16384,
                                    INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, -1,    UINT32_MAX};
    static const double times[] = {0.0, -0.0, 1.0, -1.0, INFINITY, -INFINITY, NAN, 5e-324, 1e308};
    static const float values[] = {0.0f, -0.0f, NAN, INFINITY, -INFINITY, 1e-45f, 3.4028235e38f};
    byte_buffer payload = {0};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (size_t j = 0; j < sizeof times / sizeof times[0]; j++) {
            for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
                const event_scalar scalar = {
                    .tag = "t", .tag_bytes = 1, .value = values[k], .with_metadata = k % 2 == 0};
                check_same(&payload, times[j], steps[i], &scalar, 1);
            }
        }
    }
    byte_buffer_free(&payload);
}
END_TEST

int main(void)
{
    return RUN_TESTS("scalar_encode", random_scalars_have_the_bytes_of_protobuf_c,
                     the_bounds_of_each_field_have_the_bytes_of_protobuf_c);
}
