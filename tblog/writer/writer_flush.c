#include "writer_internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

void writer_latch(tblog_writer *writer, const char *operation, int cause)
{
    pthread_mutex_lock(&writer->mutex);
    if (writer->latched == TBLOG_OK) {
        char reason[128];
        if (strerror_r(cause, reason, sizeof reason) != 0) {
            snprintf(reason, sizeof reason, "error %d", cause);
        }
        writer->latched = TBLOG_IO;
        writer->latched_errno = cause;
        snprintf(writer->message, sizeof writer->message, "%s failed: %s: %s", operation, reason,
                 writer->path->text);
        /* Nobody is to wait for room that an error keeps from coming. */
        pthread_cond_broadcast(&writer->room);
    }
    pthread_mutex_unlock(&writer->mutex);
}

/* Latches the error of a flush, and sees to it that the flush is repeated where it may be. */
static tblog_status fail_flush(tblog_writer *writer, const char *operation, int cause)
{
    writer_latch(writer, operation, cause);
    pthread_mutex_lock(&writer->mutex);
    writer->unwritten = true;
    if (writer->retry_after_error) {
        writer_start_interval(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
    return TBLOG_IO;
}

/* Whether the file is full and there is something for the next one. */
static bool is_rotation_due(tblog_writer *writer)
{
    if (writer->rotate_bytes == 0 || writer->records.file_bytes < writer->rotate_bytes) {
        return false;
    }
    pthread_mutex_lock(&writer->mutex);
    const bool is_due = writer->queue.records.size > 0;
    pthread_mutex_unlock(&writer->mutex);
    return is_due;
}

/* Frees what events larger than usual have left, or a writer would keep the memory of its
 * largest. */
static void free_oversized(const tblog_writer *writer, byte_buffer *idle)
{
    const size_t quarter = idle->capacity / 4;
    if (quarter > writer->queue_bytes && quarter > WRITER_EVENT_BYTES) {
        byte_buffer_free(idle);
    }
}

/* Takes what is queued as the next batch. */
static void take_batch(tblog_writer *writer)
{
    record_writer *records = &writer->records;
    pthread_mutex_lock(&writer->mutex);
    record_writer_take(records, &writer->queue);
    /* Behind the batch that fills the file all goes to the next one, where each tag's first value
     * needs metadata again: who looks at it alone would not see the tag without. */
    if (writer->rotate_bytes > 0 &&
        records->file_bytes + records->batch.size >= writer->rotate_bytes) {
        tag_set_next_file(&writer->tags);
    }
    free_oversized(writer, &writer->scalars);
    free_oversized(writer, &writer->messages);
    pthread_cond_broadcast(&writer->room);
    pthread_mutex_unlock(&writer->mutex);
}

tblog_status writer_write_records(tblog_writer *writer)
{
    /* First what an earlier failure has left, then what came since. */
    int cause = record_writer_flush(&writer->records);
    if (cause == 0 && is_rotation_due(writer)) {
        cause = writer_rotate(writer);
        if (cause != 0) {
            return fail_flush(writer, "beginning the next file", cause);
        }
    }
    if (cause == 0) {
        take_batch(writer);
        cause = record_writer_flush(&writer->records);
    }
    if (cause == 0) {
        free_oversized(writer, &writer->records.batch);
        /* Without memory now the events to come take it. */
        (void)writer_reserve(writer, &writer->records.batch);
    }
    return cause == 0 ? TBLOG_OK : fail_flush(writer, "write", cause);
}

static void forget_error(tblog_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->unwritten = false;
    if (writer->retry_after_error) {
        writer->latched = TBLOG_OK;
        writer->latched_errno = 0;
    }
    pthread_mutex_unlock(&writer->mutex);
}

tblog_status writer_finish_flush(tblog_writer *writer)
{
    if (writer->sync_every_flush && writer->synced_bytes != writer->records.file_bytes) {
        const int cause = writer_sync_file(writer);
        if (cause != 0) {
            return fail_flush(writer, "sync", cause);
        }
        writer->synced_bytes = writer->records.file_bytes;
    }
    forget_error(writer);
    return TBLOG_OK;
}

tblog_status writer_flush_records(tblog_writer *writer)
{
    const tblog_status status = writer_write_records(writer);
    return status == TBLOG_OK ? writer_finish_flush(writer) : status;
}

void writer_start_interval(tblog_writer *writer)
{
    /* A quarter of the interval is left for the thread to be run and for the write. */
    const uint32_t wait_ms = writer->flush_interval_ms - writer->flush_interval_ms / 4;
    writer->flush_due_ms = writer->timer->now_ms(writer->timer->context) + wait_ms;
    pthread_cond_signal(&writer->changed);
}

/* Returns once there is something to flush and its time has come, or the thread is to end. `mutex`
 * is held. */
static void await_flush(tblog_writer *writer)
{
    const flush_timer *timer = writer->timer;
    while (!writer->closing) {
        const size_t waiting = writer->queue.records.size;
        const bool stands = writer->latched != TBLOG_OK;
        if ((stands && !writer->retry_after_error) || (waiting == 0 && !writer->unwritten)) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
            continue;
        }
        /* While an error stands a full buffer is no reason to hurry. */
        const int64_t left_ms = writer->flush_due_ms - timer->now_ms(timer->context);
        if ((waiting >= writer->buffer_bytes && !stands) || left_ms <= 0) {
            return;
        }
        timer->wait(timer->context, &writer->changed, &writer->mutex, left_ms);
    }
}

static void *run_flusher(void *argument)
{
    tblog_writer *writer = argument;
    pthread_mutex_lock(&writer->mutex);
    for (await_flush(writer); !writer->closing; await_flush(writer)) {
        pthread_mutex_unlock(&writer->mutex);
        pthread_mutex_lock(&writer->io);
        writer_flush_records(writer);
        pthread_mutex_unlock(&writer->io);
        pthread_mutex_lock(&writer->mutex);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

int writer_start_flusher(tblog_writer *writer)
{
    /* Signals are for the program's own threads, so the flusher takes none. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    int cause = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (cause != 0) {
        return cause;
    }
    cause = pthread_create(&writer->flusher, NULL, run_flusher, writer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cause;
}
