/* Numbers in the byte order of event files, on machines of either byte order. On a
 * little-endian machine each function is a copy. */
#ifndef TBLOG_LITTLE_ENDIAN_H
#define TBLOG_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { LITTLE_ENDIAN_SWAPS = 0 };
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { LITTLE_ENDIAN_SWAPS = 1 };
#else
#error "The machine's byte order is neither little-endian nor big-endian."
#endif

static inline uint64_t little_endian_swap(uint64_t value)
{
    return LITTLE_ENDIAN_SWAPS ? __builtin_bswap64(value) : value;
}

/* The number in bytes[count]; count is at most 8. */
static inline uint64_t little_endian_load(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    memcpy(&value, bytes, count);
    return little_endian_swap(value);
}

/* Stores the lowest `count` bytes of the number; count is at most 8. */
static inline void little_endian_store(uint8_t *bytes, size_t count, uint64_t value)
{
    const uint64_t swapped = little_endian_swap(value);
    memcpy(bytes, &swapped, count);
}

static inline float little_endian_load_float(const uint8_t bytes[4])
{
    const uint32_t bits = (uint32_t)little_endian_load(bytes, sizeof bits);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double little_endian_load_double(const uint8_t bytes[8])
{
    const uint64_t bits = little_endian_load(bytes, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void little_endian_store_float(uint8_t bytes[4], float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    little_endian_store(bytes, sizeof bits, bits);
}

static inline void little_endian_store_double(uint8_t bytes[8], double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    little_endian_store(bytes, sizeof bits, bits);
}

/* Stores an array of numbers: `byte_count` bytes at `numbers`, where each number takes
 * `number_bytes`, which is 1, 2, 4 or 8. */
static inline void little_endian_store_array(uint8_t *bytes, const void *numbers, size_t byte_count,
                                             size_t number_bytes)
{
    const uint8_t *from = numbers;
    /* Within a number, index i and its mirror image differ in all bits: i ^ (number_bytes - 1). */
    const size_t mirror = LITTLE_ENDIAN_SWAPS ? number_bytes - 1 : 0;
    for (size_t i = 0; i < byte_count; i++) {
        bytes[i] = from[i ^ mirror];
    }
}

#endif
