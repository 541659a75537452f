#include "slurm_limit.h"

#include <limits.h>
#include <stdlib.h>

unsigned slurm_limit(void)
{
    const char *text = getenv("SLURM_CPUS_PER_TASK");
    char *end = NULL;
    const long long processors = text != NULL ? strtoll(text, &end, 10) : 0;
    const int is_whole = end != NULL && *end == '\0';
    return is_whole && processors >= 1 && processors < UINT_MAX ? (unsigned)processors : UINT_MAX;
}
