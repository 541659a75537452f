/* Counts memory traffic: 32-byte sectors of global memory, and wavefronts of shared memory. In one
 * wavefront each of the 32 banks delivers one word of 4 bytes. */
#ifndef PTX_TRAFFIC_H
#define PTX_TRAFFIC_H

#include "ptx_kernel.h"

enum { PTX_SECTOR_BYTES = 32, PTX_BANKS = 32 };

typedef enum ptx_direction { PTX_LOAD, PTX_STORE, PTX_DIRECTIONS } ptx_direction;

/* A request is one instruction of one warp. */
typedef struct ptx_count {
    uint64_t requests;
    uint64_t bytes; /* that the lanes access; a byte that several lanes read counts once */
    uint64_t used;  /* sectors or wavefronts */
    uint64_t least; /* the fewest that the bytes need, rounded up for each request */
} ptx_count;

typedef struct ptx_traffic {
    ptx_count global[PTX_DIRECTIONS];
    ptx_count shared;
    /* The counts by instruction, [code_count] of the kernel, or NULL. Only cp.async accesses both
     * memories; for it these are the sectors. */
    ptx_count *by_instruction;
    const ptx_instruction *code;
} ptx_traffic;

/* Each lane accesses `bytes` bytes, a power of two up to 16, at an address aligned to it. */
void ptx_count_global(ptx_traffic *traffic, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes, ptx_direction direction);
void ptx_count_shared(ptx_traffic *traffic, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes);

#endif
