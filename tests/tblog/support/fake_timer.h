/* A flush timer whose time the test controls. */
#ifndef TESTS_FAKE_TIMER_H
#define TESTS_FAKE_TIMER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "flush_timer.h"

typedef struct fake_timer {
    flush_timer base; /* give this to the writer */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t now_ms;
    bool waiting; /* the flusher waits on the two below */
    pthread_cond_t *waited_condition;
    pthread_mutex_t *waited_mutex;
} fake_timer;

void fake_timer_init(fake_timer *timer);
void fake_timer_free(fake_timer *timer);

/* Returns once the flusher waits for time to pass. */
void fake_timer_await_wait(fake_timer *timer);

/* Waits for the flusher as above, lets time pass and wakes it to check the time. */
void fake_timer_advance(fake_timer *timer, int64_t milliseconds);

#endif
