/* How many threads a run gets, and how many runs are worth training side by side. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <sched.h>
#include <unistd.h>

#include "cpu_limit.h"
#include "cpu_state.h"
#include "slurm_limit.h"

/* A step has short phases, so each further thread of a run saves less time than the one before.
 * From LEAST_TO_DIVIDE processors on, runs side by side use them better. */
enum { LEAST_TO_DIVIDE = 8, PROCESSORS_PER_RUN = 4 };

static uint32_t usable_threads(void)
{
    cpu_set_t set; /* holds 1024 processors; on a machine with more the call fails */
    const bool told = sched_getaffinity(0, sizeof set, &set) == 0;
    const long online = told ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned processors = online < 1                    ? 1
                                : online > ENGINE_MAX_THREADS ? ENGINE_MAX_THREADS
                                                              : (unsigned)online;
    const unsigned quota = cpu_limit("");
    const unsigned given = slurm_limit();
    const unsigned limit = quota < given ? quota : given;
    return limit < processors ? limit : processors;
}

uint32_t cpu_threads(const engine_config *config)
{
    if (config->threads > 0) {
        return config->threads;
    }
    const uint32_t part = usable_threads() / config->runs_at_once;
    return part > 0 ? part : 1;
}

uint32_t cpu_side_by_side(const engine_config *config)
{
    const uint32_t usable = usable_threads();
    return config->threads == 0 && usable >= LEAST_TO_DIVIDE ? usable / PROCESSORS_PER_RUN : 1;
}
