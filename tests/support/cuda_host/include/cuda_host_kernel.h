/* What the threads of a launch call while they run: barriers and warp collectives, which switch to
 * another thread, and the shadow of shared memory, which records accesses. */
#ifndef CUDA_HOST_KERNEL_H
#define CUDA_HOST_KERNEL_H

#include <functional>
#include <stddef.h>
#include <stdint.h>
#include <vector>

#include "cuda_runtime.h"

namespace cuda_host
{

/* An argument's bytes, as the kernel's parameter has them. */
typedef std::vector<unsigned char> argument;

struct launch_shape {
    const char *text; /* the macro's arguments, which begin with the kernel's name */
    const void *kernel;
    dim3 grid;
    dim3 block;
    size_t shared_bytes;
    std::vector<argument> arguments;
};
cudaError_t launch(const launch_shape &shape, std::function<void()> thread, cudaStream_t stream);
cudaError_t raise_limit(const void *kernel, size_t shared_bytes);
void load(const void *kernel);

template <typename P> argument argument_of(const P &value)
{
    const unsigned char *const begin = reinterpret_cast<const unsigned char *>(&value);
    return argument(begin, begin + sizeof value);
}

/* A lane's operands and result of a collective. */
struct operands {
    const uint32_t *a;
    const uint32_t *b;
    float *d;
    uint64_t value;
    uint64_t result;
    uint32_t source; /* lane */
};

/* Which threads accessed a word of shared memory in the present interval, the time between two
 * block barriers. Single bytes are distinguished only if a thread accesses less than a word.
 *
 * A block's intervals and its warps', which lie between barriers of either kind, are numbered in
 * one sequence. So a warp interval that began in the present block interval has the higher
 * number. */
struct shadow_word {
    uint32_t written; /* warp interval of the last write */
    uint32_t read;    /* and of the last read */
    uint16_t writer;  /* thread, or ATOMICALLY */
    uint16_t reader;  /* thread, or BY_LANES | warp, or BY_WARPS */
    uint32_t guard;   /* the epoch in which bytes are distinguished, or COPYING */
};
enum : uint32_t { ATOMICALLY = 0xfff0, BY_LANES = 0x8000, BY_WARPS = 0xffff };
const uint32_t COPYING = 0xffffffff;

/* The running thread. */
struct state {
    uint32_t epoch;      /* interval between block barriers, of no other block or launch */
    uint32_t warp_epoch; /* interval between barriers of the warp */
    uint16_t thread;     /* in the block */
    uint16_t lanes;      /* BY_LANES | its warp */
    operands *mine;
    unsigned char *shared;
    shadow_word *shadow;
};
extern state here;

inline unsigned lane()
{
    return here.thread % 32u;
}

struct collective {
    const char *name;
    void (*evaluate)(operands *warp, uint32_t mask); /* run by the last lane to arrive */
};
extern const collective warp_barrier, shuffle_xor, ballot, mma_tf32, mma_bf16;

/* Waits until all lanes of the mask arrive at the same place. */
void meet(const collective &kind, uint32_t mask, const char *file, int line);
/* Waits until all threads of the block do. */
void block_barrier(const char *file, int line);

/* The slow path, for accesses that the quick look at the shadow cannot clear. */
void touch_shared(const void *place, size_t bytes, int how);
enum { READING, WRITING, ADDING };

inline bool read_is_plain(shadow_word &word)
{
    if (word.guard >= here.epoch || (word.written >= here.epoch && word.writer != here.thread)) {
        return false;
    }
    if (word.read >= here.epoch && word.reader != here.thread) {
        return word.reader == BY_WARPS ||
               (word.reader == here.lanes && word.read == here.warp_epoch);
    }
    word.read = here.warp_epoch;
    word.reader = here.thread;
    return true;
}

inline bool write_is_plain(shadow_word &word)
{
    if (word.guard >= here.epoch || (word.written >= here.epoch && word.writer != here.thread) ||
        (word.read >= here.epoch && word.reader != here.thread)) {
        return false;
    }
    word.written = here.warp_epoch;
    word.writer = here.thread;
    return true;
}

inline shadow_word *shadow_of(const void *place)
{
    return here.shadow + (static_cast<const unsigned char *>(place) - here.shared) / 4;
}

inline void shared_read(const void *place, size_t bytes)
{
    if (bytes < 4) {
        touch_shared(place, bytes, READING);
        return;
    }
    shadow_word *word = shadow_of(place);
    for (size_t w = 0; w < bytes / 4; w++) {
        if (__builtin_expect(!read_is_plain(word[w]), 0)) {
            touch_shared(static_cast<const unsigned char *>(place) + 4 * w, 4, READING);
        }
    }
}

inline void shared_write(const void *place, size_t bytes)
{
    if (bytes < 4) {
        touch_shared(place, bytes, WRITING);
        return;
    }
    shadow_word *word = shadow_of(place);
    for (size_t w = 0; w < bytes / 4; w++) {
        if (__builtin_expect(!write_is_plain(word[w]), 0)) {
            touch_shared(static_cast<const unsigned char *>(place) + 4 * w, 4, WRITING);
        }
    }
}

inline void shared_atomic(const void *place, size_t bytes)
{
    touch_shared(place, bytes, ADDING);
}

/* Spans */
void take(unsigned char *begin, size_t bytes, size_t value_bytes, const char *file, int line);
[[noreturn]] void outside_span(const void *begin, ptrdiff_t i, int count, ptrdiff_t size,
                               size_t value_bytes);
[[noreturn]] void unaligned(const void *begin, ptrdiff_t i, int count);

/* Asynchronous copies of 16 bytes; zeros if `from` is NULL. */
void copy_start(void *to, const void *from);
void copy_commit();
void copy_wait(unsigned groups_left);

uint32_t round_tf32(float value);
uint16_t round_bf16(float value);

} // namespace cuda_host

#endif
