/* Runs launches: blocks one after the other or all at once, every thread a fiber
 * (cuda_host_schedule.cpp says which one runs). */
#include "cuda_host_launch.h"

#include <algorithm>
#include <memory>
#include <stdio.h>

#include "cuda_host_running.h"
#include "cuda_host_schedule.h"
#include "cuda_host_shadow.h"

dim3 blockDim;
dim3 gridDim;

namespace cuda_host
{

namespace
{

/* Threads and their stacks, a row for each block that is alive. They stay where they are, since a
 * fiber that waits for its next launch knows its place. */
struct thread_row {
    std::unique_ptr<thread[]> threads{new thread[1024]};
    unsigned made = 0;
};
std::vector<std::unique_ptr<thread_row>> rows;
std::vector<std::unique_ptr<block>> blocks;

void thread_main()
{
    fiber_entered();
    for (;;) {
        (*now.body)();
        thread *self = current;
        if (!self->copies.empty()) {
            found("returns while a copy_async to shared memory is under way");
        }
        self->finished = true;
        self->home->finished++;
        let_others_run(self->number / 32u);
    }
}

thread *row_of_threads(size_t number, unsigned count)
{
    /* Each closed page below a stack costs the kernel two mappings, of which it has 65530. */
    const size_t guarded_rows = 8;
    while (rows.size() <= number) {
        rows.emplace_back(new thread_row());
    }
    thread_row &row = *rows[number];
    for (; row.made < count; row.made++) {
        thread &t = row.threads[row.made];
        t.self = fiber();
        fiber_make(t.self, row.made, number < guarded_rows, thread_main);
    }
    return row.threads.get();
}

void begin_block(block &b, size_t row, uint3 index)
{
    const dim3 size = now.shape->block;
    b.index = index;
    b.threads = size.x * size.y * size.z;
    b.first = row_of_threads(row, b.threads);
    b.finished = 0;
    b.arrived = 0;
    b.ready_warps = 0;
    b.epoch = next_epoch();
    b.lanes.resize(b.threads);
    for (unsigned i = 0; i < b.threads; i++) {
        thread &t = b.first[i];
        t.home = &b;
        t.number = static_cast<uint16_t>(i);
        t.index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
        t.finished = false;
        t.waiting = false;
        t.place.name = nullptr;
        t.copies.clear();
        t.copy_groups = 0;
    }
    for (unsigned i = 0; i < (b.threads + 31) / 32; i++) {
        const unsigned lanes = std::min(32u, b.threads - 32 * i);
        b.warps[i] = warp();
        b.warps[i].lanes = lanes == 32 ? 0xffffffffu : (1u << lanes) - 1;
        b.warps[i].epoch = next_epoch();
        make_ready(b, i, b.warps[i].lanes);
    }
    prepare_shared(b, now.shape->shared_bytes);
}

void describe_waiting()
{
    char *text = now.finding;
    const size_t room = sizeof now.finding;
    size_t used = static_cast<size_t>(
        snprintf(text, room, "%.*s: threads wait for ever:", kernel_name_length(now.shape->text),
                 now.shape->text));
    for (const block *b : now.alive) {
        const thread *told = nullptr;
        for (unsigned i = 0; i < b->threads && used < room; i++) {
            const thread &t = b->first[i];
            if (told != nullptr && t.finished == told->finished &&
                (t.finished || (t.place.line == told->place.line &&
                                t.place.name == told->place.name && t.mask == told->mask))) {
                continue;
            }
            told = &t;
            used += static_cast<size_t>(
                snprintf(text + used, room - used, " block (%u,%u,%u) from thread (%u,%u,%u)",
                         b->index.x, b->index.y, b->index.z, t.index.x, t.index.y, t.index.z));
            if (used >= room) {
                return;
            }
            if (t.finished) {
                used += static_cast<size_t>(snprintf(text + used, room - used, " on: returned;"));
            } else {
                used += static_cast<size_t>(snprintf(text + used, room - used,
                                                     " on: in %s (%s:%d) mask %08x;", t.place.name,
                                                     t.place.file, t.place.line, t.mask));
            }
        }
    }
}

/* Runs the blocks that are alive to their end; false if there was a finding. */
bool run_alive()
{
    thread *first = take_next(nullptr, 0);
    become(first);
    fiber_switch(scheduler, first->self);
    current = nullptr;
    if (now.finding[0] == '\0') {
        for (const block *b : now.alive) {
            if (b->finished != b->threads) {
                describe_waiting();
                break;
            }
        }
    }
    if (now.finding[0] == '\0') {
        return true;
    }
    for (block *b : now.alive) {
        clear_shadow(*b);
        for (unsigned i = 0; i < b->threads; i++) {
            if (!b->first[i].finished) {
                fiber_forget(b->first[i].self, i, thread_main);
            }
        }
    }
    return false;
}

/* Long before they could come to COPYING. */
void begin_epochs_again()
{
    for (std::unique_ptr<block> &b : blocks) {
        clear_shadow(*b);
    }
    last_epoch = 0;
}

uint3 place_in_grid(uint64_t i, dim3 grid)
{
    return {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
            static_cast<unsigned>(i / grid.x / grid.y)};
}

} // namespace

const char *run_launch(const launch_shape &shape, const std::function<void()> &body)
{
    const uint32_t count = shape.grid.x * shape.grid.y * shape.grid.z;
    fiber_of_thread(scheduler);
    now.shape = &shape;
    now.body = &body;
    now.finding[0] = '\0';
    now.blocks_arrived = 0;
    if (last_epoch > 0xe0000000u) {
        begin_epochs_again();
    }
    blockDim = shape.block;
    gridDim = shape.grid;
    const std::vector<uint32_t> numbers = order_of_blocks(count);
    const uint32_t at_once = shape.cooperative ? count : 1;
    while (blocks.size() < at_once) {
        blocks.emplace_back(new block());
    }
    for (uint32_t done = 0; done < count; done += at_once) {
        now.alive.clear();
        for (uint32_t i = 0; i < at_once; i++) {
            begin_block(*blocks[i], i, place_in_grid(numbers[done + i], shape.grid));
            now.alive.push_back(blocks[i].get());
        }
        if (!run_alive()) {
            return now.finding;
        }
    }
    return nullptr;
}

} // namespace cuda_host
