/* What a writer is: the state that the threads which log share with its own thread, and the error
 * that latches. writer_open.c makes and ends it, writer_event.c queues events, writer_flush.c
 * writes them. Knows nothing of what the events say.
 *
 * Points come from any thread, become events (event_encode), are framed and kept (record_queue),
 * and the writer's own thread takes them away in batches and writes them (event_file). A point that
 * was accepted is in memory or in the file; a call that returned an error has left nothing in
 * either.
 *
 * Two mutexes: `mutex` guards what callers need to log and is never held over a system call on the
 * file; `io` guards the file and is held over them. Who needs both takes `io` first. */
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
    unsigned fork_generation; /* tells the process that may use this handle */
    pthread_t flusher;        /* where flush_interval_ms is not 0 */

    pthread_mutex_t io; /* guards the file: */
    event_file *file;
    bool is_next_file_due; /* the present one was removed; what is queued is for the next */
    bool is_file_ended;    /* by its age or by a call; likewise */

    pthread_mutex_t mutex;  /* guards the rest: */
    pthread_cond_t changed; /* there are records to flush, or the flusher is to end */
    pthread_cond_t room;    /* the queue was emptied, or an error latched */
    record_queue queue;
    tag_set tags;
    bool event_lasts;     /* the event that is encoded now must not be dropped, whatever its tags */
    byte_buffer scalars;  /* event_scalar [], for one call */
    byte_buffer messages; /* of tensors, likewise */
    uint64_t dropped;     /* events, for want of room */
    const char *path;     /* of the newest file, which owns it */
    int64_t flush_due_ms; /* by `timer`, while there is something to flush */
    int64_t file_end_ms;  /* by `timer`, when the present file is to end; else WRITER_NEVER_MS */
    bool unwritten;       /* a flush failed, and is to be repeated */
    bool lost_file;       /* a file was removed, at any time */
    bool closing;
    tblog_status latched;
    int latched_errno;
    char message[512]; /* of the latched error */
};

/* The queue may hold an event more than queue_bytes; most are not larger than this. */
enum { WRITER_EVENT_BYTES = 16 * 1024 };

/* A writer on `file`, which stays the caller's, by options that writer_options_resolve has filled;
 * without a thread yet. `timer` must outlive it. NULL without memory. */
TBLOG_MUST_CHECK tblog_writer *writer_new(event_file *file, const tblog_writer_options *options,
                                          const flush_timer *timer);

/* Frees the writer, whose thread has ended, but not its file. */
void writer_free(tblog_writer *writer);

/* Makes room in the buffer for a full queue, so that who logs waits for no memory. False without
 * memory, which need not be checked: the events to come ask for it again. */
bool writer_reserve(const tblog_writer *writer, byte_buffer *records);

/* Seconds since the epoch by the writer's clock; `mutex` is held. */
static inline double writer_wall_time(const tblog_writer *writer)
{
    return writer->clock.wall_time(writer->clock.context);
}

/* ---- Forks ---- */

#define WRITER_FORKED "this process is a fork; the writer belongs to its parent"

/* Counted up in every child process, before its code goes on. */
extern unsigned writer_fork_generation;

/* Whether this is a child process' copy of its parent's handle. Such a copy has no flusher, its
 * mutexes may be locked for good, and its records are the parent's to write. */
static inline bool writer_is_forked_copy(const tblog_writer *writer)
{
    return writer->fork_generation != writer_fork_generation;
}

/* Whether a call may use the handle; else it is refused. */
static inline bool writer_is_usable(const tblog_writer *writer)
{
    return admit(writer != NULL, "the writer is NULL") &&
           admit(!writer_is_forked_copy(writer), WRITER_FORKED);
}

/* ---- The error that latches; `mutex` is held ---- */

/* Keeps the error, if it is the first: `operation` failed with `cause`, an errno value. */
void writer_latch(tblog_writer *writer, const char *operation, int cause);

/* Forgets it. */
static inline void writer_unlatch(tblog_writer *writer)
{
    writer->latched = TBLOG_OK;
    writer->latched_errno = 0;
}

/* Whether it keeps events out. */
static inline bool writer_refuses_events(const tblog_writer *writer)
{
    return writer->latched != TBLOG_OK && !writer->retry_after_error;
}

#endif
