#include "wall_clock.h"

#include <stddef.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

/* After so many ticks the time is read again. On processors with this instruction set the counter
 * is at least as fast as 1 GHz, so its exact rate does not matter. */
#define STALE_TICKS ((uint64_t)1 << 18)

double wall_clock_read_system(void *unused)
{
    (void)unused;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#if defined(__x86_64__)

/* Whether the counter runs at a constant rate ("invariant TSC"). */
static bool has_counter(void)
{
    const unsigned power_leaf = 0x80000007;
    const unsigned invariant_tsc = 1u << 8;
    unsigned a, b, c, d;
    return __get_cpuid(power_leaf, &a, &b, &c, &d) != 0 && (d & invariant_tsc) != 0;
}

static inline uint64_t read_counter(void)
{
    return __rdtsc();
}

#else

static bool has_counter(void)
{
    return false;
}

static inline uint64_t read_counter(void)
{
    return 0;
}

#endif

void wall_clock_init(wall_clock *clock)
{
    *clock = (wall_clock){.has_counter = has_counter()};
}

double wall_clock_seconds(void *context)
{
    wall_clock *clock = context;
    if (!clock->has_counter) {
        return wall_clock_read_system(NULL);
    }
    const uint64_t ticks = read_counter();
    /* If a suspended machine resets the counter, the unsigned difference is huge. */
    if (clock->seconds == 0.0 || ticks - clock->read_at >= STALE_TICKS) {
        clock->read_at = ticks;
        clock->seconds = wall_clock_read_system(NULL);
    }
    return clock->seconds;
}
