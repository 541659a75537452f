/* The clock of the flusher thread's waits, which tests replace. Knows nothing of writers. Events
 * get their wall times from another clock. */
#ifndef TBLOG_FLUSH_TIMER_H
#define TBLOG_FLUSH_TIMER_H

#include <pthread.h>
#include <stdint.h>

#include "tblog/tblog.h"

typedef struct flush_timer {
    void *context;
    /* Milliseconds since a fixed moment; never decreases. */
    int64_t (*now_ms)(void *context);
    /* Waits until `condition` is signalled or about `milliseconds` have passed; may return early.
     * `mutex` is held, as for pthread_cond_wait. `condition` is of flush_timer_init_condition. */
    void (*wait)(void *context, pthread_cond_t *condition, pthread_mutex_t *mutex,
                 int64_t milliseconds);
} flush_timer;

extern const flush_timer flush_timer_system;

/* Makes a condition for the timers' `wait`. 0 or an errno value. */
TBLOG_MUST_CHECK int flush_timer_init_condition(pthread_cond_t *condition);

#endif
