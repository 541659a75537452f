#include "wall_clock.h"

#include <time.h>

#include "check_main.h"

#if defined(CLOCK_REALTIME_COARSE)
#define SYSTEM_CLOCK CLOCK_REALTIME_COARSE
#else
#define SYSTEM_CLOCK CLOCK_REALTIME
#endif

enum { TICKS = 5 };

static double system_seconds(void)
{
    struct timespec now;
    clock_gettime(SYSTEM_CLOCK, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

START_TEST(the_time_is_that_of_the_last_tick_and_moves_on_with_it)
{
    double last = wall_clock_seconds(NULL);
    for (int ticks = 0; ticks < TICKS;) {
        /* Readings before and after bound it, however long a tick takes and whatever interrupts
         * this thread. */
        const double before = system_seconds();
        const double now = wall_clock_seconds(NULL);
        const double after = system_seconds();
        if (!(now >= before && now <= after)) {
            ck_abort_msg("%.6f is not within %.6f and %.6f", now, before, after);
        }
        ticks += now > last;
        last = now;
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("wall_clock", the_time_is_that_of_the_last_tick_and_moves_on_with_it);
}
