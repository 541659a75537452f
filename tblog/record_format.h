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
#define RECORD_PAYLOAD_MAX ((uint64_t)INT32_MAX)

static inline uint64_t record_load_le(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static inline void record_store_le(uint8_t *bytes, int count, uint64_t value)
{
    for (int i = 0; i < count; i++, value >>= 8)
        bytes[i] = (uint8_t)value;
}

#endif
