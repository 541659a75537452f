/* The writer's inside, shared by writer_open.c (its life), writer_flush.c (its thread, its file and
 * its errors), writer.c (how an event is logged, and scalars) and the add_*.c files (the other
 * kinds of values). Tests use writer_open_on_sink.
 *
 * Points come from any thread, become events (event_encode), are framed and kept (record_queue),
 * and the writer's own thread takes them away in batches and writes them (record_writer). A point
 * that was accepted is in memory or in the file; a call that returned an error has left nothing in
 * either.
 *
 * Two mutexes: `mutex` guards what callers need to log and is never held over a system call on the
 * file; `io` guards the file and is held over them. Who needs both takes `io` first. */
#ifndef TBLOG_WRITER_INTERNAL_H
#define TBLOG_WRITER_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "directory_lock.h"
#include "event_encode.h"
#include "flush_timer.h"
#include "record_queue.h"
#include "record_writer.h"
#include "sink.h"
#include "tag_set.h"
#include "tblog/tblog.h"
#include "wall_clock.h"

typedef struct file_path {
    struct file_path *older;
    char text[];
} file_path;

/* Where the writer makes its files. */
typedef struct event_directory {
    char *path;           /* NULL for none */
    char *file_suffix;    /* "" for none */
    directory_lock *lock; /* NULL for none */
} event_directory;

struct tblog_writer {
    tblog_clock clock; /* by default of the following */
    wall_clock system_time;
    const flush_timer *timer;
    uint32_t flush_interval_ms;
    size_t buffer_bytes; /* at most queue_bytes */
    size_t queue_bytes;
    tblog_full_queue full_queue;
    bool sync_every_flush;
    bool retry_after_error;
    uint64_t rotate_bytes;
    event_directory directory; /* none where a test gave the sink */
    bool tensor_scalars;
    unsigned fork_generation; /* tells the process that may use this handle */
    pthread_t flusher;        /* where flush_interval_ms is not 0 */

    pthread_mutex_t io; /* guards the file: */
    record_sink *sink;
    record_writer records;
    uint64_t synced_bytes; /* of the file, by sync_every_flush */

    pthread_mutex_t mutex;  /* guards the rest: */
    pthread_cond_t changed; /* there are records to flush, or the flusher is to end */
    pthread_cond_t room;    /* the queue was emptied, or an error latched */
    record_queue queue;
    tag_set tags;
    bool event_lasts;     /* the event that is encoded now must not be dropped, whatever its tags */
    byte_buffer scalars;  /* event_scalar [], for one call */
    byte_buffer messages; /* of tensors, likewise */
    uint64_t dropped;     /* events, for want of room */
    file_path *path;      /* the newest first; all stay until the end, for callers hold them */
    int64_t flush_due_ms; /* by `timer`, while there is something to flush */
    bool unwritten;       /* a flush failed, and is to be repeated */
    bool closing;
    tblog_status latched;
    int latched_errno;
    char message[512]; /* of the latched error */
};

/* As tblog_writer_open, for a sink with an empty file, without a directory: nothing is locked, and
 * the file does not rotate. `path` is for messages; `timer` must outlive the writer. The sink is
 * the writer's from this call on, even where the call fails. */
TBLOG_MUST_CHECK tblog_status writer_open_on_sink(tblog_writer **out, record_sink *sink,
                                                  const char *path,
                                                  const tblog_writer_options *options,
                                                  const flush_timer *timer);

/* Counted up in every child process, before its code goes on. */
extern unsigned writer_fork_generation;

/* Whether this is a child process' copy of its parent's handle. Such a copy has no flusher, its
 * mutexes may be locked for good, and its records are the parent's to write. */
static inline bool writer_is_forked_copy(const tblog_writer *writer)
{
    return writer->fork_generation != writer_fork_generation;
}

/* Seconds since the epoch by the writer's clock; `mutex` is held. */
static inline double writer_wall_time(const tblog_writer *writer)
{
    return writer->clock.wall_time(writer->clock.context);
}

/* The queue may hold an event more than queue_bytes; most are not larger than this. */
enum { WRITER_EVENT_BYTES = 16 * 1024 };

#define WRITER_TOO_LARGE "the event does not fit into a record of 2 GiB"

/* ---- writer.c: how the calls that log (writer.c and add_*.c) put an event into the file ---- */

/* Puts the event of `request` behind what writer->queue.records holds, with the mutex held.
 * TBLOG_OK, or what stands against the event. */
typedef tblog_status writer_encode(tblog_writer *writer, double wall_time, const void *request);

/* Encodes one event under the lock, where there is room for it, and takes it: TBLOG_OK, and it was
 * accepted; else nothing of it is left, the tags that `encode` has added included. A NULL writer is
 * TBLOG_INVALID. */
TBLOG_MUST_CHECK tblog_status writer_add_event(tblog_writer *writer, writer_encode *encode,
                                               const void *request);

/* What writer_add_tag tells of a tag. */
typedef struct tag_use {
    bool first_of_writer;
    bool first_in_file;
    size_t tag_bytes; /* without the NUL */
} tag_use;

/* For `encode`: notes that the event holds a value of this tag, which is not empty. TBLOG_INVALID
 * where the tag is another plug-in's or not UTF-8. */
TBLOG_MUST_CHECK tblog_status writer_add_tag(tblog_writer *writer, const char *tag,
                                             tag_plugin plugin, tag_use *use);

/* ---- add_tensors.c ---- */

/* One event with `count` tensors, whose with_metadata is set here. The tags are checked here
 * too. */
TBLOG_MUST_CHECK tblog_status writer_add_tensors(tblog_writer *writer, int64_t step,
                                                 event_tensor *tensors, size_t count);

/* The same within a writer_encode, for tags that are sound. A second value of a tag that says
 * something once is TBLOG_INVALID: of hparams TensorBoard sees the first one's metadata only, and
 * of layouts which one is not said. */
TBLOG_MUST_CHECK tblog_status writer_encode_tensors(tblog_writer *writer, double wall_time,
                                                    int64_t step, event_tensor *tensors,
                                                    size_t count);

/* Scalars as tensors, within a writer_encode. */
TBLOG_MUST_CHECK tblog_status writer_encode_tensor_scalars(tblog_writer *writer, double wall_time,
                                                           int64_t step,
                                                           const tblog_scalar *scalars,
                                                           size_t count);

/* ---- writer_file.c ---- */

/* Writes the first record of the file of `records`. 0, or an errno value; EINVAL for a wall time
 * that is not finite. */
TBLOG_MUST_CHECK int writer_begin_file(record_writer *records, double wall_time);

/* Remembers the path of the newest file. False without memory. */
TBLOG_MUST_CHECK bool writer_set_path(tblog_writer *writer, const char *path);

/* Goes on in a new file of the directory, behind an fsync of the present one, whose records are all
 * written. 0, or an errno value; then the present file stays. `io` is held, `mutex` is not. */
TBLOG_MUST_CHECK int writer_rotate(tblog_writer *writer);

/* fsync, repeated where it was interrupted. 0 or an errno value. */
TBLOG_MUST_CHECK int writer_sync_file(tblog_writer *writer);

/* ---- writer_open.c ---- */

/* Makes room in the buffer for a full queue, so that who logs waits for no memory. False without
 * memory. */
bool writer_reserve(const tblog_writer *writer, byte_buffer *records);

/* ---- writer_flush.c ---- */

/* Keeps the error, if it is the first: `operation` failed with `cause`, an errno value. `mutex` is
 * not held. */
void writer_latch(tblog_writer *writer, const char *operation, int cause);

/* Writes what is in memory; `io` is held, `mutex` is not. TBLOG_IO is latched, so it need not be
 * checked. */
tblog_status writer_write_records(tblog_writer *writer);

/* What the options want behind that. TBLOG_IO likewise. */
tblog_status writer_finish_flush(tblog_writer *writer);

/* Both. */
tblog_status writer_flush_records(tblog_writer *writer);

/* Begins the interval in which what is in memory is to be flushed; `mutex` is held. */
void writer_start_interval(tblog_writer *writer);

/* Starts the thread. 0 or an errno value. */
TBLOG_MUST_CHECK int writer_start_flusher(tblog_writer *writer);

#endif
