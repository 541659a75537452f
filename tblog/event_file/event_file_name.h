/* Names event files, and makes them empty:
 *
 *     events.out.tfevents.<seconds, 10 digits>.<host>.<pid>.<serial><suffix>
 *
 * Readers treat a file as an event file if its name contains "tfevents", and read those of a run in
 * the order of their names (bytes, as by strcmp). So a new file's name sorts after all others, of
 * any writer: its seconds are later than those of the last one if necessary. If that does not
 * suffice, as after "repaired.tfevents", the new name begins with the last one:
 *
 *     repaired.tfevents.events.out.tfevents.<seconds>…
 *
 * Knows nothing of what is in the files. */
#ifndef TBLOG_EVENT_FILE_NAME_H
#define TBLOG_EVENT_FILE_NAME_H

#include <stdint.h>

#include "tblog/tblog.h"

#define EVENT_FILE_SECONDS_MAX INT64_C(9999999999) /* the most that 10 digits hold */

/* Creates `directory` and its parents if missing. 0, or -1 with errno. */
TBLOG_MUST_CHECK int event_directory_make(const char *directory);

/* Creates `directory` and its parents if missing, and a new, empty file in it. `seconds`
 * (0 .. EVENT_FILE_SECONDS_MAX) is the wall time. `suffix` ends the name and may be empty. The name
 * also sorts after `behind`, which may be "" and need not exist.
 *
 * Returns a descriptor open for writing and sets *path, the file's path, for the caller to free;
 * or returns -1 with errno and leaves no file (ENAMETOOLONG also if every name that sorts after the
 * others would be too long). */
TBLOG_MUST_CHECK int event_file_name_create(const char *directory, int64_t seconds,
                                            const char *suffix, const char *behind, char **path);

/* Refuses the call (refusal.h) that failed with ENAMETOOLONG, with the name of the directory's last
 * event file, if there is one. */
void event_file_name_refuse_last(const char *directory);

#endif
