#include "job_queue.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a job has */
    unsigned running;
    uint64_t memory_taken;
    bool halted; /* a job returned false */
} queue;

typedef struct worker {
    queue *queue;
    const job *job;
    pthread_t thread;
} worker;

static void *work(void *argument)
{
    worker *self = argument;
    queue *q = self->queue;
    const bool go_on = self->job->run(self->job->argument);
    pthread_mutex_lock(&q->lock);
    q->halted = q->halted || !go_on;
    q->running--;
    q->memory_taken -= self->job->memory;
    pthread_cond_signal(&q->ended);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static bool has_room(const queue *q, const job *next, unsigned at_once, uint64_t memory)
{
    return q->running == 0 || (q->running < at_once && q->memory_taken <= memory &&
                               next->memory <= memory - q->memory_taken);
}

/* Waits for room; false where no further job should begin. */
static bool may_begin(queue *q, const job *next, unsigned at_once, uint64_t memory,
                      bool (*stopped)(void))
{
    pthread_mutex_lock(&q->lock);
    while (!has_room(q, next, at_once, memory)) {
        pthread_cond_wait(&q->ended, &q->lock);
    }
    const bool begins = !q->halted && (stopped == NULL || !stopped());
    if (begins) {
        q->running++;
        q->memory_taken += next->memory;
    }
    pthread_mutex_unlock(&q->lock);
    return begins;
}

static int run_in_threads(queue *q, const job *jobs, worker *workers, size_t count,
                          unsigned at_once, uint64_t memory, bool (*stopped)(void))
{
    int result = 0;
    size_t begun = 0;
    while (begun < count && may_begin(q, &jobs[begun], at_once, memory, stopped)) {
        workers[begun] = (worker){.queue = q, .job = &jobs[begun]};
        if (pthread_create(&workers[begun].thread, NULL, work, &workers[begun]) != 0) {
            result = -1;
            break;
        }
        begun++;
    }
    for (size_t i = 0; i < begun; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    return result;
}

int job_queue_run(const job *jobs, size_t count, unsigned at_once, uint64_t memory,
                  bool (*stopped)(void))
{
    if (at_once <= 1) {
        for (size_t i = 0; i < count && (stopped == NULL || !stopped()); i++) {
            if (!jobs[i].run(jobs[i].argument)) {
                break;
            }
        }
        return 0;
    }
    queue q = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    worker *workers = calloc(count > 0 ? count : 1, sizeof *workers);
    if (workers == NULL) {
        return -1;
    }
    const int result = run_in_threads(&q, jobs, workers, count, at_once, memory, stopped);
    free(workers);
    pthread_cond_destroy(&q.ended);
    pthread_mutex_destroy(&q.lock);
    return result;
}
