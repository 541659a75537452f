/* Counts what memory is asked for: 32-byte sectors of global memory, and wavefronts of shared
 * memory, whose 32 banks each give one word of 4 bytes in one. */
#ifndef PTX_TRAFFIC_H
#define PTX_TRAFFIC_H

#include "ptx_kernel.h"

enum { PTX_SECTOR_BYTES = 32, PTX_BANKS = 32 };

typedef enum ptx_direction { PTX_LOAD, PTX_STORE, PTX_DIRECTIONS } ptx_direction;

/* A request is one instruction of one warp. */
typedef struct ptx_count {
    uint64_t requests;
    uint64_t bytes; /* that the request's lanes touch; a byte that several read is counted once */
    uint64_t used;  /* sectors or wavefronts */
    uint64_t least; /* as many as the bytes need at least: each request's, rounded up */
} ptx_count;

typedef struct ptx_traffic {
    ptx_count global[PTX_DIRECTIONS];
    ptx_count shared;
    /* The same by instruction, [code_count] of the kernel, or NULL: one or the other, as no
     * instruction reaches both but cp.async, of which these are the sectors. */
    ptx_count *by_instruction;
    const ptx_instruction *code;
} ptx_traffic;

/* `bytes` is a lane's, a power of two up to 16, to which addresses are aligned. */
void ptx_count_global(ptx_traffic *traffic, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes, ptx_direction direction);
void ptx_count_shared(ptx_traffic *traffic, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes);

#endif
