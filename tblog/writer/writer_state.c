#include "writer_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errno_text.h"
#include "writer_options.h"

/* ---- Forks ---- */

unsigned writer_fork_generation;

static void count_fork(void)
{
    writer_fork_generation++;
}

static void watch_forks(void)
{
    /* This fails only without memory; then a child's copies are not recognized. */
    (void)pthread_atfork(NULL, NULL, count_fork);
}

/* ---- Life ---- */

static int make_locks(tblog_writer *writer)
{
    int cause = flush_timer_init_condition(&writer->changed);
    /* On Linux the other initializers take no resources and cannot fail. */
    if (cause == 0) {
        cause = pthread_cond_init(&writer->room, NULL);
    }
    if (cause == 0) {
        cause = pthread_mutex_init(&writer->mutex, NULL);
    }
    return cause == 0 ? pthread_mutex_init(&writer->io, NULL) : cause;
}

static void free_locks(tblog_writer *writer)
{
    pthread_mutex_destroy(&writer->io);
    pthread_mutex_destroy(&writer->mutex);
    pthread_cond_destroy(&writer->room);
    pthread_cond_destroy(&writer->changed);
}

tblog_writer *writer_new(event_file *file, const tblog_writer_options *options,
                         const flush_timer *timer)
{
    static pthread_once_t forks_watched = PTHREAD_ONCE_INIT;
    pthread_once(&forks_watched, watch_forks);
    tblog_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || make_locks(writer) != 0) {
        free(writer);
        return NULL;
    }
    writer->clock = writer_options_clock(options);
    writer->timer = timer;
    writer->flush_interval_ms = options->flush_interval_ms;
    writer->queue_bytes = options->queue_bytes;
    writer->buffer_bytes =
        options->buffer_bytes < options->queue_bytes ? options->buffer_bytes : options->queue_bytes;
    writer->full_queue = options->full_queue;
    writer->sync_every_flush = options->sync_every_flush;
    writer->retry_after_error = options->retry_after_error;
    writer->rotate_bytes = options->rotate_bytes;
    writer->rotate_ms = 1000 * (int64_t)options->rotate_seconds;
    writer->file_end_ms = WRITER_NEVER_MS;
    writer->tensor_scalars = options->tensor_scalars;
    writer->fork_generation = writer_fork_generation;
    writer->file = file;
    writer->path = event_file_path(file);
    return writer;
}

void writer_free(tblog_writer *writer)
{
    if (!writer_is_forked_copy(writer)) {
        free_locks(writer);
    }
    record_queue_free(&writer->queue);
    tag_set_free(&writer->tags);
    byte_buffer_free(&writer->scalars);
    byte_buffer_free(&writer->messages);
    free(writer);
}

bool writer_reserve(const tblog_writer *writer, byte_buffer *records)
{
    enum { QUEUE_BYTES_MAX = 16 * 1024 * 1024 };
    if (writer->flush_interval_ms == 0) {
        return true;
    }
    /* Unused pages take address space, but no memory. */
    const size_t bytes =
        writer->queue_bytes < QUEUE_BYTES_MAX ? writer->queue_bytes : QUEUE_BYTES_MAX;
    return byte_buffer_reserve(records, bytes + WRITER_EVENT_BYTES);
}

/* ---- The error that latches ---- */

void writer_latch(tblog_writer *writer, const char *operation, int cause)
{
    if (writer->latched != TBLOG_OK) {
        return;
    }
    char reason[ERRNO_TEXT_BYTES];
    writer->latched = TBLOG_IO;
    writer->latched_errno = cause;
    snprintf(writer->message, sizeof writer->message, "%s failed: %s: %s", operation,
             errno_text(cause, reason), writer->path);
    /* Waiting threads must wake up: no room will come while the error is latched. */
    pthread_cond_broadcast(&writer->room);
}
