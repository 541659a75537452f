#include "wall_clock.h"

#include <time.h>

#if defined(CLOCK_REALTIME_COARSE) /* Linux: the time of the last tick */
#define WALL_CLOCK CLOCK_REALTIME_COARSE
#else
#define WALL_CLOCK CLOCK_REALTIME
#endif

double wall_clock_seconds(void *unused)
{
    (void)unused;
    struct timespec now;
    clock_gettime(WALL_CLOCK, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
