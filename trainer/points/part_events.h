/* Reading the event files of one part of a run. */
#ifndef TRAINER_PART_EVENTS_H
#define TRAINER_PART_EVENTS_H

#include <stdbool.h>
#include <tblog/tblog.h>

#include "must_check.h"
#include "run_record.h"

/* Callbacks for the events, and for problems of a file or the directory. */
typedef struct part_events_reader {
    int (*take)(void *context, const tblog_event *event);               /* -1 without memory */
    void (*note)(void *context, const char *path, const char *problem); /* path as in run.json */
    void *context;
    bool continues; /* the run is to be continued */
} part_events_reader;

/* Reads the run's event files in directory/part in the order of their names, each up to its first
 * damage. Notes files that are damaged, cannot be read, or are missing although run.json names
 * them. A truncated last record is noted only for the newest file, and not while the run is
 * trained: a killed process leaves one, and the next process begins a new file.
 *
 * If the run is to be continued, a file that cannot be read is an error, since its points would be
 * logged again. A truncated record is then not noted, and the files are synced to the disk.
 *
 * 0, or -1 with a message [MESSAGE_BYTES], also without memory. */
MUST_CHECK int part_events_read(const part_events_reader *reader, const char *directory,
                                const char *part, const run_record *run, char *message);

#endif
