/* The scripts of the repository, for advice that only those can follow who have it. */
#ifndef TRAINER_REPOSITORY_H
#define TRAINER_REPOSITORY_H

#include <limits.h>
#include <stdbool.h>

#include "must_check.h"

/* out = the path of scripts/`name` in the repository of this program, which lies there as
 * build/PRESET/bin/trainer; relative if the repository is the working directory. False, and out
 * undefined, if there is none: the program is installed, or was built elsewhere. */
MUST_CHECK bool repository_script(char out[PATH_MAX], const char *name);

#endif
