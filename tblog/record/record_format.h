/* The framing of event files, which is that of TFRecord files: little-endian length [8 bytes],
 * masked CRC-32C of these eight bytes [4], payload [length], masked CRC-32C of the payload [4]. */
#ifndef TBLOG_RECORD_FORMAT_H
#define TBLOG_RECORD_FORMAT_H

#include <stdint.h>

enum {
    RECORD_LENGTH_BYTES = 8,
    RECORD_CRC_BYTES = 4,
    RECORD_HEADER_BYTES = RECORD_LENGTH_BYTES + RECORD_CRC_BYTES,
    RECORD_FRAME_BYTES = RECORD_HEADER_BYTES + RECORD_CRC_BYTES
};

/* The longest payload: no protobuf message is longer, so a greater length is damage. */
#define RECORD_PAYLOAD_MAX      ((uint64_t)INT32_MAX)
#define RECORD_PAYLOAD_MAX_TEXT "2 GiB"

#endif
