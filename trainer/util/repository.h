/* Finds scripts and data of the repository, for advice to users who have the repository. */
#ifndef TRAINER_REPOSITORY_H
#define TRAINER_REPOSITORY_H

#include <limits.h>
#include <stdbool.h>

#include "must_check.h"

/* Sets `out` to the path of `name`, a script or a folder such as "data/mnist", in the repository of
 * this program, if the program is there as build/PRESET/bin/trainer. The path is relative if the
 * repository is the working directory. False, and out undefined, if the user cannot run the script
 * or enter the folder, or if the program is installed or was built elsewhere. */
MUST_CHECK bool repository_path(char out[PATH_MAX], const char *name);

#endif
