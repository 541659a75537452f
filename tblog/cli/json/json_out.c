#include "json_out.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* Characters that JSON allows but terminals may obey: U+007F, and U+0080 to U+009F, which are c2 80
 * to c2 9f. The text has only whole characters. */
static int put_part(const char *part, size_t bytes, void *stream)
{
    const char *end = part + bytes;
    const char *begin = part; /* of what is not printed yet */
    for (const char *at = part; at < end; at++) {
        const bool is_c1 = (unsigned char)*at == 0xc2 && (unsigned char)at[1] < 0xa0;
        if (!is_c1 && *at != 0x7f) {
            continue;
        }
        fwrite(begin, 1, (size_t)(at - begin), stream);
        at += is_c1;
        fprintf(stream, "\\u%04x", (unsigned)(unsigned char)*at);
        begin = at + 1;
    }
    fwrite(begin, 1, (size_t)(end - begin), stream);
    return 0;
}

/* A string in quotes; it is UTF-8. */
static void put_string(json_out *out, const void *bytes, size_t count)
{
    json_t *json = json_stringn_nocheck(bytes, count);
    if (json == NULL) {
        out->no_memory = true;
    } else {
        out->no_memory |= json_dump_callback(json, put_part, out->stream, JSON_ENCODE_ANY) != 0;
    }
    json_decref(json);
}

/* A name that is not UTF-8, with a question mark for each byte that is not ASCII. */
static void put_unreadable_key(json_out *out, const char *key)
{
    char *readable = strdup(key);
    if (readable == NULL) {
        out->no_memory = true;
        return;
    }
    for (char *at = readable; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    put_string(out, readable, strlen(readable));
    free(readable);
}

static void put_key(json_out *out, const char *key)
{
    if (out->has_before) {
        putc(',', out->stream);
    }
    out->has_before = true;
    if (key == NULL) {
        return;
    }
    if (utf8_is_valid(key, strlen(key))) {
        put_string(out, key, strlen(key));
    } else {
        put_unreadable_key(out, key);
    }
    putc(':', out->stream);
}

void json_out_begin(json_out *out, const char *key, char bracket)
{
    put_key(out, key);
    putc(bracket, out->stream);
    out->has_before = false;
}

void json_out_end(json_out *out, char bracket)
{
    putc(bracket, out->stream);
    out->has_before = true;
}

void json_out_integer(json_out *out, const char *key, int64_t number)
{
    put_key(out, key);
    fprintf(out->stream, "%" PRId64, number);
}

void json_out_number(json_out *out, const char *key, double number)
{
    if (!isfinite(number)) {
        json_out_text(out, key, isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
        return;
    }
    put_key(out, key);
    char text[32];
    snprintf(text, sizeof text, "%.17g", number);
    fputs(text, out->stream);
    if (strpbrk(text, ".e") == NULL) { /* so that it reads back as a floating-point number */
        fputs(".0", out->stream);
    }
}

void json_out_null(json_out *out, const char *key)
{
    put_key(out, key);
    fputs("null", out->stream);
}

void json_out_bool(json_out *out, const char *key, bool is_true)
{
    put_key(out, key);
    fputs(is_true ? "true" : "false", out->stream);
}

void json_out_bytes(json_out *out, const char *key, const void *bytes, size_t count)
{
    if (!utf8_is_valid(bytes, count)) {
        json_out_base64(out, key, bytes, count);
        return;
    }
    put_key(out, key);
    put_string(out, bytes, count);
}

void json_out_text(json_out *out, const char *key, const char *text)
{
    json_out_bytes(out, key, text, strlen(text));
}

void json_out_base64(json_out *out, const char *key, const void *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = bytes;
    json_out_begin(out, key, '{');
    put_key(out, "base64");
    putc('"', out->stream);
    for (size_t i = 0; i < count; i += 3) {
        const size_t here = count - i < 3 ? count - i : 3;
        uint32_t bits = (uint32_t)at[i] << 16;
        bits |= here > 1 ? (uint32_t)at[i + 1] << 8 : 0;
        bits |= here > 2 ? at[i + 2] : 0;
        for (size_t digit = 0; digit < 4; digit++) {
            putc(digit <= here ? digits[bits >> (18 - 6 * digit) & 63] : '=', out->stream);
        }
    }
    putc('"', out->stream);
    json_out_end(out, '}');
}
