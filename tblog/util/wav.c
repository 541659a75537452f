/* A RIFF file of two chunks, fmt and data; numbers are little-endian. (Multimedia Programming
 * Interface and Data Specifications 1.0, chapter 3.) */
#include "wav.h"

#include <string.h>

#include "little_endian.h"

enum { SAMPLE_BYTES = 2, FORMAT_BYTES = 16, FORMAT_PCM = 1 };

/* The names of the file's parts, with zeros in place of the numbers. */
static const uint8_t blank[WAV_HEADER_BYTES] = {'R', 'I', 'F',        'F', 0,   0,   0,
                                                0,   'W', 'A',        'V', 'E', 'f', 'm',
                                                't', ' ', [36] = 'd', 'a', 't', 'a'};

void wav_fill_header(uint8_t header[WAV_HEADER_BYTES], uint16_t channels, uint32_t sample_rate,
                     size_t data_bytes)
{
    const uint32_t frame_bytes = channels * (uint32_t)SAMPLE_BYTES;
    memcpy(header, blank, sizeof blank);
    little_endian_store(header + 4, 4, WAV_HEADER_BYTES - 8 + data_bytes);
    little_endian_store(header + 16, 4, FORMAT_BYTES);
    little_endian_store(header + 20, 2, FORMAT_PCM);
    little_endian_store(header + 22, 2, channels);
    little_endian_store(header + 24, 4, sample_rate);
    little_endian_store(header + 28, 4, sample_rate * frame_bytes);
    little_endian_store(header + 32, 2, frame_bytes);
    little_endian_store(header + 34, 2, 8 * SAMPLE_BYTES);
    little_endian_store(header + 40, 4, data_bytes);
}
