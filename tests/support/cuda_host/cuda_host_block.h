/* A block of a launch as it runs: its threads, what they wait for, its shared memory. */
#ifndef CUDA_HOST_BLOCK_H
#define CUDA_HOST_BLOCK_H

#include <vector>

#include "cuda_host_fiber.h"
#include "cuda_host_kernel.h"

namespace cuda_host
{

struct site {
    const char *name; /* of the function that waits */
    const char *file;
    int line;
};

struct pending_copy {
    void *to;
    const void *from;
    unsigned group;
};

struct thread {
    fiber self;
    uint3 index;
    uint16_t number; /* in the block */
    bool finished;
    bool waiting;
    uint32_t mask; /* with which it waits */
    site place;    /* where it waits, or waited last; no name before the first time */
    std::vector<pending_copy> copies;
    unsigned copy_groups; /* committed */
};

/* Lanes that wait for each other. */
struct meeting {
    uint32_t mask;
    uint32_t arrived;
    const collective *kind;
    site where;
};

struct warp {
    uint32_t lanes; /* that exist */
    uint32_t ready; /* may run, but do not run */
    uint32_t epoch;
    unsigned meeting_count;
    meeting meetings[32];
};

/* A span that SHARED_MEMORY().take returned, for naming places in findings. */
struct taken_span {
    unsigned char *begin;
    size_t bytes;
    size_t value_bytes;
    const char *file;
    int line;
};

struct block {
    uint3 index;
    unsigned threads;
    thread *first; /* the first of its threads, an array */
    unsigned finished;
    unsigned arrived; /* at the block's barrier */
    site barrier;
    uint32_t ready_warps;
    uint32_t epoch;
    warp warps[32];
    std::vector<operands> lanes; /* [threads] */
    unsigned char *shared;
    size_t shared_bytes;
    std::vector<unsigned char> shared_store;
    std::vector<shadow_word> shadow;      /* one per word */
    std::vector<shadow_word> byte_shadow; /* one per byte, once a thread accesses single bytes */
    std::vector<taken_span> spans;
};

} // namespace cuda_host

#endif
