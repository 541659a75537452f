/* Checks UTF-8, by protobuf's definition. */
#ifndef TBLOG_UTF8_H
#define TBLOG_UTF8_H

#include <stdbool.h>
#include <stddef.h>

enum { UTF8_BYTES_MAX = 4 }; /* of a character */

/* Whether the bytes are well-formed UTF-8 (Unicode table 3-7: no overlong forms, no surrogates,
 * nothing above U+10FFFF). Protobuf requires this of strings, and readers reject the whole event
 * otherwise. NUL bytes are allowed. */
bool utf8_is_valid(const void *text, size_t bytes);

/* The length of the well-formed sequence at the beginning of the bytes, at least one; 0 if none. */
size_t utf8_sequence_bytes(const void *text, size_t bytes);

#endif
