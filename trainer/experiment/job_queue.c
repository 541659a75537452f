#include "job_queue.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a job has */
    unsigned at_once;
    uint64_t memory;
    bool (*stopped)(void); /* may be NULL */
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

static bool has_room(const queue *q, const job *next)
{
    return q->running == 0 || (q->running < q->at_once && q->memory_taken <= q->memory &&
                               next->memory <= q->memory - q->memory_taken);
}

static bool is_stopped(const queue *q)
{
    return q->halted || (q->stopped != NULL && q->stopped());
}

/* Waits for room; false where no further job should begin. */
static bool may_begin(queue *q, const job *next)
{
    pthread_mutex_lock(&q->lock);
    while (!has_room(q, next)) {
        pthread_cond_wait(&q->ended, &q->lock);
    }
    const bool begins = !is_stopped(q);
    if (begins) {
        q->running++;
        q->memory_taken += next->memory;
    }
    pthread_mutex_unlock(&q->lock);
    return begins;
}

static int run_in_threads(queue *q, const job *jobs, worker *workers, size_t count)
{
    int result = 0;
    size_t begun = 0;
    while (begun < count && may_begin(q, &jobs[begun])) {
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
    queue q = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .ended = PTHREAD_COND_INITIALIZER,
               .at_once = at_once,
               .memory = memory,
               .stopped = stopped};
    if (at_once <= 1) {
        for (size_t i = 0; i < count && !is_stopped(&q); i++) {
            q.halted = !jobs[i].run(jobs[i].argument);
        }
        return 0;
    }
    worker *workers = calloc(count > 0 ? count : 1, sizeof *workers);
    if (workers == NULL) {
        return -1;
    }
    const int result = run_in_threads(&q, jobs, workers, count);
    free(workers);
    pthread_cond_destroy(&q.ended);
    pthread_mutex_destroy(&q.lock);
    return result;
}
