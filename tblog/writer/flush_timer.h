/* The time by which the flusher thread waits; tests put their own in its place. Knows nothing of
 * writers, and the stamps of events are another clock's. */
#ifndef TBLOG_FLUSH_TIMER_H
#define TBLOG_FLUSH_TIMER_H

#include <pthread.h>
#include <stdint.h>

#include "tblog/tblog.h"

typedef struct flush_timer {
    void *context;
    /* Milliseconds since some moment, never going back. */
    int64_t (*now_ms)(void *context);
    /* Waits, with `mutex` held as pthread_cond_wait wants it, until `condition` is signalled or
     * about `milliseconds` have passed. May return early. flush_timer_init_condition has made
     * `condition`. */
    void (*wait)(void *context, pthread_cond_t *condition, pthread_mutex_t *mutex,
                 int64_t milliseconds);
} flush_timer;

extern const flush_timer flush_timer_system;

/* Makes a condition for the timers' `wait`. 0 or an errno value. */
TBLOG_MUST_CHECK int flush_timer_init_condition(pthread_cond_t *condition);

#endif
