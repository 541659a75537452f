/* Events as protobuf messages. event_encode.c and event_decode.c are the only files that see the
 * generated code; scalar_encode.c makes its bytes by hand. Knows nothing of framing or files. One thread at a time an encoder.
 *
 * Each function leaves one serialized Event in encoder->payload and returns true, or returns false
 * where memory is missing. Strings are UTF-8, checked by the caller. */
#ifndef TBLOG_EVENT_ENCODE_H
#define TBLOG_EVENT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"

/* All zero is a new encoder. */
typedef struct event_encoder {
    byte_buffer payload;
    byte_buffer scratch; /* the messages of a summary while it is put together */
} event_encoder;

/* A file's first event. `writer` names the program or library. */
__attribute__((warn_unused_result)) bool
event_encode_file_version(event_encoder *encoder, double wall_time, const char *writer);

typedef struct event_scalar {
    const char *tag;
    float value;
    bool with_metadata; /* on a tag's first value in the file */
} event_scalar;

/* One event with `count` (at least 1) scalars as simple_value. In scalar_encode.c. */
__attribute__((warn_unused_result)) bool event_encode_scalars(event_encoder *encoder,
                                                              double wall_time, int64_t step,
                                                              const event_scalar *scalars,
                                                              size_t count);

/* A Keras model's JSON for the Graphs page, with metadata. */
__attribute__((warn_unused_result)) bool event_encode_keras_graph(event_encoder *encoder,
                                                                  double wall_time, int64_t step,
                                                                  const char *tag,
                                                                  const char *model_json);

void event_encoder_free(event_encoder *encoder);

#endif
