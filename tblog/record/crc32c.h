/* CRC-32C (polynomial 0x1edc6f41, reflected), the checksum of event files, in the masked form in
 * which they store it. Knows nothing of records. Any thread may call anything here at any time. */
#ifndef TBLOG_CRC32C_H
#define TBLOG_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The checksum of `bytes` bytes as event files store it, rotated and offset, so that the checksum
 * of data that contains checksums is not weak. Uses the processor's instruction if it has one, else
 * tables. `data` may be NULL if `bytes` is 0. */
uint32_t crc32c_masked(const void *data, size_t bytes);

/* The plain checksum in both ways, for tests. Call crc32c_by_instruction only if
 * crc32c_has_instruction(). */
uint32_t crc32c_by_table(const void *data, size_t bytes);
bool crc32c_has_instruction(void);
uint32_t crc32c_by_instruction(const void *data, size_t bytes);

#endif
