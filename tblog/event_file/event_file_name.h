/* Names event files, and makes them empty:
 *
 *     events.out.tfevents.<seconds, 10 digits>.<host>.<pid>.<serial><suffix>
 *
 * Readers take the files of a run in the order of their names, so a new file's seconds are later
 * than those of the newest event file in the directory, whoever wrote that. Knows nothing
 * of what is in the files. */
#ifndef TBLOG_EVENT_FILE_NAME_H
#define TBLOG_EVENT_FILE_NAME_H

#include <stdint.h>

#include "tblog/tblog.h"

#define EVENT_FILE_SECONDS_MAX INT64_C(9999999999) /* the most that 10 digits hold */

/* Makes `directory` and its parents where missing. 0, or -1 with errno. */
TBLOG_MUST_CHECK int event_directory_make(const char *directory);

/* Makes `directory` and its parents where missing, and in it a new, empty file, never one that was
 * there. `seconds` (0 .. EVENT_FILE_SECONDS_MAX) is the wall time; `suffix` ends the name and may
 * be empty.
 *
 * Returns a descriptor open for writing and sets *path, the file's path, for the caller to free;
 * or returns -1 with errno (EOVERFLOW where no later name is left) and leaves no file. */
TBLOG_MUST_CHECK int event_file_name_create(const char *directory, int64_t seconds,
                                            const char *suffix, char **path);

/* The seconds in an event file's name, or -1 for any other name. */
int64_t event_file_name_seconds(const char *name);

#endif
