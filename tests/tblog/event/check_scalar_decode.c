/* Compares the hand-written decoder of scalars with protobuf-c, for random input, whole and
 * damaged. */
#include "scalar_decode.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "event_decode.h"
#include "event_encode.h"

enum { VALUES_MAX = 12, TAG_BYTES_MAX = 300 };

/* SplitMix64: the same numbers on every machine. */
static uint64_t random_state = 7;

static uint64_t random_bits(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A field that no Event has: a payload that ends with it goes to the general parser. */
static const uint8_t unknown_field[] = {15 << 3, 0};

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Whether both decoders agree on a payload that the fast one accepts. */
static void check_taken(const tblog_event *event, const uint8_t *payload, size_t bytes)
{
    uint8_t *longer = malloc(bytes + sizeof unknown_field);
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, payload, bytes);
    memcpy(longer + bytes, unknown_field, sizeof unknown_field);
    event_decoder decoder = {0};
    tblog_event expected;
    ck_assert_int_eq(event_decode(&decoder, longer, bytes + sizeof unknown_field, &expected),
                     TBLOG_OK);
    ck_assert(same_bits(event->wall_time, expected.wall_time));
    ck_assert(event->step == expected.step && strcmp(event->content, expected.content) == 0);
    ck_assert(event->file_version == NULL && event->writer == NULL);
    ck_assert_uint_eq(event->value_count, expected.value_count);
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *a = event->values[i];
        const tblog_value *b = expected.values[i];
        if (strcmp(a->tag, b->tag) != 0 || strcmp(a->plugin, b->plugin) != 0 ||
            a->kind != b->kind || !same_bits(a->scalar, b->scalar) || a->rank != b->rank ||
            a->plugin_content.count != b->plugin_content.count || a->type != b->type ||
            strcmp(a->display_name, b->display_name) != 0 ||
            strcmp(a->description, b->description) != 0 || a->data_class != b->data_class ||
            a->string_count != b->string_count || a->number_count != b->number_count) {
            ck_abort_msg("value %zu differs: %s, %s", i, a->tag, b->tag);
        }
    }
    event_decoder_free(&decoder);
    free(longer);
}

static void random_tag(char *tag)
{
    static const char *const letters[] = {"a", "/", "é", "漢", "🙂"};
    size_t bytes = 0;
    const size_t wanted = random_bits() % 50 == 0 ? 290 : (size_t)(random_bits() % 30);
    do {
        const char *letter = letters[random_bits() % 5];
        memcpy(tag + bytes, letter, strlen(letter));
        bytes += strlen(letter);
    } while (bytes < wanted);
    tag[bytes] = '\0';
}

static void random_event(byte_buffer *payload)
{
    static char tags[VALUES_MAX][TAG_BYTES_MAX];
    event_scalar scalars[VALUES_MAX];
    const size_t count = random_bits() % 2 ? 1 : 1 + (size_t)(random_bits() % VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        random_tag(tags[i]);
        const uint32_t bits = (uint32_t)random_bits();
        scalars[i] = (event_scalar){.tag = tags[i], .tag_bytes = strlen(tags[i])};
        memcpy(&scalars[i].value, &bits, sizeof bits);
    }
    const uint64_t bits = random_bits();
    double wall_time;
    memcpy(&wall_time, &bits, sizeof bits);
    if (bits % 8 == 0) {
        wall_time = 0.0;
    }
    const int64_t step = (int64_t)(random_bits() >> (random_bits() % 64));
    payload->size = 0;
    ck_assert(event_encode_scalars(payload, wall_time, step, scalars, count));
}

START_TEST(plain_scalars_are_taken_and_are_those_of_protobuf_c)
{
    byte_buffer payload = {0};
    value_store store = {0};
    for (int trial = 0; trial < 5000; trial++) {
        random_event(&payload);
        tblog_event event;
        ck_assert(scalar_decode(&store, payload.data, payload.size, &event));
        check_taken(&event, payload.data, payload.size);
    }
    value_store_free(&store);
    byte_buffer_free(&payload);
}
END_TEST

START_TEST(what_is_taken_of_damaged_scalars_is_what_protobuf_c_makes_of_them)
{
    byte_buffer payload = {0};
    value_store store = {0};
    int taken = 0;
    for (int trial = 0; trial < 20000; trial++) {
        random_event(&payload);
        /* A copy of exactly its size, so that AddressSanitizer finds a read beyond it. */
        size_t bytes = payload.size;
        if (random_bits() % 4 == 0) {
            bytes = (size_t)(random_bits() % bytes);
        }
        uint8_t *damaged = malloc(bytes + 1);
        ck_assert_ptr_nonnull(damaged);
        memcpy(damaged, payload.data, bytes);
        for (uint64_t changes = random_bits() % 4; changes > 0 && bytes > 0; changes--) {
            damaged[random_bits() % bytes] ^= (uint8_t)(1u << random_bits() % 8);
        }
        damaged = realloc(damaged, bytes == 0 ? 1 : bytes);
        tblog_event event;
        if (scalar_decode(&store, damaged, bytes, &event)) {
            taken++;
            check_taken(&event, damaged, bytes);
        }
        free(damaged);
    }
    ck_assert_int_gt(taken, 500);
    value_store_free(&store);
    byte_buffer_free(&payload);
}
END_TEST

static bool is_taken(const char *payload, size_t bytes)
{
    value_store store = {0};
    tblog_event event;
    const bool taken = scalar_decode(&store, (const uint8_t *)payload, bytes, &event);
    if (taken) {
        check_taken(&event, (const uint8_t *)payload, bytes);
    }
    value_store_free(&store);
    return taken;
}

/* Whether a literal is taken; its bytes may be zero. */
#define takes(literal) is_taken("" literal, sizeof(literal) - 1)

START_TEST(the_unusual_is_left_to_the_general_parser)
{
#define VALUE "\x0a\x08\x0a\x01t\x15\x00\x00\x80\x3f"
    ck_assert(takes("\x2a\x0a" VALUE));
    ck_assert(takes("\x2a\x0a" VALUE "\x10\x05"));        /* the step after the summary */
    ck_assert(takes("\x2a\x14" VALUE VALUE));             /* two values */
    ck_assert(!takes(""));                                /* no summary */
    ck_assert(!takes("\x2a\x00"));                        /* an empty one */
    ck_assert(!takes("\x10\x05\x10\x06\x2a\x0a" VALUE));  /* two steps */
    ck_assert(!takes("\x2a\x0a" VALUE "\x2a\x0a" VALUE)); /* two summaries */
    ck_assert(!takes("\x2a\x0b" VALUE));                  /* a length beyond the end */
    ck_assert(!takes("\x2a\x0a" VALUE "\x10"));           /* a key without its field */
    ck_assert(!takes("\x2a\x0a" VALUE "\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));
    ck_assert(!takes("\x2a\x8a\x80\x80\x80\x00" VALUE)); /* a length in five bytes */
    ck_assert(!takes("\x2a\x0b\x0a\x09\x0a\x02t\x00\x15\x00\x00\x80\x3f"));     /* NUL in a tag */
    ck_assert(!takes("\x2a\x0b\x0a\x09\x0a\x02t\xff\x15\x00\x00\x80\x3f"));     /* no UTF-8 */
    ck_assert(!takes("\x2a\x0c\x0a\x0a\x0a\x01t\x15\x00\x00\x80\x3f\x4a\x00")); /* metadata */
    ck_assert(!takes("\x2a\x07\x0a\x05\x15\x00\x00\x80\x3f"));                  /* no tag */
}
END_TEST

int main(void)
{
    return RUN_TESTS("scalar_decode", plain_scalars_are_taken_and_are_those_of_protobuf_c,
                     what_is_taken_of_damaged_scalars_is_what_protobuf_c_makes_of_them,
                     the_unusual_is_left_to_the_general_parser);
}
