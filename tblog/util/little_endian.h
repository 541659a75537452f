/* Whole numbers in the byte order of the files that we write. */
#ifndef TBLOG_LITTLE_ENDIAN_H
#define TBLOG_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Numbers are stored as they lie in memory, which must be little-endian."
#endif

/* The number in bytes[0 .. count), at most 8 of them. */
static inline uint64_t little_endian_load(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    memcpy(&value, bytes, count);
    return value;
}

/* The lowest `count` bytes of the number, at most 8. */
static inline void little_endian_store(uint8_t *bytes, size_t count, uint64_t value)
{
    memcpy(bytes, &value, count);
}

#endif
