/* The system's wall time for stamping events. On Linux it is that of the system's last tick, which was
 * at most 1 to 10 ms ago. To read the exact time would take five times as long, and half as long as
 * all else that a call with a scalar does. Never earlier than the stamp before unless the system's clock is
 * set back. */
#ifndef TBLOG_WALL_CLOCK_H
#define TBLOG_WALL_CLOCK_H

/* Seconds since the epoch. A tblog_clock has this form. */
double wall_clock_seconds(void *unused);

#endif
