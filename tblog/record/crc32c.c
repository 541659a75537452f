#include "crc32c.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

enum { SLICES = 8 };

/* slice_table[k][b] is the checksum register after byte b and k zero bytes, so that eight bytes
 * are taken at once by eight independent look-ups. */
static uint32_t slice_table[SLICES][256];
static pthread_once_t slice_table_once = PTHREAD_ONCE_INIT;

static void make_slice_table(void)
{
    const uint32_t reflected_polynomial = 0x82f63b78u;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1u) ? reflected_polynomial : 0u);
        }
        slice_table[0][byte] = crc;
    }
    for (int slice = 1; slice < SLICES; slice++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t crc = slice_table[slice - 1][byte];
            slice_table[slice][byte] = (crc >> 8) ^ slice_table[0][crc & 0xffu];
        }
    }
}

uint32_t crc32c_by_table(const void *data, size_t bytes)
{
    pthread_once(&slice_table_once, make_slice_table);
    const uint8_t *at = data;
    uint32_t crc = 0xffffffffu;
    for (; bytes >= SLICES; bytes -= SLICES, at += SLICES) {
        crc ^=
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        crc = slice_table[7][crc & 0xffu] ^ slice_table[6][(crc >> 8) & 0xffu] ^
              slice_table[5][(crc >> 16) & 0xffu] ^ slice_table[4][crc >> 24] ^
              slice_table[3][at[4]] ^ slice_table[2][at[5]] ^ slice_table[1][at[6]] ^
              slice_table[0][at[7]];
    }
    for (; bytes > 0; bytes--, at++) {
        crc = (crc >> 8) ^ slice_table[0][(crc ^ *at) & 0xffu];
    }
    return ~crc;
}

#if defined(__x86_64__)

bool crc32c_has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) uint32_t crc32c_by_instruction(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    uint64_t crc = 0xffffffffu;
    for (; bytes >= 8; bytes -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    uint32_t crc_low = (uint32_t)crc;
    if (bytes & 4) {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        crc_low = _mm_crc32_u32(crc_low, word);
        at += 4;
    }
    if (bytes & 2) {
        uint16_t word;
        memcpy(&word, at, sizeof word);
        crc_low = _mm_crc32_u16(crc_low, word);
        at += 2;
    }
    return ~(bytes & 1 ? _mm_crc32_u8(crc_low, *at) : crc_low);
}

#else

bool crc32c_has_instruction(void)
{
    return false;
}

uint32_t crc32c_by_instruction(const void *data, size_t bytes)
{
    assert(!"only where crc32c_has_instruction()");
    return crc32c_by_table(data, bytes);
}

#endif

uint32_t crc32c_masked(const void *data, size_t bytes)
{
    const uint32_t crc = crc32c_has_instruction() ? crc32c_by_instruction(data, bytes)
                                                  : crc32c_by_table(data, bytes);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}
