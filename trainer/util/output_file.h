/* A file that a user names for output. */
#ifndef TRAINER_OUTPUT_FILE_H
#define TRAINER_OUTPUT_FILE_H

#include <stdbool.h>

#include "must_check.h"

/* May a file be made at `path` by file_replace.h? Not where something is already, unless it may be
 * replaced. Nor where the temporary name is taken: in a folder of the user's that is a file of the
 * user's, and it would be removed. 0, or -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int output_file_check(const char *path, bool overwrite, char *message);

#endif
