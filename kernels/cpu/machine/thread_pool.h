/* A small pool of threads for short tasks: no allocation, and no system call while tasks last;
 * idle threads look for more for a while and then sleep.
 *
 * Which thread runs a task is left open, so tasks must not let their results depend on it. */
#ifndef KERNELS_CPU_THREAD_POOL_H
#define KERNELS_CPU_THREAD_POOL_H

typedef struct thread_pool thread_pool;

/* `worker` is 0 for the calling thread, 1 .. threads - 1 for the pool's own. */
typedef void thread_pool_task(void *context, unsigned task, unsigned worker);

/* A pool of `threads` (at least 1), the caller's own included. NULL if the system refuses. */
thread_pool *thread_pool_create(unsigned threads);

/* Runs tasks 0 .. count - 1 and returns when all are done. One caller at a time. */
void thread_pool_run(thread_pool *pool, thread_pool_task *run, void *context, unsigned count);

void thread_pool_destroy(thread_pool *pool); /* NULL is allowed */

#endif
