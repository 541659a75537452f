/* WAV files of 16-bit PCM. Knows nothing of events. */
#ifndef TBLOG_WAV_H
#define TBLOG_WAV_H

#include <stddef.h>
#include <stdint.h>

enum { WAV_HEADER_BYTES = 44, WAV_DATA_BYTES_MAX = 2147480000 };

/* Fills the header of a file with `data_bytes` (at most WAV_DATA_BYTES_MAX) of interleaved
 * little-endian samples, which follow it. channels * sample_rate * 2 fits 32 bits. */
void wav_fill_header(uint8_t header[WAV_HEADER_BYTES], uint16_t channels, uint32_t sample_rate,
                     size_t data_bytes);

#endif
