/* The system's wall time for events. On Linux it is the time of the system's last tick. Ticks come
 * 100 to 1000 times a second, most often every 4 ms; a busy machine may miss some. Reading the exact
 * time takes five times as long: half as long as the rest of a call that logs a scalar. Times never
 * decrease, unless the system's clock is set back. */
#ifndef TBLOG_WALL_CLOCK_H
#define TBLOG_WALL_CLOCK_H

/* Seconds since the epoch. A function for tblog_clock. */
double wall_clock_seconds(void *unused);

#endif
