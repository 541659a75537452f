/* UTF-8, as protobuf has it. Knows nothing of what texts are for. */
#ifndef TBLOG_UTF8_H
#define TBLOG_UTF8_H

#include <stdbool.h>
#include <stddef.h>

enum { UTF8_BYTES_MAX = 4 }; /* of a character */

/* Whether the bytes are well-formed UTF-8 (Unicode table 3-7: no overlong forms, no surrogates,
 * nothing above U+10FFFF). Protobuf demands it of strings, and readers refuse a whole event with
 * one that is not. NUL bytes are allowed. */
bool utf8_is_valid(const void *text, size_t bytes);

/* The length of the well-formed sequence that the bytes, at least one, begin with; 0 for none. */
size_t utf8_sequence_bytes(const void *text, size_t bytes);

#endif
