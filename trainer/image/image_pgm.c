/* PGM, netpbm's format of grey images. The header is text: "P5" or "P2", width, height and
 * maximum value, separated by white space and comments. One character of white space ends it.
 * The values follow. In P5 each is a byte, or two, high byte first, if the maximum is above 255.
 * In P2 they are text. */
#include "image.h"

#include <inttypes.h>
#include <stdlib.h>

#include "message.h"

enum { MAX_VALUE = 65535 };

typedef struct pgm_text {
    const uint8_t *at;
    const uint8_t *end;
    const char *name;
    char *message;
} pgm_text;

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

bool image_is_pgm(const uint8_t *bytes, size_t count)
{
    return count >= 3 && bytes[0] == 'P' && (bytes[1] == '2' || bytes[1] == '5') &&
           (is_space(bytes[2]) || bytes[2] == '#');
}

static void skip_space(pgm_text *text)
{
    bool comment = false;
    for (; text->at < text->end; text->at++) {
        if (*text->at == '#') {
            comment = true;
        } else if (comment) {
            comment = *text->at != '\n' && *text->at != '\r';
        } else if (!is_space(*text->at)) {
            return;
        }
    }
}

/* A number of the header, or a pixel of P2. */
static int read_number(pgm_text *text, const char *what, uint64_t *out)
{
    skip_space(text);
    if (text->at == text->end) {
        message_set(text->message, "%s: is truncated: it ends before its %s", text->name, what);
        return -1;
    }
    uint64_t value = 0;
    const uint8_t *begin = text->at;
    while (text->at < text->end && is_digit(*text->at) && value <= UINT32_MAX) {
        value = 10 * value + (uint64_t)(*text->at++ - '0');
    }
    if (text->at == begin || value > UINT32_MAX) {
        message_set(text->message,
                    "%s: is not a valid PGM: its %s is not a number from 0 "
                    "to 4294967295",
                    text->name, what);
        return -1;
    }
    *out = value;
    return 0;
}

static int refuse_value(const pgm_text *text, uint64_t value, uint64_t maximum)
{
    return message_set(text->message,
                       "%s: is not a valid PGM: the value %" PRIu64
                       " is above its maximum of %" PRIu64,
                       text->name, value, maximum);
}

static uint8_t to_byte(uint64_t value, uint64_t maximum)
{
    return (uint8_t)((value * 255 + maximum / 2) / maximum);
}

static int read_text_values(pgm_text *text, uint64_t maximum, image *out)
{
    const size_t pixels = (size_t)out->width * out->height;
    for (size_t i = 0; i < pixels; i++) {
        uint64_t value;
        if (read_number(text, "next pixel", &value) != 0) {
            return -1;
        }
        if (value > maximum) {
            return refuse_value(text, value, maximum);
        }
        out->pixels[i] = to_byte(value, maximum);
    }
    return 0;
}

/* check_length has found enough bytes. */
static int read_binary_values(pgm_text *text, uint64_t maximum, image *out)
{
    const size_t pixels = (size_t)out->width * out->height;
    const bool wide = maximum > 255;
    for (size_t i = 0; i < pixels; i++) {
        uint64_t value = *text->at++;
        if (wide) {
            value = value << 8 | *text->at++;
        }
        if (value > maximum) {
            return refuse_value(text, value, maximum);
        }
        out->pixels[i] = to_byte(value, maximum);
    }
    return 0;
}

/* Refuses a file that is too short for its header, before a pixel is read. In P5 a value takes
 * one or two bytes. In P2 it takes at least a digit and, except for the last, a separator. */
static int check_length(const pgm_text *text, bool binary, uint64_t maximum, const image *promised)
{
    const size_t pixels = (size_t)promised->width * promised->height;
    const size_t held = (size_t)(text->end - text->at);
    const size_t least = !binary ? 2 * pixels - 1 : maximum > 255 ? 2 * pixels : pixels;
    if (held < least) {
        return message_set(text->message,
                           "%s: is truncated: its header promises %zu pixels, but only %zu bytes "
                           "follow",
                           text->name, pixels, held);
    }
    return 0;
}

static int check_end(pgm_text *text)
{
    skip_space(text);
    return text->at == text->end
               ? 0
               : message_set(text->message, "%s: has more data after its pixels", text->name);
}

/* Leaves the text at the first pixel. */
static int read_header(pgm_text *text, uint64_t *width, uint64_t *height, uint64_t *maximum)
{
    text->at += 2; /* P2 or P5 */
    if (read_number(text, "width", width) != 0 || read_number(text, "height", height) != 0 ||
        read_number(text, "maximum value", maximum) != 0) {
        return -1;
    }
    if (*maximum == 0 || *maximum > MAX_VALUE) {
        message_set(text->message,
                    "%s: is not a valid PGM: its maximum value is %" PRIu64 ", not 1 to %d",
                    text->name, *maximum, MAX_VALUE);
        return -1;
    }
    if (text->at == text->end || !is_space(*text->at)) {
        message_set(text->message, "%s: is not a valid PGM: no space follows its header",
                    text->name);
        return -1;
    }
    text->at++;
    return 0;
}

int image_pgm_decode(image *out, const uint8_t *bytes, size_t count, const char *name,
                     char *message)
{
    pgm_text text = {.at = bytes, .end = bytes + count, .name = name, .message = message};
    const bool binary = bytes[1] == '5';
    uint64_t width, height, maximum;
    image made;
    if (read_header(&text, &width, &height, &maximum) != 0 ||
        image_make(&made, width, height, name, message) != 0) {
        return -1;
    }
    if (check_length(&text, binary, maximum, &made) != 0 ||
        (binary ? read_binary_values : read_text_values)(&text, maximum, &made) != 0 ||
        check_end(&text) != 0) {
        image_free(&made);
        return -1;
    }
    *out = made;
    return 0;
}
