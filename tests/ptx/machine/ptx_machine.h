/* A running launch. Blocks run one after the other, the warps of a block in turn up to each
 * barrier, and the lanes of a warp together as long as they are at the same instruction. */
#ifndef PTX_MACHINE_H
#define PTX_MACHINE_H

#include "ptx_kernel.h"

#define PTX_ALL_LANES UINT32_C(0xffffffff)

typedef struct ptx_traffic ptx_traffic; /* ptx_traffic.h */

/* A piece of global memory. */
typedef struct ptx_range {
    uint64_t begin;
    uint64_t end;
} ptx_range;

typedef struct ptx_launch {
    uint32_t grid[3];
    uint32_t block[3];
    size_t shared_bytes;
    const unsigned char *parameters; /* as ptx_kernel.parameters lays them out */
    /* The allocation that contains an address; empty if there is none. */
    ptx_range (*allocation)(uint64_t address);
    ptx_traffic *traffic; /* counts the launch's accesses, or NULL */
} ptx_launch;

/* cp.async: the copy is made when the thread waits for it. */
typedef struct ptx_pending_copy {
    uint64_t from;
    uint32_t to;
    uint32_t bytes; /* the rest of the 16 bytes becomes zeros */
    uint32_t lane;
    uint32_t group;
} ptx_pending_copy;

typedef struct ptx_block ptx_block;

typedef struct ptx_warp {
    ptx_block *block;
    unsigned char *registers;
    uint32_t number;
    uint32_t alive;         /* lanes that have not returned */
    uint32_t waiting;       /* lanes at a barrier, or at a collective that waits for other lanes */
    uint32_t pc[PTX_LANES]; /* of lanes that are not running now */
    bool at_barrier;
    ptx_pending_copy *copies;
    uint32_t copy_count;
    uint32_t copy_room;
    uint32_t copy_groups[PTX_LANES]; /* committed */
} ptx_warp;

enum { PTX_RANGES = 64 };

struct ptx_block {
    const ptx_kernel *kernel;
    const ptx_launch *launch;
    uint32_t index[3];
    uint32_t warp_count;
    ptx_warp *warps;
    unsigned char *shared;
    uint64_t instructions_left;   /* of the launch; a longer run counts as endless */
    ptx_range ranges[PTX_RANGES]; /* of the last accesses, by instruction */
};

/* Runs a kernel. Returns NULL, or the fault that ended it with its kernel, line, instruction, block
 * and thread. */
const char *ptx_run(const ptx_kernel *kernel, const ptx_launch *launch);

_Noreturn void ptx_fault_at(const ptx_warp *warp, const ptx_instruction *in, uint32_t lane,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));

static inline void *ptx_row(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand)
{
    return warp->registers + in->operands[operand].row;
}

/* A predicate, one bit per lane. */
static inline uint32_t *ptx_predicate(const ptx_warp *warp, uint32_t row)
{
    return (uint32_t *)(void *)(warp->registers + row);
}

static inline bool ptx_has_lane(uint32_t lanes, uint32_t lane)
{
    return (lanes >> lane & 1) != 0;
}

static inline uint32_t ptx_first_lane(uint32_t lanes)
{
    return (uint32_t)__builtin_ctz(lanes);
}

#endif
