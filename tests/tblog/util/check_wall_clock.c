#include "wall_clock.h"

#include <time.h>

#include "check_main.h"

static double exact_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

START_TEST(the_time_is_the_systems_within_a_tick_and_never_goes_back)
{
    double last = 0.0;
    for (int i = 0; i < 200000; i++) {
        /* Readings before and after bound it, even if this thread is interrupted. */
        const double before = exact_seconds();
        const double now = wall_clock_seconds(NULL);
        const double after = exact_seconds();
        if (!(now >= before - 0.011 && now <= after)) {
            ck_abort_msg("%.6f is not within %.6f and %.6f", now, before, after);
        }
        if (!(now >= last)) {
            ck_abort_msg("%.6f after %.6f", now, last);
        }
        last = now;
    }
}
END_TEST

START_TEST(after_a_pause_the_time_has_moved_on)
{
    const double before = wall_clock_seconds(NULL);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    ck_assert(wall_clock_seconds(NULL) >= before + 0.015);
}
END_TEST

int main(void)
{
    return RUN_TESTS("wall_clock", the_time_is_the_systems_within_a_tick_and_never_goes_back,
                     after_a_pause_the_time_has_moved_on);
}
