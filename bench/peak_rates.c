#include "peak_rates.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "thread_pool.h"

enum {
    TRIES = 5, /* the fastest counts: disturbances only slow it down */
    TASKS = 128,
    MULTIPLY_ADDS = 3 << 21, /* per task */
    FAR_BYTES = 256 << 20,
};

typedef struct loops {
    const char *isa;
    float (*multiply_adds)(size_t count, float factor);
    void (*sweep)(float *values, size_t count, float factor);
} loops;

float peak_multiply_adds_portable(size_t count, float factor);
void peak_sweep_portable(float *values, size_t count, float factor);
#if defined(__x86_64__)
float peak_multiply_adds_avx2(size_t count, float factor);
void peak_sweep_avx2(float *values, size_t count, float factor);
float peak_multiply_adds_avx512(size_t count, float factor);
void peak_sweep_avx512(float *values, size_t count, float factor);
#endif

static const loops all_loops[] = {
#if defined(__x86_64__)
    {"avx512", peak_multiply_adds_avx512, peak_sweep_avx512},
    {"avx2", peak_multiply_adds_avx2, peak_sweep_avx2},
#endif
    {"portable", peak_multiply_adds_portable, peak_sweep_portable},
};

typedef struct measurement {
    const loops *loops;
    float *values;
    size_t count; /* floats per task */
    float sums[TASKS];
} measurement;

static const float factor = 0.999f;

static void multiply(void *context, unsigned task, unsigned worker)
{
    (void)worker;
    measurement *m = context;
    m->sums[task] = m->loops->multiply_adds(MULTIPLY_ADDS, factor);
}

static void sweep(void *context, unsigned task, unsigned worker)
{
    (void)worker;
    measurement *m = context;
    m->loops->sweep(m->values + task * m->count, m->count, factor);
}

/* The time for all tasks; the shortest of several tries. */
static double shortest(thread_pool *pool, thread_pool_task *run, measurement *m)
{
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        const double begin = seconds_now();
        thread_pool_run(pool, run, m, TASKS);
        const double seconds = seconds_now() - begin;
        best = i == 0 || seconds < best ? seconds : best;
    }
    return best;
}

static double sweep_gbytes(thread_pool *pool, measurement *m, size_t bytes)
{
    enum { SWEEP_MULTIPLE = 64 };
    m->count = bytes / sizeof *m->values / TASKS / SWEEP_MULTIPLE * SWEEP_MULTIPLE;
    const double moved = 2.0 * (double)(m->count * TASKS * sizeof *m->values);
    return moved / shortest(pool, sweep, m) * 1e-9;
}

int peak_rates_measure(const char *isa, unsigned threads, size_t near_bytes, peak_rates *out)
{
    static measurement m;
    for (size_t i = 0; i < sizeof all_loops / sizeof *all_loops; i++) {
        if (strcmp(all_loops[i].isa, isa) == 0) {
            m.loops = &all_loops[i];
        }
    }
    thread_pool *pool = thread_pool_create(threads);
    m.values = aligned_alloc(64, FAR_BYTES);
    int status = -1;
    if (m.loops != NULL && pool != NULL && m.values != NULL) {
        memset(m.values, 0, FAR_BYTES);
        out->gflops = 2.0 * MULTIPLY_ADDS * TASKS / shortest(pool, multiply, &m) * 1e-9;
        out->far = sweep_gbytes(pool, &m, FAR_BYTES);
        out->near = sweep_gbytes(pool, &m, near_bytes);
        status = 0;
    }
    free(m.values);
    thread_pool_destroy(pool);
    return status;
}
