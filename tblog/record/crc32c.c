#include "crc32c.h"

#include <assert.h>
#include <pthread.h>

#include "little_endian.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

enum { SLICES = 8 };

/* slice_table[k][b] is the checksum register after byte b and k zero bytes, so eight independent
 * look-ups process eight bytes together. */
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

/* step_N adds the N bytes of a little-endian number to the checksum register, the lower half of its
 * result. */
#if defined(__x86_64__)

#define HAS_STEPS        1
#define WITH_INSTRUCTION __attribute__((target("sse4.2")))

bool crc32c_has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2") != 0;
}

WITH_INSTRUCTION static inline uint64_t step_8(uint64_t crc, uint64_t bytes)
{
    return _mm_crc32_u64(crc, bytes);
}

WITH_INSTRUCTION static inline uint64_t step_4(uint64_t crc, uint64_t bytes)
{
    return _mm_crc32_u32((uint32_t)crc, (uint32_t)bytes);
}

WITH_INSTRUCTION static inline uint64_t step_2(uint64_t crc, uint64_t bytes)
{
    return _mm_crc32_u16((uint32_t)crc, (uint16_t)bytes);
}

WITH_INSTRUCTION static inline uint64_t step_1(uint64_t crc, uint64_t bytes)
{
    return _mm_crc32_u8((uint32_t)crc, (uint8_t)bytes);
}

#elif defined(__aarch64__) && defined(__linux__)

#define HAS_STEPS 1
#define WITH_INSTRUCTION

bool crc32c_has_instruction(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

/* In assembly, because GCC and clang need different attributes for intrinsics beyond the target
 * processor. */
#define STEP(name, instruction, width)                                                             \
    static inline uint64_t name(uint64_t crc, uint64_t bytes)                                      \
    {                                                                                              \
        __asm__(".arch_extension crc\n\t" instruction " %w0, %w0, %" width "1"                     \
                : "+r"(crc)                                                                        \
                : "r"(bytes));                                                                     \
        return crc;                                                                                \
    }
STEP(step_8, "crc32cx", "x")
STEP(step_4, "crc32cw", "w")
STEP(step_2, "crc32ch", "w")
STEP(step_1, "crc32cb", "w")

#endif

#ifdef HAS_STEPS

WITH_INSTRUCTION uint32_t crc32c_by_instruction(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    uint64_t crc = 0xffffffffu;
    for (; bytes >= 8; bytes -= 8, at += 8) {
        crc = step_8(crc, little_endian_load(at, 8));
    }
    if (bytes & 4) {
        crc = step_4(crc, little_endian_load(at, 4));
        at += 4;
    }
    if (bytes & 2) {
        crc = step_2(crc, little_endian_load(at, 2));
        at += 2;
    }
    if (bytes & 1) {
        crc = step_1(crc, *at);
    }
    return ~(uint32_t)crc;
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
