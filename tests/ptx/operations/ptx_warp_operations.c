/* Collectives of a warp: shuffles, votes, the warp's barrier; and operations that are only control
 * flow. */
#include "ptx_lanes.h"

/* d|p, a, lane mask of the exchange, clamp and segments, members */
static void shfl_bfly(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    PTX_READ_ROW(b32, values, 2);
    PTX_READ_ROW(u32, masks, 3);
    PTX_READ_ROW(u32, clamps, 4);
    b32 received[PTX_LANES];
    uint32_t in_range = 0;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        const uint32_t clamp = clamps[l] & 31;
        const uint32_t segment = clamps[l] >> 8 & 31;
        uint32_t source = (l ^ masks[l]) & 31;
        if (source > ((l & segment) | (clamp & ~segment))) {
            source = l;
        } else {
            in_range |= (uint32_t)1 << l;
        }
        if (ptx_has_lane(lanes, l) && !ptx_has_lane(lanes, source)) {
            ptx_fault_at(warp, in, l, "reads lane %u, which does not take part", source);
        }
        received[l] = values[source];
    }
    ptx_write_row(ptx_row(warp, in, 0), received, sizeof *received, lanes);
    u32 *const predicate = ptx_predicate(warp, in->operands[1].row);
    *predicate = (*predicate & ~lanes) | (in_range & lanes);
}

static void vote_ballot(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    const uint32_t votes = *ptx_predicate(warp, in->operands[1].row) & lanes;
    u32 result[PTX_LANES];
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        result[l] = votes;
    }
    ptx_write_row(ptx_row(warp, in, 0), result, sizeof *result, lanes);
}

/* All lanes have arrived, and see all earlier writes. */
static void meet(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    (void)warp;
    (void)in;
    (void)lanes;
}

static const ptx_operation warp_table[] = {
    {.name = "shfl.sync.bfly.b32",
     .operands = "4p4444",
     .execute = shfl_bfly,
     .flow = PTX_COLLECTIVE,
     .mask_operand = 5},
    {.name = "vote.sync.ballot.b32",
     .operands = "4p4",
     .execute = vote_ballot,
     .flow = PTX_COLLECTIVE,
     .mask_operand = 2},
    {.name = "bar.warp.sync",
     .operands = "4",
     .execute = meet,
     .flow = PTX_COLLECTIVE,
     .mask_operand = 0},
};

PTX_FAMILY(ptx_warp_operations, warp_table);

static const ptx_operation control_table[] = {
    {.name = "bra", .operands = "l", .flow = PTX_BRANCH},
    {.name = "bra.uni", .operands = "l", .flow = PTX_BRANCH},
    {.name = "ret", .operands = "", .flow = PTX_RETURN},
    {.name = "exit", .operands = "", .flow = PTX_RETURN},
    {.name = "bar.sync", .operands = "i", .flow = PTX_BARRIER},
};

PTX_FAMILY(ptx_control, control_table);
