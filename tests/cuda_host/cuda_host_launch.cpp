/* Runs launches: every thread of a block is a fiber, which runs until it waits. */
#include "cuda_host_launch.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_host_block.h"

uint3 threadIdx;
uint3 blockIdx;
dim3 blockDim;
dim3 gridDim;

namespace cuda_host
{

state here;
thread *current;

namespace
{

struct running_launch {
    const launch_shape *shape;
    const std::function<void()> *body;
    std::vector<block *> alive;
    unsigned blocks_arrived; /* at the grid's barrier */
    char finding[2048];      /* empty as long as there is none */
};

running_launch now;
fiber scheduler;
/* Threads and their stacks, a row for each block that is alive. They stay where they are, since a
 * fiber that waits for its next launch knows its place. */
struct thread_row {
    std::unique_ptr<thread[]> threads{new thread[1024]};
    unsigned made = 0;
};
std::vector<std::unique_ptr<thread_row>> rows;
std::vector<std::unique_ptr<block>> blocks;
uint32_t last_epoch;

struct order_setting {
    cuda_host_order order;
    uint64_t state;
} order = {CUDA_HOST_ASCENDING, 1};

uint32_t random_word()
{
    order.state ^= order.state << 13;
    order.state ^= order.state >> 7;
    order.state ^= order.state << 17;
    return static_cast<uint32_t>(order.state >> 32);
}

/* One of the set bits, by the order. */
unsigned choose(uint32_t bits)
{
    if (order.order == CUDA_HOST_ASCENDING)
        return static_cast<unsigned>(__builtin_ctz(bits));
    if (order.order == CUDA_HOST_DESCENDING)
        return 31u - static_cast<unsigned>(__builtin_clz(bits));
    const unsigned turn = random_word() % 32;
    const uint32_t turned = bits >> turn | (turn != 0 ? bits << (32 - turn) : 0);
    return (static_cast<unsigned>(__builtin_ctz(turned)) + turn) % 32;
}

/* The thread that runs next, no longer among those ready; NULL if none can. */
thread *take_next(block *home, unsigned warp_number)
{
    const bool wander = order.order == CUDA_HOST_SHUFFLED && random_word() % 4 == 0;
    if (home == nullptr || home->ready_warps == 0) {
        const unsigned count = static_cast<unsigned>(now.alive.size());
        const unsigned start = order.order == CUDA_HOST_SHUFFLED ? random_word() % count : 0;
        home = nullptr;
        for (unsigned i = 0; i < count && home == nullptr; i++) {
            const unsigned at = (start + i) % count;
            block *other = now.alive[order.order == CUDA_HOST_DESCENDING ? count - 1 - at : at];
            if (other->ready_warps != 0)
                home = other;
        }
        if (home == nullptr)
            return nullptr;
        warp_number = choose(home->ready_warps);
    } else if (wander || (home->ready_warps >> warp_number & 1) == 0) {
        warp_number = choose(home->ready_warps);
    }
    warp &w = home->warps[warp_number];
    const unsigned bit = choose(w.ready);
    w.ready &= ~(1u << bit);
    if (w.ready == 0)
        home->ready_warps &= ~(1u << warp_number);
    return home->first + warp_number * 32 + bit;
}

void become(thread *next)
{
    block &home = *next->home;
    if (current == nullptr || current->home != &home) {
        blockIdx = home.index;
        here.shared = home.shared;
        here.shadow = home.shadow.data();
    }
    current = next;
    threadIdx = next->index;
    here.epoch = home.epoch;
    here.warp_epoch = home.warps[next->number / 32].epoch;
    here.thread = next->number;
    here.mine = &home.lanes[next->number];
}

/* Somebody else runs until this thread is chosen again. */
void let_others_run(unsigned warp_number)
{
    thread *self = current;
    thread *next = take_next(self->home, warp_number);
    if (next == self) {
        become(self);
        return;
    }
    if (next == nullptr) {
        fiber_switch(self->self, scheduler);
        return;
    }
    become(next);
    fiber_switch(self->self, next->self);
}

void make_ready(block &home, unsigned warp_number, uint32_t lanes)
{
    home.warps[warp_number].ready |= lanes;
    home.ready_warps |= 1u << warp_number;
}

void thread_main()
{
    fiber_entered();
    for (;;) {
        (*now.body)();
        thread *self = current;
        if (!self->copies.empty())
            found("returns while a copy_async to shared memory is under way");
        self->finished = true;
        self->home->finished++;
        let_others_run(self->number / 32u);
    }
}

void wait_at(const char *name, uint32_t mask, const char *file, int line)
{
    current->place = {name, file, line};
    current->mask = mask;
    current->waiting = true;
}

} // namespace

uint32_t next_epoch()
{
    return ++last_epoch;
}

void found(const char *format, ...)
{
    const size_t room = sizeof now.finding;
    const char *text = now.shape->text;
    const int name_length = kernel_name_length(text);
    const block &home = *current->home;
    size_t used =
        static_cast<size_t>(snprintf(now.finding, room, "%.*s: block (%u,%u,%u) thread (%u,%u,%u) ",
                                     name_length, text, home.index.x, home.index.y, home.index.z,
                                     current->index.x, current->index.y, current->index.z));
    va_list arguments;
    va_start(arguments, format);
    if (used < room)
        used += static_cast<size_t>(vsnprintf(now.finding + used, room - used, format, arguments));
    va_end(arguments);
    if (used < room && current->place.name != nullptr)
        snprintf(now.finding + used, room - used, "; %s %s (%s:%d)",
                 current->waiting ? "in" : "after", current->place.name, current->place.file,
                 current->place.line);
    fiber_switch(current->self, scheduler);
    abort();
}

/* The meeting that is the same as one that this thread comes to. Lanes that wait elsewhere for each
 * other would do so for ever. */
static meeting &join(warp &w, const meeting &mine)
{
    const uint32_t bit = 1u << lane();
    for (unsigned i = 0; i < w.meeting_count; i++) {
        meeting &m = w.meetings[i];
        if (m.mask == mine.mask && m.kind == mine.kind && m.where.line == mine.where.line &&
            (m.where.file == mine.where.file || strcmp(m.where.file, mine.where.file) == 0))
            return m;
        if ((m.mask & bit) != 0 && (mine.mask & m.arrived) != 0)
            found("comes to %s with mask %08x (%s:%d) while lanes %08x wait in %s with mask %08x "
                  "(%s:%d)",
                  mine.kind->name, mine.mask, mine.where.file, mine.where.line, m.arrived,
                  m.kind->name, m.mask, m.where.file, m.where.line);
    }
    meeting &fresh = w.meetings[w.meeting_count++];
    fresh = mine;
    return fresh;
}

void meet(const collective &kind, uint32_t mask, const char *file, int line)
{
    thread &self = *current;
    block &home = *self.home;
    const unsigned warp_number = self.number / 32u;
    const uint32_t bit = 1u << lane();
    warp &w = home.warps[warp_number];
    if ((mask & bit) == 0)
        found("calls %s with mask %08x, in which it is not (%s:%d)", kind.name, mask, file, line);
    if ((mask & ~w.lanes) != 0)
        found("calls %s with mask %08x in a warp of lanes %08x (%s:%d)", kind.name, mask, w.lanes,
              file, line);
    meeting &m = join(w, {mask, 0, &kind, {kind.name, file, line}});
    m.arrived |= bit;
    wait_at(kind.name, mask, file, line);
    if (m.arrived == mask) {
        m = w.meetings[--w.meeting_count];
        if (kind.evaluate != nullptr)
            kind.evaluate(&home.lanes[warp_number * 32], mask);
        else if (mask == w.lanes)
            w.epoch = next_epoch();
        make_ready(home, warp_number, mask);
    }
    let_others_run(warp_number);
    self.waiting = false;
}

namespace
{

/* All threads of a block go on, in a new interval; the warp that the order begins with. */
unsigned release(block &b)
{
    b.arrived = 0;
    b.votes_result = b.votes;
    b.epoch = next_epoch();
    for (unsigned i = 0; i < (b.threads + 31) / 32; i++) {
        b.warps[i].epoch = next_epoch();
        make_ready(b, i, b.warps[i].lanes);
    }
    return choose(b.ready_warps);
}

/* This thread comes to a barrier; true if it is the block's last. */
bool arrive(const char *name, int vote, const char *file, int line)
{
    block &home = *current->home;
    if (home.arrived == 0) {
        home.barrier = {name, file, line};
        home.votes = 0;
    } else if (home.barrier.line != line || strcmp(home.barrier.file, file) != 0) {
        found("comes to %s (%s:%d) while %u threads wait in %s (%s:%d)", name, file, line,
              home.arrived, home.barrier.name, home.barrier.file, home.barrier.line);
    }
    home.arrived++;
    home.votes += vote;
    wait_at(name, 0, file, line);
    return home.arrived == home.threads;
}

} // namespace

int block_barrier(const char *name, int vote, const char *file, int line)
{
    thread &self = *current;
    unsigned warp_number = self.number / 32u;
    if (arrive(name, vote, file, line))
        warp_number = release(*self.home);
    let_others_run(warp_number);
    self.waiting = false;
    return self.home->votes_result;
}

void grid_barrier(const char *name, const char *file, int line)
{
    thread &self = *current;
    if (!now.shape->cooperative)
        found("calls %s in a launch that is not cooperative (%s:%d)", name, file, line);
    unsigned warp_number = self.number / 32u;
    if (arrive(name, 0, file, line) && ++now.blocks_arrived == now.alive.size()) {
        now.blocks_arrived = 0;
        for (block *b : now.alive)
            release(*b);
        warp_number = choose(self.home->ready_warps);
    }
    let_others_run(warp_number);
    self.waiting = false;
}

namespace
{

thread *row_of_threads(size_t number, unsigned count)
{
    /* Each closed page below a stack costs the kernel two mappings, of which it has 65530. */
    const size_t guarded_rows = 8;
    while (rows.size() <= number)
        rows.emplace_back(new thread_row());
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
                                t.place.name == told->place.name && t.mask == told->mask)))
                continue;
            told = &t;
            used += static_cast<size_t>(
                snprintf(text + used, room - used, " block (%u,%u,%u) from thread (%u,%u,%u)",
                         b->index.x, b->index.y, b->index.z, t.index.x, t.index.y, t.index.z));
            if (used >= room)
                return;
            if (t.finished)
                used += static_cast<size_t>(snprintf(text + used, room - used, " on: returned;"));
            else
                used += static_cast<size_t>(snprintf(text + used, room - used,
                                                     " on: in %s (%s:%d) mask %08x;", t.place.name,
                                                     t.place.file, t.place.line, t.mask));
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
    if (now.finding[0] == '\0')
        return true;
    for (block *b : now.alive) {
        clear_shadow(*b);
        for (unsigned i = 0; i < b->threads; i++) {
            if (!b->first[i].finished)
                fiber_forget(b->first[i].self, i, thread_main);
        }
    }
    return false;
}

/* Long before they could come to COPYING. */
void begin_epochs_again()
{
    for (std::unique_ptr<block> &b : blocks)
        clear_shadow(*b);
    last_epoch = 0;
}

uint3 place_in_grid(uint64_t i, dim3 grid)
{
    return {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
            static_cast<unsigned>(i / grid.x / grid.y)};
}

std::vector<uint32_t> order_of_blocks(uint32_t count)
{
    std::vector<uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0u);
    if (order.order == CUDA_HOST_DESCENDING)
        std::reverse(numbers.begin(), numbers.end());
    for (uint32_t i = count; order.order == CUDA_HOST_SHUFFLED && i > 1; i--)
        std::swap(numbers[i - 1], numbers[random_word() % i]);
    return numbers;
}

} // namespace

int kernel_name_length(const char *text)
{
    int depth = 0;
    int length = 0;
    for (; text[length] != '\0' && (text[length] != ',' || depth > 0); length++)
        depth += (text[length] == '<') + (text[length] == '(') - (text[length] == '>') -
                 (text[length] == ')');
    return length;
}

void set_order(cuda_host_order which, uint64_t seed)
{
    order.order = which;
    order.state = seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du;
    if (order.state == 0)
        order.state = 1;
}

const char *run_launch(const launch_shape &shape, const std::function<void()> &body)
{
    const uint32_t count = shape.grid.x * shape.grid.y * shape.grid.z;
    fiber_of_thread(scheduler);
    now.shape = &shape;
    now.body = &body;
    now.finding[0] = '\0';
    now.blocks_arrived = 0;
    if (last_epoch > 0xe0000000u)
        begin_epochs_again();
    blockDim = shape.block;
    gridDim = shape.grid;
    const std::vector<uint32_t> numbers = order_of_blocks(count);
    const uint32_t at_once = shape.cooperative ? count : 1;
    while (blocks.size() < at_once)
        blocks.emplace_back(new block());
    for (uint32_t done = 0; done < count; done += at_once) {
        now.alive.clear();
        for (uint32_t i = 0; i < at_once; i++) {
            begin_block(*blocks[i], i, place_in_grid(numbers[done + i], shape.grid));
            now.alive.push_back(blocks[i].get());
        }
        if (!run_alive())
            return now.finding;
    }
    return nullptr;
}

} // namespace cuda_host
