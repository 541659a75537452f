/* The state of a writer, which logging threads share with the writer's own thread, and the latched
 * error. writer_open.c creates and frees it, writer_event.c queues events, writer_flush.c writes
 * them. Knows nothing of the events' contents.
 *
 * Any thread logs events. They are encoded (event_encode), framed and queued (record_queue). The
 * writer's own thread takes them in batches and writes them (event_file). An accepted event is in
 * memory or in the file; an event whose call failed is in neither.
 *
 * Two mutexes: `mutex` guards what logging threads need, and is never held during a system call on
 * the file. `io` guards the file, and is held during them. To hold both, lock `io` first. */
#ifndef TBLOG_WRITER_STATE_H
#define TBLOG_WRITER_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "event_file.h"
#include "flush_timer.h"
#include "record_queue.h"
#include "refusal.h"
#include "tag_set.h"
#include "tblog/tblog.h"

#define WRITER_NEVER_MS INT64_MAX

struct tblog_writer {
    tblog_clock clock;
    const flush_timer *timer;
    uint32_t flush_interval_ms;
    size_t buffer_bytes; /* at most queue_bytes */
    size_t queue_bytes;
    tblog_full_queue full_queue;
    bool sync_every_flush;
    bool retry_after_error;
    uint64_t rotate_bytes; /* 0 for never */
    int64_t rotate_ms;     /* likewise */
    bool tensor_scalars;
    unsigned fork_generation; /* identifies the process that may use this handle */
    pthread_t flusher;        /* if flush_interval_ms is not 0 */

    pthread_mutex_t io; /* guards the file: */
    event_file *file;
    bool is_next_file_due; /* the current one was removed; queued events are for the next */
    bool is_file_ended;    /* by its age or by a call; queued events are for the next */

    pthread_mutex_t mutex;  /* guards the rest: */
    pthread_cond_t changed; /* there are records to flush, or the flusher has to end */
    pthread_cond_t room;    /* the queue was emptied, or an error latched */
    record_queue queue;
    tag_set tags;
    bool event_lasts;     /* the event that is encoded now must not be dropped, whatever its tags */
    byte_buffer scalars;  /* event_scalar [], for one call */
    byte_buffer messages; /* of tensors, likewise */
    uint64_t dropped;     /* events, for want of room */
    const char *path;     /* of the newest file, which owns it */
    int64_t flush_due_ms; /* by `timer`, while there is something to flush */
    int64_t file_end_ms;  /* by `timer`, when the current file has to end; else WRITER_NEVER_MS */
    bool unwritten;       /* a flush failed and will be retried */
    bool lost_file;       /* a file was removed, at any time */
    bool closing;
    tblog_status latched;
    int latched_errno;
    char message[512]; /* of the latched error */
};

/* The queue may hold one event more than queue_bytes; most are not larger than this. */
enum { WRITER_EVENT_BYTES = 16 * 1024 };

/* Makes a writer on `file`, without a thread yet. The caller still owns `file`; `timer` must
 * outlive the writer. The options are those of writer_options_resolve. NULL without memory. */
TBLOG_MUST_CHECK tblog_writer *writer_new(event_file *file, const tblog_writer_options *options,
                                          const flush_timer *timer);

/* Frees the writer, whose thread has ended, but not its file. */
void writer_free(tblog_writer *writer);

/* Reserves the memory of a full queue, so that logging threads need not wait for it. False without
 * memory, which need not be checked: later events try again. */
bool writer_reserve(const tblog_writer *writer, byte_buffer *records);

/* Seconds since the epoch by the writer's clock; `mutex` is held. */
static inline double writer_wall_time(const tblog_writer *writer)
{
    return writer->clock.wall_time(writer->clock.context);
}

/* ---- Forks ---- */

#define WRITER_FORKED "this process is a fork; the writer belongs to its parent"

/* Incremented in every child process, before its code continues. */
extern unsigned writer_fork_generation;

/* Whether this is a child process' copy of its parent's handle. Such a copy has no flusher, its
 * mutexes may stay locked, and the parent writes its records. */
static inline bool writer_is_forked_copy(const tblog_writer *writer)
{
    return writer->fork_generation != writer_fork_generation;
}

/* Whether a call may use the handle; otherwise the call is refused. */
static inline bool writer_is_usable(const tblog_writer *writer)
{
    return admit(writer != NULL, "the writer is NULL") &&
           admit(!writer_is_forked_copy(writer), WRITER_FORKED);
}

/* ---- The error that latches; `mutex` is held ---- */

/* Latches the error unless one is latched: `operation` failed with `cause`, an errno value. */
void writer_latch(tblog_writer *writer, const char *operation, int cause);

/* Clears the latched error. */
static inline void writer_unlatch(tblog_writer *writer)
{
    writer->latched = TBLOG_OK;
    writer->latched_errno = 0;
}

/* Whether a latched error makes logging calls fail. */
static inline bool writer_refuses_events(const tblog_writer *writer)
{
    return writer->latched != TBLOG_OK && !writer->retry_after_error;
}

#endif
