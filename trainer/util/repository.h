/* Finds the repository's scripts, for advice to users who have the repository. */
#ifndef TRAINER_REPOSITORY_H
#define TRAINER_REPOSITORY_H

#include <limits.h>
#include <stdbool.h>

#include "must_check.h"

/* Sets `out` to the path of scripts/`name` in the repository of this program, if the program is
 * there as build/PRESET/bin/trainer. The path is relative if the repository is the working
 * directory. False, and out undefined, if the program is installed or was built elsewhere. */
MUST_CHECK bool repository_script(char out[PATH_MAX], const char *name);

#endif
