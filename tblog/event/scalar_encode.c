/* Encodes scalars by hand: programs log millions of them, and protobuf-c takes several times as
 * long for each. A test compares the bytes with those of protobuf-c.
 *
 * Event { 1: wall_time (fixed64), 2: step (varint), 5: Summary { 1: Value { 1: tag, 2: simple_value
 * (fixed32), 9: metadata } … } }
 *
 * A key is the field's number times 8 plus its wire type: 0 varint, 1 fixed64, 2 length-delimited,
 * 5 fixed32. */
#include "event_encode.h"

#include <string.h>

#include "little_endian.h"

enum {
    KEY_WALL_TIME = 1 << 3 | 1,
    KEY_STEP = 2 << 3 | 0,
    KEY_SUMMARY = 5 << 3 | 2,
    KEY_VALUE = 1 << 3 | 2,
    KEY_TAG = 1 << 3 | 2,
    KEY_SIMPLE_VALUE = 2 << 3 | 5,
    VARINT_BYTES_MAX = 10,
    /* An event's bytes besides its summary, and a value's bytes besides its tag and metadata. */
    EVENT_BYTES_MAX = 1 + 8 + 1 + VARINT_BYTES_MAX + 1 + VARINT_BYTES_MAX,
    VALUE_BYTES_MAX = 1 + VARINT_BYTES_MAX + 1 + VARINT_BYTES_MAX + 1 + 4
};

/* 9: SummaryMetadata { 1: PluginData { 1: "scalars" }, 4: DATA_CLASS_SCALAR } */
static const uint8_t metadata[] = {0x4a, 13,  0x0a, 9,   0x0a, 7,    's', 'c',
                                   'a',  'l', 'a',  'r', 's',  0x20, 1};

static size_t varint_bytes(uint64_t value)
{
    size_t bytes = 1;
    for (; value >= 0x80; value >>= 7) {
        bytes++;
    }
    return bytes;
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *at++ = (uint8_t)(value | 0x80);
    }
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *data, size_t bytes)
{
    memcpy(at, data, bytes);
    return at + bytes;
}

static uint8_t *put_double(uint8_t *at, double value)
{
    little_endian_store_double(at, value);
    return at + sizeof value;
}

static uint8_t *put_float(uint8_t *at, float value)
{
    little_endian_store_float(at, value);
    return at + sizeof value;
}

/* Of the Value message, without its key and length. */
static size_t value_bytes(const event_scalar *scalar)
{
    return 1 + varint_bytes(scalar->tag_bytes) + scalar->tag_bytes + 1 + 4 +
           (scalar->with_metadata ? sizeof metadata : 0);
}

static uint8_t *put_value(uint8_t *at, const event_scalar *scalar)
{
    *at++ = KEY_VALUE;
    at = put_varint(at, value_bytes(scalar));
    *at++ = KEY_TAG;
    at = put_varint(at, scalar->tag_bytes);
    at = put_bytes(at, scalar->tag, scalar->tag_bytes);
    *at++ = KEY_SIMPLE_VALUE;
    at = put_float(at, scalar->value);
    return scalar->with_metadata ? put_bytes(at, metadata, sizeof metadata) : at;
}

/* The event's bytes before its summary. By the rules of proto3 a zero is left out (by protobuf-c,
 * -0.0 too), but never the value, because it is in a oneof. */
static inline uint8_t *put_stamp(uint8_t *at, double wall_time, int64_t step)
{
    if (wall_time != 0.0) {
        *at++ = KEY_WALL_TIME;
        at = put_double(at, wall_time);
    }
    if (step != 0) {
        *at++ = KEY_STEP;
        at = put_varint(at, (uint64_t)step);
    }
    return at;
}

bool event_encode_scalar(byte_buffer *out, double wall_time, int64_t step,
                         const event_scalar *scalar)
{
    enum { SHORT_TAG_BYTES = 100 }; /* all lengths take one byte */
    const size_t tag_bytes = scalar->tag_bytes;
    if (tag_bytes > SHORT_TAG_BYTES || scalar->with_metadata) {
        return event_encode_scalars(out, wall_time, step, scalar, 1);
    }
    if (!byte_buffer_reserve(out, EVENT_BYTES_MAX + VALUE_BYTES_MAX + SHORT_TAG_BYTES)) {
        return false;
    }
    uint8_t *at = put_stamp(out->data + out->size, wall_time, step);
    at = put_bytes(at,
                   (const uint8_t[]){KEY_SUMMARY, (uint8_t)(tag_bytes + 9), KEY_VALUE,
                                     (uint8_t)(tag_bytes + 7), KEY_TAG, (uint8_t)tag_bytes},
                   6);
    at = put_bytes(at, scalar->tag, tag_bytes);
    *at++ = KEY_SIMPLE_VALUE;
    at = put_float(at, scalar->value);
    out->size = (size_t)(at - out->data);
    return true;
}

bool event_encode_scalars(byte_buffer *out, double wall_time, int64_t step,
                          const event_scalar *scalars, size_t count)
{
    size_t summary_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t tag_bytes = scalars[i].tag_bytes;
        if (tag_bytes > SIZE_MAX / 2 - summary_bytes - VALUE_BYTES_MAX - sizeof metadata) {
            return false;
        }
        const size_t bytes = value_bytes(&scalars[i]);
        summary_bytes += 1 + varint_bytes(bytes) + bytes;
    }
    if (!byte_buffer_reserve(out, EVENT_BYTES_MAX + summary_bytes)) {
        return false;
    }
    uint8_t *at = put_stamp(out->data + out->size, wall_time, step);
    *at++ = KEY_SUMMARY;
    at = put_varint(at, summary_bytes);
    for (size_t i = 0; i < count; i++) {
        at = put_value(at, &scalars[i]);
    }
    out->size = (size_t)(at - out->data);
    return true;
}
