#include "fake_timer.h"

static int64_t now_ms(void *context)
{
    fake_timer *timer = context;
    pthread_mutex_lock(&timer->mutex);
    const int64_t now = timer->now_ms;
    pthread_mutex_unlock(&timer->mutex);
    return now;
}

static void set_waiting(fake_timer *timer, bool waiting)
{
    pthread_mutex_lock(&timer->mutex);
    timer->waiting = waiting;
    pthread_cond_broadcast(&timer->changed);
    pthread_mutex_unlock(&timer->mutex);
}

/* The flusher holds `mutex` until it is in pthread_cond_wait, so whoever sees `waiting` and then
 * takes `mutex` finds it there. */
static void wait_for_advance(void *context, pthread_cond_t *condition, pthread_mutex_t *mutex,
                             int64_t milliseconds)
{
    fake_timer *timer = context;
    (void)milliseconds;
    pthread_mutex_lock(&timer->mutex);
    timer->waited_condition = condition;
    timer->waited_mutex = mutex;
    pthread_mutex_unlock(&timer->mutex);
    set_waiting(timer, true);
    pthread_cond_wait(condition, mutex);
    set_waiting(timer, false);
}

void fake_timer_init(fake_timer *timer)
{
    *timer = (fake_timer){.base = {.context = timer, .now_ms = now_ms, .wait = wait_for_advance},
                          .now_ms = 5};
    pthread_mutex_init(&timer->mutex, NULL);
    pthread_cond_init(&timer->changed, NULL);
}

void fake_timer_free(fake_timer *timer)
{
    pthread_mutex_destroy(&timer->mutex);
    pthread_cond_destroy(&timer->changed);
}

void fake_timer_await_wait(fake_timer *timer)
{
    pthread_mutex_lock(&timer->mutex);
    while (!timer->waiting) {
        pthread_cond_wait(&timer->changed, &timer->mutex);
    }
    pthread_mutex_unlock(&timer->mutex);
}

void fake_timer_advance(fake_timer *timer, int64_t milliseconds)
{
    pthread_mutex_lock(&timer->mutex);
    while (!timer->waiting) {
        pthread_cond_wait(&timer->changed, &timer->mutex);
    }
    timer->now_ms += milliseconds;
    timer->waiting = false;
    pthread_cond_t *condition = timer->waited_condition;
    pthread_mutex_t *mutex = timer->waited_mutex;
    pthread_mutex_unlock(&timer->mutex);
    pthread_mutex_lock(mutex);
    pthread_cond_broadcast(condition);
    pthread_mutex_unlock(mutex);
}
