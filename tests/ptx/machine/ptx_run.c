#include "ptx_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx_fault.h"
#include "ptx_operations.h"

enum { MOST_WARPS = 32 };

/* Far more than any launch of a test takes. */
static const uint64_t MOST_INSTRUCTIONS = UINT64_C(4000000000);

_Noreturn void ptx_fault_at(const ptx_warp *warp, const ptx_instruction *in, uint32_t lane,
                            const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const ptx_block *block = warp->block;
    ptx_fault("%s: %s:%u: %s: block (%u,%u,%u) thread %u: %s", block->kernel->name,
              block->kernel->file, in->line, in->operation->name, block->index[0], block->index[1],
              block->index[2], warp->number * PTX_LANES + lane, what);
}

/* The lanes that run next: those at the lowest pc. So lanes that fell back catch up, and diverged
 * lanes reconverge where their paths join. 0 if all wait or have returned. */
static uint32_t choose_lanes(const ptx_warp *warp, uint32_t *pc)
{
    const uint32_t ready = warp->alive & ~warp->waiting;
    uint32_t lowest = UINT32_MAX;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(ready, l) && warp->pc[l] < lowest) {
            lowest = warp->pc[l];
        }
    }
    uint32_t here = 0;
    for (uint32_t l = 0; l < PTX_LANES && ready != 0; l++) {
        here |= (uint32_t)(ptx_has_lane(warp->alive, l) && warp->pc[l] == lowest) << l;
    }
    *pc = lowest;
    return here;
}

static void set_pc(ptx_warp *warp, uint32_t lanes, uint32_t pc)
{
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l)) {
            warp->pc[l] = pc;
        }
    }
}

/* The lanes that a collective waits for, by the masks of its lanes. */
static uint32_t members_of(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    const uint32_t operand = in->operation->mask_operand;
    if (operand == PTX_NONE) {
        return PTX_ALL_LANES;
    }
    uint32_t masks[PTX_LANES];
    memcpy(masks, ptx_row(warp, in, operand), sizeof masks);
    const uint32_t members = masks[ptx_first_lane(lanes)];
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l) && (masks[l] != members || !ptx_has_lane(members, l))) {
            ptx_fault_at(warp, in, l, "a mask of other lanes: %08x", masks[l]);
        }
    }
    return members;
}

static void leave(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    for (uint32_t i = 0; i < warp->copy_count; i++) {
        if (ptx_has_lane(lanes, warp->copies[i].lane)) {
            ptx_fault_at(warp, in, warp->copies[i].lane, "returns while a cp.async is under way");
        }
    }
    warp->alive &= ~lanes;
}

/* Runs the instruction at pc. `here` are the lanes at it; `lanes` are those of them whose guard
 * lets them run it. Returns the pc at which they continue together; PTX_NONE if the lanes must be
 * chosen anew. */
static uint32_t step(ptx_warp *warp, const ptx_instruction *in, uint32_t pc, uint32_t here,
                     uint32_t lanes)
{
    switch (in->operation->flow) {
    case PTX_BRANCH:
        if (lanes == here) {
            return in->target;
        }
        if (lanes == 0) {
            return pc + 1;
        }
        set_pc(warp, here, pc + 1);
        set_pc(warp, lanes, in->target);
        return PTX_NONE;
    case PTX_RETURN:
        leave(warp, in, lanes);
        set_pc(warp, here & ~lanes, pc + 1);
        return PTX_NONE;
    case PTX_BARRIER:
        if (in->operands[0].offset != 0 || lanes != here) {
            ptx_fault_at(warp, in, ptx_first_lane(here), "a barrier other than the block's");
        }
        warp->waiting |= lanes;
        set_pc(warp, lanes, pc);
        return PTX_NONE;
    case PTX_COLLECTIVE:
        if (lanes != 0) {
            const uint32_t members = members_of(warp, in, lanes);
            if ((members & ~lanes) != 0) {
                warp->waiting |= lanes;
                set_pc(warp, here & ~lanes, pc + 1);
                set_pc(warp, lanes, pc);
                return PTX_NONE;
            }
            warp->waiting &= ~lanes;
            in->operation->execute(warp, in, lanes);
        }
        return pc + 1;
    case PTX_STRAIGHT:
        break;
    }
    if (lanes != 0) {
        in->operation->execute(warp, in, lanes);
    }
    return pc + 1;
}

static uint32_t unguarded(const ptx_warp *warp, const ptx_instruction *in, uint32_t here)
{
    if (in->guard == PTX_NONE) {
        return here;
    }
    const uint32_t predicate = *ptx_predicate(warp, in->guard);
    return here & (in->guard_negated ? ~predicate : predicate);
}

/* The lowest pc of the lanes that have not returned and are not in `here`. */
static uint32_t lowest_other(const ptx_warp *warp, uint32_t here)
{
    uint32_t lowest = UINT32_MAX;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(warp->alive & ~here, l) && warp->pc[l] < lowest) {
            lowest = warp->pc[l];
        }
    }
    return lowest;
}

/* Runs on as long as the lanes stay together and no others are at a lower pc. */
static void run_together(ptx_warp *warp, uint32_t pc, uint32_t here)
{
    const ptx_instruction *code = warp->block->kernel->code;
    const uint32_t other = lowest_other(warp, here);
    while (pc != other) {
        const ptx_instruction *in = &code[pc];
        if (warp->block->instructions_left-- == 0) {
            ptx_fault_at(warp, in, ptx_first_lane(here), "runs for ever");
        }
        const uint32_t next = step(warp, in, pc, here, unguarded(warp, in, here));
        if (next == PTX_NONE) {
            return;
        }
        pc = next;
        if (pc > other) {
            break;
        }
    }
    set_pc(warp, here, pc);
}

/* Runs the warp until all remaining lanes wait at the block's barrier, or none remains. */
static void run_warp(ptx_warp *warp)
{
    for (;;) {
        uint32_t pc;
        const uint32_t here = choose_lanes(warp, &pc);
        if (here == 0) {
            break;
        }
        run_together(warp, pc, here);
    }
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        const ptx_instruction *in = &warp->block->kernel->code[warp->pc[l]];
        if (ptx_has_lane(warp->alive, l) && in->operation->flow != PTX_BARRIER) {
            ptx_fault_at(warp, in, l, "waits for lanes that do not come");
        }
    }
    warp->at_barrier = warp->alive != 0;
}

/* In CUDA, no thread may return before a barrier at which others wait. */
static void expect_every_thread(const ptx_warp *waiting)
{
    const uint32_t lane = ptx_first_lane(waiting->alive);
    const ptx_block *block = waiting->block;
    for (uint32_t w = 0; w < block->warp_count; w++) {
        const uint32_t returned = ~block->warps[w].alive;
        if (returned != 0) {
            ptx_fault_at(waiting, &block->kernel->code[waiting->pc[lane]], lane,
                         "waits for thread %u, which has returned",
                         w * PTX_LANES + ptx_first_lane(returned));
        }
    }
}

static void pass_barrier(ptx_warp *warp)
{
    expect_every_thread(warp);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        warp->pc[l]++;
    }
    warp->waiting = 0;
    warp->at_barrier = false;
}

static void fill_row(ptx_warp *warp, uint32_t number, uint32_t value)
{
    uint32_t *const row = (uint32_t *)(void *)(warp->registers + number * PTX_LANES * sizeof value);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        row[l] = value;
    }
}

static void set_specials(ptx_warp *warp)
{
    const ptx_block *block = warp->block;
    const uint32_t *size = block->launch->block;
    for (uint32_t i = 0; i < 3; i++) {
        fill_row(warp, PTX_NTID_X + i, size[i]);
        fill_row(warp, PTX_CTAID_X + i, block->index[i]);
        fill_row(warp, PTX_NCTAID_X + i, block->launch->grid[i]);
    }
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        const uint32_t thread = warp->number * PTX_LANES + l;
        const uint32_t tid[3] = {thread % size[0], thread / size[0] % size[1],
                                 thread / size[0] / size[1]};
        for (uint32_t i = 0; i < 3; i++) {
            memcpy(warp->registers + ((PTX_TID_X + i) * PTX_LANES + l) * sizeof *tid, &tid[i],
                   sizeof *tid);
        }
        memcpy(warp->registers + (PTX_LANEID * PTX_LANES + l) * sizeof l, &l, sizeof l);
    }
}

static void set_constants(ptx_warp *warp)
{
    const ptx_kernel *kernel = warp->block->kernel;
    for (uint32_t i = 0; i < kernel->constant_count; i++) {
        const ptx_constant *constant = &kernel->constants[i];
        unsigned char *const row = warp->registers + constant->row;
        if (constant->width == PTX_PREDICATE) {
            const uint32_t all = constant->value != 0 ? PTX_ALL_LANES : 0;
            memcpy(row, &all, sizeof all);
            continue;
        }
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            memcpy(row + l * constant->width, &constant->value, constant->width);
        }
    }
}

static void begin_warp(ptx_warp *warp)
{
    warp->alive = PTX_ALL_LANES;
    warp->waiting = 0;
    warp->at_barrier = false;
    warp->copy_count = 0;
    memset(warp->copy_groups, 0, sizeof warp->copy_groups);
    memset(warp->pc, 0, sizeof warp->pc);
    set_specials(warp);
}

static void run_block(ptx_block *block)
{
    /* Unwritten memory is NaN. */
    memset(block->shared, 0xff, block->launch->shared_bytes);
    for (uint32_t w = 0; w < block->warp_count; w++) {
        begin_warp(&block->warps[w]);
    }
    for (uint32_t at_barrier = 1; at_barrier > 0;) {
        at_barrier = 0;
        for (uint32_t w = 0; w < block->warp_count; w++) {
            if (block->warps[w].alive != 0) {
                run_warp(&block->warps[w]);
                at_barrier += block->warps[w].at_barrier;
            }
        }
        for (uint32_t w = 0; w < block->warp_count; w++) {
            if (block->warps[w].at_barrier) {
                pass_barrier(&block->warps[w]);
            }
        }
    }
}

static void make_block(ptx_block *block)
{
    const ptx_launch *launch = block->launch;
    const uint32_t threads = launch->block[0] * launch->block[1] * launch->block[2];
    if (threads % PTX_LANES != 0 || threads > MOST_WARPS * PTX_LANES ||
        (block->kernel->most_threads > 0 && threads > block->kernel->most_threads)) {
        ptx_fault("%s: a block of %u threads", block->kernel->name, threads);
    }
    block->warp_count = threads / PTX_LANES;
    block->warps = ptx_allocate(block->warp_count * sizeof *block->warps);
    memset(block->warps, 0, block->warp_count * sizeof *block->warps);
    block->shared = ptx_allocate(launch->shared_bytes);
    block->instructions_left = MOST_INSTRUCTIONS;
    for (uint32_t w = 0; w < block->warp_count; w++) {
        ptx_warp *warp = &block->warps[w];
        warp->block = block;
        warp->number = w;
        warp->registers = aligned_alloc(PTX_ROW_ALIGN, block->kernel->register_bytes);
        if (warp->registers == NULL) {
            ptx_fault("no memory for registers");
        }
        memset(warp->registers, 0xff, block->kernel->register_bytes);
        set_constants(warp);
    }
}

static void run_grid(void *argument)
{
    ptx_block *block = argument;
    const uint32_t *grid = block->launch->grid;
    make_block(block);
    for (uint32_t z = 0; z < grid[2]; z++) {
        for (uint32_t y = 0; y < grid[1]; y++) {
            for (uint32_t x = 0; x < grid[0]; x++) {
                block->index[0] = x;
                block->index[1] = y;
                block->index[2] = z;
                run_block(block);
            }
        }
    }
}

const char *ptx_run(const ptx_kernel *kernel, const ptx_launch *launch)
{
    ptx_block block = {.kernel = kernel, .launch = launch};
    const char *fault = ptx_try(run_grid, &block);
    for (uint32_t w = 0; block.warps != NULL && w < block.warp_count; w++) {
        free(block.warps[w].registers);
        free(block.warps[w].copies);
    }
    free(block.warps);
    free(block.shared);
    return fault;
}
