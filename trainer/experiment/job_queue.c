#include "job_queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* Shared by the workers, of which the calling thread is one. */
typedef struct queue {
    const job *jobs;
    size_t count;
    uint64_t memory;
    bool (*stopped)(void); /* may be NULL */
    pthread_mutex_t lock;
    pthread_cond_t ended; /* signalled when a job has ended */
    /* Under the lock: */
    size_t next; /* the first job that has not begun */
    unsigned running;
    uint64_t memory_taken;
    bool halted; /* no further job begins */
} queue;

static bool has_room(const queue *q, const job *next)
{
    return q->running == 0 ||
           (q->memory_taken <= q->memory && next->memory <= q->memory - q->memory_taken);
}

static bool is_stopped(const queue *q)
{
    return q->halted || (q->stopped != NULL && q->stopped());
}

/* Waits for room for the next job, and begins it; NULL if no further job should begin. */
static const job *begin_next(queue *q)
{
    const job *begun = NULL;
    pthread_mutex_lock(&q->lock);
    while (q->next < q->count && !has_room(q, &q->jobs[q->next])) {
        pthread_cond_wait(&q->ended, &q->lock);
    }
    if (q->next < q->count && !is_stopped(q)) {
        begun = &q->jobs[q->next++];
        q->running++;
        q->memory_taken += begun->memory;
    }
    pthread_mutex_unlock(&q->lock);
    return begun;
}

static void end(queue *q, const job *ended, bool go_on)
{
    pthread_mutex_lock(&q->lock);
    q->halted = q->halted || !go_on;
    q->running--;
    q->memory_taken -= ended->memory;
    pthread_cond_broadcast(&q->ended);
    pthread_mutex_unlock(&q->lock);
}

static void *work(void *argument)
{
    queue *q = argument;
    for (const job *next; (next = begin_next(q)) != NULL;) {
        end(q, next, next->run(next->argument));
    }
    return NULL;
}

static void halt(queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->halted = true;
    pthread_mutex_unlock(&q->lock);
}

/* Works in this thread and in `count` others. */
static int work_in_threads(queue *q, pthread_t *threads, size_t count)
{
    size_t made = 0;
    while (made < count && pthread_create(&threads[made], NULL, work, q) == 0) {
        made++;
    }
    if (made < count) {
        halt(q);
    }
    work(q);
    for (size_t i = 0; i < made; i++) {
        pthread_join(threads[i], NULL);
    }
    return made < count ? -1 : 0;
}

int job_queue_run(const job *jobs, size_t count, unsigned at_once, uint64_t memory,
                  bool (*stopped)(void))
{
    queue q = {.jobs = jobs,
               .count = count,
               .memory = memory,
               .stopped = stopped,
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .ended = PTHREAD_COND_INITIALIZER};
    assert(at_once >= 1);
    pthread_t *threads = calloc(at_once, sizeof *threads);
    if (threads == NULL) {
        return -1;
    }
    const int result = work_in_threads(&q, threads, at_once - 1);
    free(threads);
    pthread_cond_destroy(&q.ended);
    pthread_mutex_destroy(&q.lock);
    return result;
}
