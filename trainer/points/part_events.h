/* Reading the event files of one part of a run. */
#ifndef TRAINER_PART_EVENTS_H
#define TRAINER_PART_EVENTS_H

#include <stdbool.h>
#include <tblog/tblog.h>

#include "must_check.h"
#include "run_record.h"

/* What is done with the events, and with what is wrong with a file or the directory. */
typedef struct part_events_reader {
    int (*take)(void *context, const tblog_event *event);               /* -1 without memory */
    void (*note)(void *context, const char *path, const char *problem); /* path as in run.json */
    void *context;
    bool continues; /* the run is to be continued after what is read */
} part_events_reader;

/* Reads the run's own event files of directory/part in the order of their names, each as far as it
 * is whole. Noted is a file that is damaged, or missing though run.json names it, or that the
 * system does not let us read. A torn last record is noted of the newest file only: a process that
 * was killed leaves one, and the next process begins a new file. It is nothing wrong while the run
 * is trained.
 *
 * For a run that is to be continued a file that cannot be read is an error, since its points would
 * be logged again; a torn record is nothing wrong; and the files are synced to the disk.
 *
 * 0, or -1 with a message [MESSAGE_BYTES], without memory too. */
MUST_CHECK int part_events_read(const part_events_reader *reader, const char *directory,
                                const char *part, const run_record *run, char *message);

#endif
