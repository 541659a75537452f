/* Decodes a summary's values from protobuf messages to tblog_value. Converts TensorFlow 1's forms
 * to today's. Belongs to event_decode, and knows nothing of the event around the values. */
#ifndef TBLOG_VALUE_DECODE_H
#define TBLOG_VALUE_DECODE_H

#include <stdbool.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

struct TblogPb__Summary;

/* The memory to which the values of one summary point. All zero is an empty store. */
typedef struct value_store {
    byte_buffer values;   /* tblog_value [] */
    byte_buffer pointers; /* to each of them */
    byte_buffer numbers;  /* double [] */
    byte_buffer shapes;   /* int64_t [] */
    byte_buffer strings;  /* tblog_bytes [] */
    byte_buffer texts;    /* the characters of strings that are not in the summary */
} value_store;

/* How many bytes value_decode would fill. */
size_t value_decode_bytes(const struct TblogPb__Summary *summary);

/* Fills `store` with the summary's values, in their order. They also point into the summary. False
 * without memory. */
TBLOG_MUST_CHECK bool value_decode(value_store *store, const struct TblogPb__Summary *summary);

/* Makes the store's pointers point to its first `count` values. False without memory. */
TBLOG_MUST_CHECK bool value_store_point(value_store *store, size_t count);

void value_store_free(value_store *store);

#endif
