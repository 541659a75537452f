/* The plugin's content is a protobuf message, HParamsPluginData of TensorBoard's
 * plugins/hparams/plugin_data.proto, of which only one number is needed. So this file parses its
 * wire format (https://protobuf.dev/programming-guides/encoding) itself, without generated
 * code. */
#include "batch_size_hparam.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HPARAM "batch_size"

/* Numbers of the fields on the way. */
enum {
    SESSION_START = 3, /* of HParamsPluginData */
    HPARAMS = 1,       /* of SessionStartInfo: a map, each entry a message of key and value */
    KEY = 1,
    VALUE = 2,
    NUMBER_VALUE = 2 /* of Value: a double */
};

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 }; /* wire types */

typedef struct span {
    const uint8_t *data;
    size_t count;
} span;

/* Takes `count` bytes off the front of `from`; false if there are fewer. */
static bool take(span *from, uint64_t count, span *out)
{
    if (count > from->count) {
        return false;
    }
    *out = (span){from->data, (size_t)count};
    from->data += count;
    from->count -= (size_t)count;
    return true;
}

static bool take_varint(span *from, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        span byte;
        if (!take(from, 1, &byte)) {
            return false;
        }
        *out |= (uint64_t)(byte.data[0] & 0x7f) << shift;
        if ((byte.data[0] & 0x80) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes the next field: its number, and its content unless that is a varint. False at the end or
 * if the bytes are no message. */
static bool take_field(span *from, uint64_t *number, span *content)
{
    uint64_t key;
    uint64_t count;
    if (!take_varint(from, &key)) {
        return false;
    }
    *number = key >> 3;
    switch (key & 7) {
    case VARINT:
        *content = (span){NULL, 0};
        return take_varint(from, &count);
    case FIXED64:
        return take(from, 8, content);
    case BYTES:
        return take_varint(from, &count) && take(from, count, content);
    case FIXED32:
        return take(from, 4, content);
    default:
        return false;
    }
}

/* The first field of this number; empty if there is none. */
static span field(span message, uint64_t number)
{
    uint64_t found;
    span content;
    while (take_field(&message, &found, &content)) {
        if (found == number) {
            return content;
        }
    }
    return (span){NULL, 0};
}

/* A double, which the wire has in little-endian order. */
static double number_of(span content)
{
    uint64_t bits = 0;
    double number;
    if (content.count != sizeof bits) {
        return NAN;
    }
    for (size_t i = 0; i < sizeof bits; i++) {
        bits |= (uint64_t)content.data[i] << (8 * i);
    }
    memcpy(&number, &bits, sizeof number);
    return number;
}

uint32_t batch_size_hparam(const tblog_value *value)
{
    if (strcmp(value->plugin, "hparams") != 0) {
        return 0;
    }
    span start =
        field((span){value->plugin_content.data, value->plugin_content.count}, SESSION_START);
    uint64_t number;
    span entry;
    while (take_field(&start, &number, &entry)) {
        const span key = field(entry, KEY);
        if (number == HPARAMS && key.count == strlen(HPARAM) &&
            memcmp(key.data, HPARAM, key.count) == 0) {
            const double size = number_of(field(field(entry, VALUE), NUMBER_VALUE));
            return size >= 1 && size <= UINT32_MAX && size == floor(size) ? (uint32_t)size : 0;
        }
    }
    return 0;
}
