/* Each thread runs until it waits; the order then chooses the next one. */
#include "cuda_host_schedule.h"

#include <algorithm>
#include <numeric>
#include <string.h>

#include "cuda_host_running.h"

uint3 threadIdx;
uint3 blockIdx;

namespace cuda_host
{

namespace
{

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

/* Chooses one of the set bits by the order. */
unsigned choose(uint32_t bits)
{
    if (order.order == CUDA_HOST_ASCENDING) {
        return static_cast<unsigned>(__builtin_ctz(bits));
    }
    if (order.order == CUDA_HOST_DESCENDING) {
        return 31u - static_cast<unsigned>(__builtin_clz(bits));
    }
    const unsigned turn = random_word() % 32;
    const uint32_t turned = bits >> turn | (turn != 0 ? bits << (32 - turn) : 0);
    return (static_cast<unsigned>(__builtin_ctz(turned)) + turn) % 32;
}

} // namespace

thread *take_next(unsigned warp_number)
{
    block &home = *now.home;
    if (home.ready_warps == 0) {
        return nullptr;
    }
    const bool wander = order.order == CUDA_HOST_SHUFFLED && random_word() % 4 == 0;
    if (wander || (home.ready_warps >> warp_number & 1) == 0) {
        warp_number = choose(home.ready_warps);
    }
    warp &w = home.warps[warp_number];
    const unsigned bit = choose(w.ready);
    w.ready &= ~(1u << bit);
    if (w.ready == 0) {
        home.ready_warps &= ~(1u << warp_number);
    }
    return home.first + warp_number * 32 + bit;
}

void become(thread *next)
{
    block &home = *now.home;
    if (current == nullptr) {
        blockIdx = home.index;
        here.shared = home.shared;
        here.shadow = home.shadow.data();
    }
    current = next;
    threadIdx = next->index;
    here.epoch = home.epoch;
    here.warp_epoch = home.warps[next->number / 32].epoch;
    here.thread = next->number;
    here.lanes = static_cast<uint16_t>(BY_LANES | next->number / 32u);
    here.mine = &home.lanes[next->number];
}

void let_others_run(unsigned warp_number)
{
    thread *self = current;
    thread *next = take_next(warp_number);
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

static void wait_at(const char *name, uint32_t mask, const char *file, int line)
{
    current->place = {name, file, line};
    current->mask = mask;
    current->waiting = true;
}

static bool is_at(const site &s, const char *file, int line)
{
    return s.line == line && (s.file == file || strcmp(s.file, file) == 0);
}

/* Returns the meeting that this thread joins, a new one if it is the first. Finds lanes that wait
 * at different places for each other, which would never end. */
static meeting &join(warp &w, const meeting &mine)
{
    const uint32_t bit = 1u << lane();
    for (unsigned i = 0; i < w.meeting_count; i++) {
        meeting &m = w.meetings[i];
        if (m.mask == mine.mask && m.kind == mine.kind &&
            is_at(m.where, mine.where.file, mine.where.line)) {
            return m;
        }
        if ((m.mask & bit) != 0 && (mine.mask & m.arrived) != 0) {
            found("comes to %s with mask %08x (%s:%d) while lanes %08x wait in %s with mask %08x "
                  "(%s:%d)",
                  mine.kind->name, mine.mask, mine.where.file, mine.where.line, m.arrived,
                  m.kind->name, m.mask, m.where.file, m.where.line);
        }
    }
    meeting &fresh = w.meetings[w.meeting_count++];
    fresh = mine;
    return fresh;
}

void meet(const collective &kind, uint32_t mask, const char *file, int line)
{
    thread &self = *current;
    block &home = *now.home;
    const unsigned warp_number = self.number / 32u;
    const uint32_t bit = 1u << lane();
    warp &w = home.warps[warp_number];
    if ((mask & bit) == 0) {
        found("calls %s with mask %08x, in which it is not (%s:%d)", kind.name, mask, file, line);
    }
    if ((mask & ~w.lanes) != 0) {
        found("calls %s with mask %08x in a warp of lanes %08x (%s:%d)", kind.name, mask, w.lanes,
              file, line);
    }
    meeting &m = join(w, {mask, 0, &kind, {kind.name, file, line}});
    m.arrived |= bit;
    wait_at(kind.name, mask, file, line);
    if (m.arrived == mask) {
        m = w.meetings[--w.meeting_count];
        if (kind.evaluate != nullptr) {
            kind.evaluate(&home.lanes[warp_number * 32], mask);
        } else if (mask == w.lanes) {
            w.epoch = next_epoch();
        }
        make_ready(home, warp_number, mask);
    }
    let_others_run(warp_number);
    self.waiting = false;
}

/* Lets all threads of the block continue, in a new interval. */
static void release(block &b)
{
    b.arrived = 0;
    b.epoch = next_epoch();
    for (unsigned i = 0; i < (b.threads + 31) / 32; i++) {
        b.warps[i].epoch = next_epoch();
        make_ready(b, i, b.warps[i].lanes);
    }
}

void block_barrier(const char *file, int line)
{
    static const char NAME[] = "__syncthreads";
    thread &self = *current;
    block &home = *now.home;
    if (home.arrived == 0) {
        home.barrier = {NAME, file, line};
    } else if (!is_at(home.barrier, file, line)) {
        found("comes to %s (%s:%d) while %u threads wait in %s (%s:%d)", NAME, file, line,
              home.arrived, NAME, home.barrier.file, home.barrier.line);
    }
    home.arrived++;
    wait_at(NAME, 0, file, line);
    unsigned warp_number = self.number / 32u;
    if (home.arrived == home.threads) {
        release(home);
        warp_number = choose(home.ready_warps);
    }
    let_others_run(warp_number);
    self.waiting = false;
}

size_t choose_of(size_t count)
{
    return order.order == CUDA_HOST_ASCENDING    ? 0
           : order.order == CUDA_HOST_DESCENDING ? count - 1
                                                 : random_word() % count;
}

void set_order(cuda_host_order which, uint64_t seed)
{
    order.order = which;
    order.state = seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du;
    if (order.state == 0) {
        order.state = 1;
    }
}

std::vector<uint32_t> order_of_blocks(uint32_t count)
{
    std::vector<uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0u);
    if (order.order == CUDA_HOST_DESCENDING) {
        std::reverse(numbers.begin(), numbers.end());
    }
    for (uint32_t i = count; order.order == CUDA_HOST_SHUFFLED && i > 1; i--) {
        std::swap(numbers[i - 1], numbers[random_word() % i]);
    }
    return numbers;
}

} // namespace cuda_host
