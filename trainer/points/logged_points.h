/* The points in a part's existing event files: the last step of each tag. A continued run logs only
 * later points, because a reader may have seen those on disk. */
#ifndef TRAINER_LOGGED_POINTS_H
#define TRAINER_LOGGED_POINTS_H

#include <stddef.h>
#include <stdint.h>

#include "must_check.h"
#include "note_printer.h"
#include "run_record.h"

/* A graph has no tag. Here this text stands for it. */
#define LOGGED_GRAPH "graph_def"

/* All zero holds nothing. */
typedef struct logged_points {
    struct logged_tag *tags; /* [tag_count] */
    size_t tag_count;
    double *steps_per_second; /* [epoch_count], from the tag of this name; 0 if it has none */
    size_t epoch_count;
} logged_points;

/* Reads the part's event files of `past`, each up to its first damage, and notes those that are
 * damaged or missing. Syncs them to the disk, but changes nothing. 0, or -1 with a message
 * [MESSAGE_BYTES] if a file cannot be read or synced, or without memory; the caller frees *out
 * after 0. */
MUST_CHECK int logged_points_read(logged_points *out, const char *directory, const char *part,
                                  const run_record *past, const note_printer *note, char *message);

/* The last step of the tag; -1 if it has no point. */
int64_t logged_points_last_step(const logged_points *logged, const char *tag);

/* The text at the tag's last step; NULL if there is none. */
const char *logged_points_last_text(const logged_points *logged, const char *tag);

/* The logged steps per second of the epoch (from 0); 0 if it has no such point. */
double logged_points_steps_per_second(const logged_points *logged, uint32_t epoch);

void logged_points_free(logged_points *logged);

#endif
