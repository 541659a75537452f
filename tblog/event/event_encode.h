/* Encodes events as protobuf messages, with the generated code, which only event/ sees.
 * scalar_encode.c encodes scalars by hand. Knows nothing of framing or files.
 *
 * Each function appends one serialized Event to `out` and returns true. Without memory it returns
 * false, with `out` unchanged. The caller checks that strings are UTF-8. */
#ifndef TBLOG_EVENT_ENCODE_H
#define TBLOG_EVENT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "tag_plugin.h"
#include "tblog/tblog.h"

struct TblogPb__Event;

/* A file's first event. `writer` names the program or library. */
TBLOG_MUST_CHECK bool event_encode_file_version(byte_buffer *out, double wall_time,
                                                const char *writer);

typedef struct event_scalar {
    const char *tag;
    size_t tag_bytes; /* without the NUL */
    float value;
    bool with_metadata; /* on a tag's first value in the file */
} event_scalar;

/* One event with `count` (at least 1) scalars as simple_value. In scalar_encode.c. */
TBLOG_MUST_CHECK bool event_encode_scalars(byte_buffer *out, double wall_time, int64_t step,
                                           const event_scalar *scalars, size_t count);

/* The same bytes for one scalar, the most common event, in two thirds of the instructions: short
 * lengths need no counting. */
TBLOG_MUST_CHECK bool event_encode_scalar(byte_buffer *out, double wall_time, int64_t step,
                                          const event_scalar *scalar);

typedef struct event_bytes {
    const void *data;
    size_t count;
} event_bytes;

/* The numbers are TensorBoard's. */
typedef enum event_type {
    EVENT_FLOAT = 1,
    EVENT_DOUBLE = 2,
    EVENT_INT32 = 3,
    EVENT_UINT8 = 4,
    EVENT_STRING = 7
} event_type;

enum { EVENT_RANK_MAX = 3 };

/* A value that is a tensor; the plugin decides what its elements mean. */
typedef struct event_tensor {
    const char *tag;
    tag_plugin plugin;
    event_bytes plugin_content; /* of the metadata, in the plugin's form */
    bool with_metadata;         /* on a tag's first value in the file */
    event_type type;
    int64_t dims[EVENT_RANK_MAX];
    size_t rank;         /* the first `rank` of dims count; 0 is one element without a dimension */
    event_bytes content; /* the elements in row-major order; EVENT_STRING has `strings` instead */
    const event_bytes *strings;
    size_t string_count;
} event_tensor;

/* One event with `count` (at least 1) tensors. The messages are built in `scratch`, whose contents
 * are overwritten, so that most events allocate nothing. */
TBLOG_MUST_CHECK bool event_encode_tensors(byte_buffer *out, byte_buffer *scratch, double wall_time,
                                           int64_t step, const event_tensor *tensors, size_t count);

/* One event with a serialized GraphDef. */
TBLOG_MUST_CHECK bool event_encode_graph_def(byte_buffer *out, double wall_time, int64_t step,
                                             event_bytes graph);

/* Any event, for files of this folder that built the message. */
TBLOG_MUST_CHECK bool event_encode(byte_buffer *out, const struct TblogPb__Event *event);

#endif
