/* The event files of one writer; records are appended to the newest. Knows the rules of their
 * directory: names in order, a version in the first record, a lock, fsync before the next file.
 * Knows nothing of writers: options, threads, sticky errors, when to rotate. One thread at a time.
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

/* Creates the directory and its parents if missing, locks it if `locked`, and creates a file in it.
 * The file's first record, with `wall_time` (seconds since the epoch), is handed to the kernel.
 * `suffix` ends the file's name and may be empty.
 *
 * 0: close, free or remove *out. Otherwise *out is NULL and there is no new file: ENOMEM; EBUSY if
 * another process has locked the directory; EINVAL for a time outside 0 .. EVENT_FILE_SECONDS_MAX;
 * or the error of a system call. */
TBLOG_MUST_CHECK int event_file_open(event_file **out, const char *directory, const char *suffix,
                                     bool locked, double wall_time);

/* The same for a sink with an empty file, without a directory: it locks nothing and cannot rotate.
 * event_file_path will return `path`. The time may be any number. Closes the sink on failure. */
TBLOG_MUST_CHECK int event_file_open_on_sink(event_file **out, record_sink *sink, const char *path,
                                             double wall_time);

/* Makes the queue's records the batch to write, and leaves the queue empty. The batch must be
 * empty: the two buffers are swapped. */
void event_file_take(event_file *file, record_queue *queue);

/* Writes the batch. If that fails, the file ends with a whole record (record_writer.h), and the
 * rest of the batch stays for the next call. ENOENT and ESTALE: the file has been removed. */
TBLOG_MUST_CHECK int event_file_write(event_file *file);

/* Discards the rest of the batch after a failed event_file_write. */
void event_file_discard_batch(event_file *file);

/* The batch. While it is empty, the caller may grow or free its memory, which event_file_take gives
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
 * event_file_open does. If that fails the current file stays, and *close_cause is 0. Otherwise
 * *close_cause is 0, or the errno value with which closing the finished file failed: a mount that
 * publishes a file when it is closed may have lost it. */
TBLOG_MUST_CHECK int event_file_rotate(event_file *file, double wall_time, int *close_cause);

/* Begins the next file after the current one was removed, without a sync. The batch must be empty.
 * Fails like event_file_open, or with ENOENT for a sink of the caller; may then be repeated. */
TBLOG_MUST_CHECK int event_file_replace(event_file *file, double wall_time);

/* The path of the newest file; valid until the event_file is freed. */
const char *event_file_path(const event_file *file);

/* Closes the file, unlocks the directory, and frees the event_file and its batch, whatever it
 * returns. */
TBLOG_MUST_CHECK int event_file_close(event_file *file);

/* The same, but ignores failures. If a forked child frees its copy, the parent keeps its file and
 * lock. */
void event_file_free(event_file *file);

/* The same, and removes the file that event_file_open created. */
void event_file_remove(event_file *file);

#endif
