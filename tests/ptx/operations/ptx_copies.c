/* cp.async: copies from global to shared memory. They arrive as late as allowed, when their thread
 * waits. Until then the destination holds NaN, so that a missing wait shows. */
#include "ptx_addresses.h"
#include "ptx_fault.h"
#include "ptx_lanes.h"
#include "ptx_traffic.h"

enum { COPY_BYTES = 16 };

static void add_copy(ptx_warp *warp, const ptx_pending_copy *copy)
{
    if (warp->copy_count == warp->copy_room) {
        warp->copy_room = 2 * warp->copy_room + PTX_LANES;
        warp->copies = ptx_reallocate(warp->copies, warp->copy_room * sizeof *warp->copies);
    }
    warp->copies[warp->copy_count++] = *copy;
}

static void check_copies(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                         const uint64_t *to, const uint64_t *from)
{
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l) && ((to[l] | from[l]) % COPY_BYTES != 0)) {
            ptx_fault_at(warp, in, l, "a copy that is not aligned to 16 bytes");
        }
    }
    ptx_check_shared(warp, in, lanes, to, COPY_BYTES);
    ptx_traffic *const traffic = warp->block->launch->traffic;
    if (traffic != NULL) {
        ptx_count_global(traffic, in, lanes, from, COPY_BYTES, PTX_LOAD);
        ptx_count_shared(traffic, in, lanes, to, COPY_BYTES);
    }
}

/* [to], [from], 16, bytes of the source: the rest becomes zeros */
static void cp_async(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t to[PTX_LANES];
    uint64_t from[PTX_LANES];
    ptx_read_addresses(warp, in, 0, to);
    ptx_read_addresses(warp, in, 1, from);
    PTX_READ_ROW(u32, bytes, 3);
    uint32_t reading = 0;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        reading |= (uint32_t)(ptx_has_lane(lanes, l) && bytes[l] > 0) << l;
    }
    if (in->operands[2].offset != COPY_BYTES) {
        ptx_fault_at(warp, in, ptx_first_lane(lanes), "a copy of other than 16 bytes");
    }
    check_copies(warp, in, lanes, to, from);
    ptx_check_global(warp, in, reading, from, COPY_BYTES);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l)) {
            memset(warp->block->shared + to[l], 0xff, COPY_BYTES);
            add_copy(warp, &(ptx_pending_copy){from[l], (uint32_t)to[l], bytes[l], l,
                                               warp->copy_groups[l]});
        }
    }
}

static void commit_group(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    (void)in;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        warp->copy_groups[l] += ptx_has_lane(lanes, l);
    }
}

static void make_copy(ptx_block *block, const ptx_pending_copy *copy)
{
    unsigned char *const to = block->shared + copy->to;
    memset(to, 0, COPY_BYTES);
    if (copy->bytes > 0) {
        memcpy(to, (const void *)(uintptr_t)copy->from, copy->bytes);
    }
}

/* The latest `operands[0]` groups of a lane may stay pending. */
static void wait_group(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    const uint32_t left_out = (uint32_t)in->operands[0].offset;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < warp->copy_count; i++) {
        const ptx_pending_copy *copy = &warp->copies[i];
        if (ptx_has_lane(lanes, copy->lane) &&
            copy->group + left_out < warp->copy_groups[copy->lane]) {
            make_copy(warp->block, copy);
        } else {
            warp->copies[kept++] = *copy;
        }
    }
    warp->copy_count = kept;
}

static const ptx_operation table[] = {
    {.name = "cp.async.cg.shared.global", .operands = "aai4", .execute = cp_async},
    {.name = "cp.async.commit_group", .operands = "", .execute = commit_group},
    {.name = "cp.async.wait_group", .operands = "i", .execute = wait_group},
};

PTX_FAMILY(ptx_copies, table);
