/* The form is that of scalar_encode.c, without metadata:
 *
 * Event { 1: wall_time (fixed64), 2: step (varint), 5: Summary { 1: Value {
 *     1: tag, 2: simple_value (fixed32) } … } }
 *
 * with each field of the event at most once, in any order, and the summary required. */
#include "scalar_decode.h"

#include <string.h>

#include "little_endian.h"
#include "utf8.h"

enum {
    KEY_WALL_TIME = 1 << 3 | 1,
    KEY_STEP = 2 << 3 | 0,
    KEY_SUMMARY = 5 << 3 | 2,
    KEY_VALUE = 1 << 3 | 2,
    KEY_TAG = 1 << 3 | 2,
    KEY_SIMPLE_VALUE = 2 << 3 | 5
};

/* The rest of a message that is being read. */
typedef struct wire_bytes {
    const uint8_t *at;
    size_t left;
} wire_bytes;

static bool take_varint(wire_bytes *in, uint64_t *value)
{
    enum { BYTES_MAX = 10 };
    *value = 0;
    for (size_t i = 0; i < BYTES_MAX && i < in->left; i++) {
        const uint8_t byte = in->at[i];
        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            in->at += i + 1;
            in->left -= i + 1;
            return true;
        }
    }
    return false;
}

/* Takes `bytes` bytes if there are so many. */
static bool take_bytes(wire_bytes *in, size_t bytes, const uint8_t **taken)
{
    if (bytes > in->left) {
        return false;
    }
    *taken = in->at;
    in->at += bytes;
    in->left -= bytes;
    return true;
}

/* Takes a length and that many bytes. Lengths of more than four bytes, of large messages or unusual
 * writers, are left to the general parser. */
static bool take_message(wire_bytes *in, wire_bytes *message)
{
    enum { LENGTH_MAX = (1 << 28) - 1, LENGTH_BYTES_MAX = 4 };
    const uint8_t *start = in->at;
    uint64_t length;
    if (!take_varint(in, &length) || length > LENGTH_MAX || in->at - start > LENGTH_BYTES_MAX) {
        return false;
    }
    message->left = (size_t)length;
    return take_bytes(in, message->left, &message->at);
}

static bool take_key(wire_bytes *in, uint8_t key)
{
    if (in->left == 0 || in->at[0] != key) {
        return false;
    }
    in->at++;
    in->left--;
    return true;
}

/* Copies the tag, with a NUL, to `text`. Returns the end of the copy, or NULL if it is not text. */
static char *copy_tag(char *text, wire_bytes tag)
{
    memcpy(text, tag.at, tag.left);
    text[tag.left] = '\0';
    if (memchr(text, '\0', tag.left) != NULL || !utf8_is_valid(text, tag.left)) {
        return NULL;
    }
    return text + tag.left + 1;
}

/* Decodes one Value; copies its tag to *text, which it advances. */
static bool take_value(wire_bytes message, tblog_value *value, char **text)
{
    wire_bytes tag;
    const uint8_t *number;
    if (!take_key(&message, KEY_TAG) || !take_message(&message, &tag) ||
        !take_key(&message, KEY_SIMPLE_VALUE) || !take_bytes(&message, sizeof(float), &number) ||
        message.left > 0) {
        return false;
    }
    *value = (tblog_value){.tag = *text,
                           .plugin = "",
                           .kind = TBLOG_VALUE_SCALAR,
                           .scalar = (double)little_endian_load_float(number),
                           .display_name = "",
                           .description = ""};
    *text = copy_tag(*text, tag);
    return *text != NULL;
}

/* Decodes a Summary into the store. */
static bool take_values(value_store *store, wire_bytes summary, size_t *count)
{
    byte_buffer *values = &store->values;
    values->size = 0;
    /* A value takes more bytes than its tag with a NUL, so the buffer never moves again. */
    if (!byte_buffer_reserve(&store->texts, summary.left)) {
        return false;
    }
    char *text = (char *)store->texts.data;
    while (summary.left > 0) {
        wire_bytes value;
        if (!take_key(&summary, KEY_VALUE) || !take_message(&summary, &value) ||
            !byte_buffer_reserve(values, sizeof(tblog_value)) ||
            !take_value(value, (void *)(values->data + values->size), &text)) {
            return false;
        }
        values->size += sizeof(tblog_value);
    }
    *count = values->size / sizeof(tblog_value);
    values->size = 0; /* The store's buffers count as empty between events. */
    return *count > 0 && value_store_point(store, *count);
}

bool scalar_decode(value_store *store, const uint8_t *payload, size_t payload_bytes,
                   tblog_event *event)
{
    wire_bytes in = {.at = payload, .left = payload_bytes};
    const uint8_t *wall_time = NULL;
    bool has_step = false;
    uint64_t step = 0;
    wire_bytes summary = {0};
    while (in.left > 0) {
        uint8_t key = *in.at++;
        in.left--;
        bool taken = false;
        if (key == KEY_WALL_TIME && wall_time == NULL) {
            taken = take_bytes(&in, sizeof event->wall_time, &wall_time);
        } else if (key == KEY_STEP && !has_step) {
            taken = has_step = take_varint(&in, &step);
        } else if (key == KEY_SUMMARY && summary.at == NULL) {
            taken = take_message(&in, &summary);
        }
        if (!taken) {
            return false;
        }
    }
    size_t count;
    if (summary.at == NULL || !take_values(store, summary, &count)) {
        return false;
    }
    *event = (tblog_event){.step = (int64_t)step,
                           .content = "summary",
                           .values = (void *)store->pointers.data,
                           .value_count = count};
    if (wall_time != NULL) {
        event->wall_time = little_endian_load_double(wall_time);
    }
    return true;
}
