/* The system's wall time for stamping events, cheaper than a system clock's reading for each: where
 * the processor has a cycle counter that all cores share and that never stops, the time is read
 * again only once the counter has moved on, so that a stamp is at most 0.3 ms old, and 0.1 ms on
 * most machines. Never earlier than the stamp before unless the system's clock is set back. One
 * thread at a time. */
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

/* Seconds since the epoch. `clock` is a wall_clock; a tblog_clock has this form. */
double wall_clock_seconds(void *clock);

/* The same, read from the system now. */
double wall_clock_read_system(void *unused);

#endif
