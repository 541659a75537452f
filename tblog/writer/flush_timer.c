#include "flush_timer.h"

#include <stddef.h>
#include <time.h>

int flush_timer_init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int cause = pthread_condattr_init(&attributes);
    if (cause != 0) {
        return cause;
    }
    cause = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (cause == 0) {
        cause = pthread_cond_init(condition, &attributes);
    }
    pthread_condattr_destroy(&attributes);
    return cause;
}

static int64_t system_now_ms(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void system_wait(void *context, pthread_cond_t *condition, pthread_mutex_t *mutex,
                        int64_t milliseconds)
{
    (void)context;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(milliseconds / 1000);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(condition, mutex, &until);
}

const flush_timer flush_timer_system = {
    .context = NULL, .now_ms = system_now_ms, .wait = system_wait};
