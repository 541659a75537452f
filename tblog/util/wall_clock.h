/* The system's wall time for events. On Linux it is the time of the system's last tick, which was
 * at most 1 to 10 ms ago. Reading the exact time takes five times as long: half as long as the rest
 * of a call that logs a scalar. Times never decrease, unless the system's clock is set back. */
#ifndef TBLOG_WALL_CLOCK_H
#define TBLOG_WALL_CLOCK_H

/* Seconds since the epoch. A function for tblog_clock. */
double wall_clock_seconds(void *unused);

#endif
