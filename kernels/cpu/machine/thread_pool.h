/* A small pool of threads for short tasks: it allocates nothing, and makes no system call while
 * there are tasks. Idle threads spin for a while and then sleep.
 *
 * Any thread may run any task, so results must not depend on the thread. */
#ifndef KERNELS_CPU_THREAD_POOL_H
#define KERNELS_CPU_THREAD_POOL_H

typedef struct thread_pool thread_pool;

/* `worker` is 0 for the calling thread, 1 .. threads - 1 for the threads of the pool. */
typedef void thread_pool_task(void *context, unsigned task, unsigned worker);

/* A pool of `threads` threads (at least 1), including the caller's. NULL if the system refuses. */
thread_pool *thread_pool_create(unsigned threads);

/* Runs tasks 0 .. count - 1 and returns when all are done. One caller at a time. */
void thread_pool_run(thread_pool *pool, thread_pool_task *run, void *context, unsigned count);

void thread_pool_destroy(thread_pool *pool); /* NULL is allowed */

#endif
