/* The ticket is (generation << 32 | tasks not yet taken). A thread takes a task by decrementing it
 * with a compare-and-swap, which fails if the generation has changed. So a thread that wakes late
 * cannot take a task of a job whose description it has not seen. Idle threads poll the ticket for a
 * while, since the next job of a training step comes within microseconds, and then sleep. */
#include "thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { WATCHES_BEFORE_SLEEP = 2000 };

struct thread_pool {
    _Alignas(64) _Atomic uint64_t ticket;
    _Alignas(64) atomic_uint unfinished;
    _Alignas(64) thread_pool_task *run; /* of the current generation */
    void *context;
    unsigned count;

    pthread_mutex_t mutex;
    pthread_cond_t work_or_stop;
    atomic_uint sleepers;
    atomic_bool stop;

    unsigned workers; /* without the caller */
    struct worker {
        thread_pool *pool;
        unsigned number;
        pthread_t thread;
    } worker[];
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Runs tasks until none is left to take. */
static void work(thread_pool *pool, unsigned worker)
{
    uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    while ((uint32_t)ticket > 0) {
        if (atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket - 1,
                                                  memory_order_acquire, memory_order_acquire)) {
            pool->run(pool->context, pool->count - (uint32_t)ticket, worker);
            atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
            ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
        }
    }
}

static bool has_work(thread_pool *pool)
{
    return (uint32_t)atomic_load(&pool->ticket) > 0;
}

static void wait_for_work(thread_pool *pool)
{
    for (int i = 0; i < WATCHES_BEFORE_SLEEP; i++) {
        if (has_work(pool) || atomic_load_explicit(&pool->stop, memory_order_relaxed)) {
            return;
        }
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_work(pool) && !atomic_load(&pool->stop)) {
        pthread_cond_wait(&pool->work_or_stop, &pool->mutex);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    const struct worker *self = argument;
    while (!atomic_load(&self->pool->stop)) {
        work(self->pool, self->number);
        wait_for_work(self->pool);
    }
    return NULL;
}

static void wake_all(thread_pool *pool)
{
    /* A worker that checks before this and sleeps after it holds the mutex in between, so it cannot
     * miss the signal. The mutex is released before the workers wake, since they need it. */
    pthread_mutex_lock(&pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    pthread_cond_broadcast(&pool->work_or_stop);
}

thread_pool *thread_pool_create(unsigned threads)
{
    const size_t bytes = sizeof(thread_pool) + (threads - 1) * sizeof(struct worker);
    thread_pool *pool = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (pool == NULL) {
        return NULL;
    }
    atomic_init(&pool->ticket, 0);
    atomic_init(&pool->unfinished, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->stop, false);
    pool->run = NULL;
    pool->context = NULL;
    pool->count = 0;
    pool->workers = 0;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work_or_stop, NULL);
    for (unsigned i = 0; i + 1 < threads; i++) {
        struct worker *worker = &pool->worker[i];
        worker->pool = pool;
        worker->number = i + 1;
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
            thread_pool_destroy(pool);
            return NULL;
        }
        pool->workers++;
    }
    return pool;
}

void thread_pool_run(thread_pool *pool, thread_pool_task *run, void *context, unsigned count)
{
    if (count == 0) {
        return;
    }
    pool->run = run;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->unfinished, count, memory_order_relaxed);
    const uint64_t generation = (atomic_load(&pool->ticket) >> 32) + 1;
    atomic_store(&pool->ticket, generation << 32 | count);
    if (atomic_load(&pool->sleepers) > 0) {
        wake_all(pool);
    }
    work(pool, 0);
    for (int i = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire) > 0; i++) {
        if (i < WATCHES_BEFORE_SLEEP) {
            relax();
        } else {
            sched_yield();
        }
    }
}

void thread_pool_destroy(thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->stop, true);
    wake_all(pool);
    for (unsigned i = 0; i < pool->workers; i++) {
        pthread_join(pool->worker[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->work_or_stop);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
