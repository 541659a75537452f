/* The event files of one writer, of which the newest is appended to. Knows what their directory
 * wants: names in order, a version in the first record, a lock, fsync before the next file. Knows
 * no writer: no options, no threads, no error that lasts, no reason to begin the next file. One
 * thread at a time.
 *
 * Each function is one operation. Those that can fail return 0 or an errno value. */
#ifndef TBLOG_EVENT_FILE_H
#define TBLOG_EVENT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "record_queue.h"
#include "sink.h"
#include "tblog/tblog.h"

typedef struct event_file event_file;

/* Makes the directory and its parents where missing, locks it where `locked`, and makes in it a new
 * file whose first record, of `wall_time` (seconds since the epoch), is handed to the kernel.
 * `suffix` ends the file's name and may be empty.
 *
 * 0, and *out is to be closed, freed or removed. Otherwise *out is NULL and there is no new file:
 * ENOMEM, EBUSY where another has locked the directory, EINVAL for a time that is not within 0 and
 * EVENT_FILE_SECONDS_MAX, or what the system said. */
TBLOG_MUST_CHECK int event_file_open(event_file **out, const char *directory, const char *suffix,
                                     bool locked, double wall_time);

/* The same for a sink with an empty file, without a directory: nothing is locked, and there is no
 * next file. `path` is what event_file_path returns; the time is any number. The sink is closed
 * where the call fails. */
TBLOG_MUST_CHECK int event_file_open_on_sink(event_file **out, record_sink *sink, const char *path,
                                             double wall_time);

/* Takes the queue's records as the batch to write, and leaves the queue empty. Only where the batch
 * is empty: two buffers change places. */
void event_file_take(event_file *file, record_queue *queue);

/* Writes the batch. Where that fails, the file ends with a whole record (record_writer.h), and the
 * rest of the batch stays for the next call. ENOENT and ESTALE: the file has been removed. */
TBLOG_MUST_CHECK int event_file_write(event_file *file);

/* Forgets what a failed event_file_write has left. */
void event_file_discard_batch(event_file *file);

/* The batch. While it is empty its memory is the caller's to grow or free: event_file_take gives it
 * to the queue. */
byte_buffer *event_file_batch(event_file *file);

/* The size of the newest file once the batch is written. */
uint64_t event_file_bytes(const event_file *file);

/* Whether the newest file, with the batch, has nothing after its first record. */
bool event_file_is_empty(const event_file *file);

/* fsync, of the newest file and once of its directory. */
TBLOG_MUST_CHECK int event_file_sync(event_file *file);

/* Whether everything that is written has been synced. */
bool event_file_is_synced(const event_file *file);

/* Syncs the file, whose batch is written, and begins the next one, of `wall_time`, as
 * event_file_open does. If that fails the present file stays, and *close_cause is 0. Otherwise
 * *close_cause is 0, or the errno value with which closing the finished file failed: a mount that
 * publishes a file when it is closed may have lost it. */
TBLOG_MUST_CHECK int event_file_rotate(event_file *file, double wall_time, int *close_cause);

/* Begins the next file, without a sync of the present one, which has been removed; the batch is
 * empty. Where that fails the call may be repeated: ENOENT on a sink of the caller's, or as
 * event_file_open. */
TBLOG_MUST_CHECK int event_file_replace(event_file *file, double wall_time);

/* The path of the newest file; valid until the event_file is freed. */
const char *event_file_path(const event_file *file);

/* Closes the file, unlocks the directory, and frees the event_file whatever it returns, with what
 * is left of the batch. */
TBLOG_MUST_CHECK int event_file_close(event_file *file);

/* The same without a word about what failed. Where a forked child frees its copy, the parent's file
 * and lock stay. */
void event_file_free(event_file *file);

/* The same, and removes the file that event_file_open has made. */
void event_file_remove(event_file *file);

#endif
