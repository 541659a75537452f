#include "wall_clock.h"

#include <math.h>
#include <time.h>

#include "check_main.h"

START_TEST(the_time_is_the_systems_within_a_millisecond_and_never_goes_back)
{
    wall_clock clock;
    wall_clock_init(&clock);
    double last = 0.0;
    for (int i = 0; i < 200000; i++) {
        /* Readings before and behind bound it, whenever this thread is interrupted. */
        const double before = wall_clock_read_system(NULL);
        const double now = wall_clock_seconds(&clock);
        const double behind = wall_clock_read_system(NULL);
        if (!(now >= before - 1e-3 && now <= behind)) {
            ck_abort_msg("%.6f is not within %.6f and %.6f", now, before, behind);
        }
        if (!(now >= last)) {
            ck_abort_msg("%.6f behind %.6f", now, last);
        }
        last = now;
    }
}
END_TEST

START_TEST(behind_a_pause_the_time_is_read_anew)
{
    wall_clock clock;
    wall_clock_init(&clock);
    const double before = wall_clock_seconds(&clock);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    ck_assert(wall_clock_seconds(&clock) >= before + 0.015);
}
END_TEST

START_TEST(without_a_counter_each_time_is_the_systems)
{
    wall_clock clock = {.has_counter = false};
    for (int i = 0; i < 100; i++) {
        const double before = wall_clock_read_system(NULL);
        const double now = wall_clock_seconds(&clock);
        ck_assert(now >= before && now <= wall_clock_read_system(NULL));
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("wall_clock", the_time_is_the_systems_within_a_millisecond_and_never_goes_back,
                     behind_a_pause_the_time_is_read_anew,
                     without_a_counter_each_time_is_the_systems);
}
