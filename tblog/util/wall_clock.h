/* The system's wall time for events, cheaper than reading the system's clock for each. If the
 * processor has a cycle counter that all cores share and that never stops, the clock is read again
 * only after a number of cycles. So a time is at most 0.3 ms old, and 0.1 ms on most machines.
 * Times never decrease, unless the system's clock is set back. One thread at a time. */
#ifndef TBLOG_WALL_CLOCK_H
#define TBLOG_WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct wall_clock {
    bool has_counter;
    uint64_t read_at; /* by the counter */
    double seconds;   /* then */
} wall_clock;

void wall_clock_init(wall_clock *clock);

/* Seconds since the epoch. `clock` is a wall_clock. A function for tblog_clock. */
double wall_clock_seconds(void *clock);

/* The same, always read from the system. */
double wall_clock_read_system(void *unused);

#endif
