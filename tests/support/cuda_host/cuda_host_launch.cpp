/* Runs launches: blocks one after the other, each thread a fiber (cuda_host_schedule.cpp chooses
 * the one that runs). */
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

/* The running block, and its threads with their stacks. The threads are not moved, since a fiber
 * that waits for its next launch keeps its thread's address. */
block running;
const std::unique_ptr<thread[]> threads{new thread[1024]};
unsigned threads_made;

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
        running.finished++;
        let_others_run(self->number / 32u);
    }
}

void make_threads(unsigned count)
{
    for (; threads_made < count; threads_made++) {
        thread &t = threads[threads_made];
        t.self = fiber();
        fiber_make(t.self, threads_made, thread_main);
    }
}

void begin_block(uint3 index)
{
    block &b = running;
    const dim3 size = now.shape->block;
    b.index = index;
    b.threads = size.x * size.y * size.z;
    make_threads(b.threads);
    b.first = threads.get();
    b.finished = 0;
    b.arrived = 0;
    b.ready_warps = 0;
    b.epoch = next_epoch();
    b.lanes.resize(b.threads);
    for (unsigned i = 0; i < b.threads; i++) {
        thread &t = b.first[i];
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
    size_t used =
        static_cast<size_t>(snprintf(text, room, "%.*s: block (%u,%u,%u): threads wait for ever:",
                                     kernel_name_length(now.shape->text), now.shape->text,
                                     running.index.x, running.index.y, running.index.z));
    const thread *told = nullptr;
    for (unsigned i = 0; i < running.threads && used < room; i++) {
        const thread &t = running.first[i];
        if (told != nullptr && t.finished == told->finished &&
            (t.finished || (t.place.line == told->place.line && t.place.name == told->place.name &&
                            t.mask == told->mask))) {
            continue;
        }
        told = &t;
        used += static_cast<size_t>(snprintf(text + used, room - used, " from thread (%u,%u,%u) on",
                                             t.index.x, t.index.y, t.index.z));
        if (used >= room) {
            return;
        }
        if (t.finished) {
            used += static_cast<size_t>(snprintf(text + used, room - used, ": returned;"));
        } else {
            used +=
                static_cast<size_t>(snprintf(text + used, room - used, ": in %s (%s:%d) mask %08x;",
                                             t.place.name, t.place.file, t.place.line, t.mask));
        }
    }
}

/* Runs the block to its end; false if there was a finding. */
bool run_block()
{
    thread *first = take_next(0);
    become(first);
    fiber_switch(scheduler, first->self);
    current = nullptr;
    if (now.finding[0] == '\0' && running.finished != running.threads) {
        describe_waiting();
    }
    if (now.finding[0] == '\0') {
        return true;
    }
    clear_shadow(running);
    for (unsigned i = 0; i < running.threads; i++) {
        if (!running.first[i].finished) {
            fiber_forget(running.first[i].self, i, thread_main);
        }
    }
    return false;
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
    now.home = &running;
    now.finding[0] = '\0';
    if (last_epoch > 0xe0000000u) { /* long before they could come to COPYING */
        clear_shadow(running);
        last_epoch = 0;
    }
    blockDim = shape.block;
    gridDim = shape.grid;
    for (const uint32_t number : order_of_blocks(count)) {
        begin_block(place_in_grid(number, shape.grid));
        if (!run_block()) {
            return now.finding;
        }
    }
    return nullptr;
}

} // namespace cuda_host
