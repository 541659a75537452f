/* Writes JSON directly, so it needs no memory. JSON has no NaN and no infinities; they become the
 * strings "NaN", "Infinity" and "-Infinity". Bytes that are not UTF-8 become {"base64": "…"}; in a
 * key, question marks. All control characters are escaped. */
#ifndef TBLOG_CLI_JSON_OUT_H
#define TBLOG_CLI_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tblog/tblog.h"

typedef struct json_out {
    FILE *stream;    /* the caller checks it for errors */
    bool has_before; /* the object or array already has an element */
    bool no_memory;  /* memory ran out: the output is incomplete */
} json_out;

/* `key` is NULL in an array and for the outermost object; `bracket` is one of { [ and } ]. */
void json_out_begin(json_out *out, const char *key, char bracket);
void json_out_end(json_out *out, char bracket);

void json_out_integer(json_out *out, const char *key, int64_t number);
void json_out_number(json_out *out, const char *key, double number);
void json_out_null(json_out *out, const char *key);
void json_out_bool(json_out *out, const char *key, bool is_true);
void json_out_bytes(json_out *out, const char *key, const void *bytes, size_t count);
void json_out_text(json_out *out, const char *key, const char *text);
void json_out_base64(json_out *out, const char *key, const void *bytes, size_t count);

#endif
