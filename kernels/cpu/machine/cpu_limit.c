#include "cpu_limit.h"

#include <limits.h>

#include "control_group.h"

static void take_quota(const char *directory, void *context)
{
    unsigned *least = context;
    long long numbers[2]; /* quota and period, microseconds */
    const bool limited = control_group_numbers(directory, "cpu.max", 2, numbers) ||
                         (control_group_numbers(directory, "cpu.cfs_quota_us", 1, numbers) &&
                          control_group_numbers(directory, "cpu.cfs_period_us", 1, numbers + 1));
    if (!limited || numbers[0] <= 0 || numbers[1] <= 0) {
        return;
    }
    const long long whole = (numbers[0] - 1) / numbers[1] + 1;
    if (whole < *least) {
        *least = (unsigned)whole;
    }
}

unsigned cpu_limit(const char *root)
{
    unsigned least = UINT_MAX;
    control_group_each(root, "cpu", take_quota, &least);
    return least;
}
