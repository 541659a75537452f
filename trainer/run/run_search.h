/* Looks around a run's directory: for other runs below and above it, and for event files in it that
 * are not the run's. TensorBoard would mix them with the run, so no run begins there. */
#ifndef TRAINER_RUN_SEARCH_H
#define TRAINER_RUN_SEARCH_H

#include <limits.h>

#include "must_check.h"
#include "run_record.h"

/* How many levels of directories below a root are searched for runs, here and by comparisons. */
enum { RUN_SEARCH_DEPTH = 8 };

typedef enum run_search_result {
    RUN_SEARCH_FAILED = -1, /* the message [MESSAGE_BYTES] has the path and the cause */
    RUN_SEARCH_NOTHING,
    RUN_SEARCH_FOUND
} run_search_result;

/* Is there a run, or any event file, in a directory below `path`? Event files directly in
 * path/train and path/validation are ignored; links are not followed. found[PATH_MAX] is the
 * directory relative to `path`. Directories that this user may not enter are skipped, here and
 * below: TensorBoard cannot show their content either. */
MUST_CHECK run_search_result run_search_below(const char *path, char *found, char *message);

/* Is `path`, which need not exist, inside a run's directory? found[PATH_MAX] is that directory. */
MUST_CHECK run_search_result run_search_above(const char *path, char *found, char *message);

/* Are there event files in the run's directory `path` that are not the run's? If `run` is NULL, no
 * event file is the run's. A run that replaces this one would be mixed with them. */
MUST_CHECK run_search_result run_search_foreign_events(const char *path, const run_record *run,
                                                       char *message);

#endif
