/* Names event files, and makes them empty:
 *
 *     events.out.tfevents.<seconds, 10 digits>.<host>.<pid>.<serial><suffix>
 *
 * Readers take for an event file whatever has "tfevents" in its name, and read those of a run in
 * the order of their names (bytes, as strcmp has it). So a new file's name sorts behind all of
 * them, whoever made them: its seconds are later than those of the last one where needed. If even
 * that does not do, as behind "repaired.tfevents", the last name comes first in the new one:
 *
 *     repaired.tfevents.events.out.tfevents.<seconds>…
 *
 * Knows nothing of what is in the files. */
#ifndef TBLOG_EVENT_FILE_NAME_H
#define TBLOG_EVENT_FILE_NAME_H

#include <stdint.h>

#include "tblog/tblog.h"

#define EVENT_FILE_SECONDS_MAX INT64_C(9999999999) /* the most that 10 digits hold */

/* Makes `directory` and its parents where missing. 0, or -1 with errno. */
TBLOG_MUST_CHECK int event_directory_make(const char *directory);

/* Makes `directory` and its parents where missing, and in it a new, empty file, never one that was
 * there. `seconds` (0 .. EVENT_FILE_SECONDS_MAX) is the wall time; `suffix` ends the name and may
 * be empty. The name sorts behind `behind` too, which may be "" and need not be there.
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
