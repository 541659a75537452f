#include "writer_flush.h"

#include <errno.h>
#include <signal.h>

/* Latches the error of a flush and requests a retry. Both under one lock: a thread that clears the
 * error must find that there is something to flush. */
static tblog_status fail_flush(tblog_writer *writer, const char *operation, int cause)
{
    pthread_mutex_lock(&writer->mutex);
    writer_latch(writer, operation, cause);
    writer->unwritten = true;
    if (writer->retry_after_error) {
        writer_start_interval(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
    return TBLOG_IO;
}

/* Gives up the removed file and all events that wait for it. They were encoded for a file that has
 * their tags' metadata; TensorBoard never shows a tag whose first tensor lacks it. Later events go
 * to the next file. */
static tblog_status lose_file(tblog_writer *writer, int cause)
{
    event_file_discard_batch(writer->file);
    writer->is_next_file_due = true;
    writer->is_file_ended = false;
    pthread_mutex_lock(&writer->mutex);
    record_queue_clear(&writer->queue);
    tag_set_next_file(&writer->tags);
    writer->file_end_ms = WRITER_NEVER_MS;
    writer->lost_file = true;
    pthread_cond_broadcast(&writer->room);
    pthread_mutex_unlock(&writer->mutex);
    return fail_flush(writer, "write", cause);
}

/* Records that could not be written, with this errno value, stay for the next flush. */
static tblog_status fail_write(tblog_writer *writer, int cause)
{
    /* NFS reports ESTALE for a file that another machine has removed. */
    const bool is_removed = cause == ENOENT || cause == ESTALE;
    return is_removed ? lose_file(writer, cause) : fail_flush(writer, "write", cause);
}

/* Whether the file, with the batch, has ended or has reached its size. */
static bool is_complete(const tblog_writer *writer)
{
    const bool is_full =
        writer->rotate_bytes > 0 && event_file_bytes(writer->file) >= writer->rotate_bytes;
    return is_full || writer->is_file_ended;
}

/* Whether the file is complete or lost, and there are events for the next one. */
static bool is_next_file_wanted(tblog_writer *writer)
{
    if (!writer->is_next_file_due && !is_complete(writer)) {
        return false;
    }
    pthread_mutex_lock(&writer->mutex);
    const bool has_records = writer->queue.records.size > 0;
    pthread_mutex_unlock(&writer->mutex);
    return has_records;
}

/* Continues in the next file. If that cannot be created, the current file stays. If the current
 * file cannot be closed, the next one is used nevertheless. */
static tblog_status begin_next_file(tblog_writer *writer)
{
    pthread_mutex_lock(&writer->mutex); /* the clock is read by one thread at a time */
    const double now = writer_wall_time(writer);
    pthread_mutex_unlock(&writer->mutex);
    int close_cause = 0;
    const int cause = writer->is_next_file_due ? event_file_replace(writer->file, now)
                                               : event_file_rotate(writer->file, now, &close_cause);
    if (cause != 0) {
        return fail_flush(writer, "beginning the next file", cause);
    }
    /* Before the path changes: the message names the finished file. */
    const tblog_status status =
        close_cause == 0 ? TBLOG_OK : fail_flush(writer, "close", close_cause);
    writer->is_next_file_due = false;
    writer->is_file_ended = false;
    pthread_mutex_lock(&writer->mutex);
    writer->file_end_ms = WRITER_NEVER_MS;
    writer->path = event_file_path(writer->file);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

/* Whether the file has reached its age, counted from the first flush of an event to it. `mutex` is
 * held. */
static bool has_reached_age(tblog_writer *writer)
{
    if (writer->rotate_ms == 0) {
        return false;
    }
    const int64_t now_ms = writer->timer->now_ms(writer->timer->context);
    if (writer->file_end_ms == WRITER_NEVER_MS) {
        writer->file_end_ms = now_ms + writer->rotate_ms;
    }
    return now_ms >= writer->file_end_ms;
}

/* Ends the file, with the batch, if it has an event and either `now` is set or its age is reached.
 * `mutex` is held. */
static void end_file_in_time(tblog_writer *writer, bool now)
{
    if (!writer->is_next_file_due && !event_file_is_empty(writer->file) &&
        (now || has_reached_age(writer))) {
        writer->is_file_ended = true;
    }
}

/* Frees the memory of unusually large events, which the writer would otherwise keep. */
static void free_oversized(const tblog_writer *writer, byte_buffer *idle)
{
    const size_t quarter = idle->capacity / 4;
    if (quarter > writer->queue_bytes && quarter > WRITER_EVENT_BYTES) {
        byte_buffer_free(idle);
    }
}

/* Makes the queued records the next batch, which may be the last of its file. */
static void take_batch(tblog_writer *writer, bool is_last)
{
    pthread_mutex_lock(&writer->mutex);
    event_file_take(writer->file, &writer->queue);
    end_file_in_time(writer, is_last);
    /* This batch completes the file. Later events go to the next one, where each tag's first value
     * needs metadata again, because each file must be readable alone. */
    if (is_complete(writer)) {
        tag_set_next_file(&writer->tags);
    }
    free_oversized(writer, &writer->scalars);
    free_oversized(writer, &writer->messages);
    pthread_cond_broadcast(&writer->room);
    pthread_mutex_unlock(&writer->mutex);
}

/* As writer_write_records. With `is_last`, the file is complete after this batch. */
static tblog_status write_records(tblog_writer *writer, bool is_last)
{
    /* First the rest of an earlier failure, then newer records. */
    int cause = event_file_write(writer->file);
    if (cause == 0 && is_next_file_wanted(writer)) {
        const tblog_status status = begin_next_file(writer);
        if (status != TBLOG_OK) {
            return status;
        }
    }
    if (cause == 0) {
        take_batch(writer, is_last);
        cause = event_file_write(writer->file);
    }
    if (cause == 0) {
        byte_buffer *batch = event_file_batch(writer->file);
        free_oversized(writer, batch);
        (void)writer_reserve(writer, batch);
    }
    return cause == 0 ? TBLOG_OK : fail_write(writer, cause);
}

tblog_status writer_write_records(tblog_writer *writer)
{
    return write_records(writer, false);
}

static void forget_error(tblog_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->unwritten = false;
    if (writer->retry_after_error) {
        writer_unlatch(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
}

tblog_status writer_finish_flush(tblog_writer *writer)
{
    if (writer->is_file_ended) {
        const tblog_status status = begin_next_file(writer);
        if (status != TBLOG_OK) {
            return status;
        }
    }
    if (writer->sync_every_flush && !event_file_is_synced(writer->file)) {
        const int cause = event_file_sync(writer->file);
        if (cause != 0) {
            return fail_flush(writer, "sync", cause);
        }
    }
    forget_error(writer);
    return TBLOG_OK;
}

tblog_status writer_flush_records(tblog_writer *writer)
{
    const tblog_status status = writer_write_records(writer);
    return status == TBLOG_OK ? writer_finish_flush(writer) : status;
}

tblog_status writer_rotate_file(tblog_writer *writer)
{
    const tblog_status status = write_records(writer, true);
    return status == TBLOG_OK ? writer_finish_flush(writer) : status;
}

tblog_status writer_sync_file(tblog_writer *writer)
{
    const int cause = event_file_sync(writer->file);
    if (cause == 0) {
        return TBLOG_OK;
    }
    pthread_mutex_lock(&writer->mutex);
    writer_latch(writer, "sync", cause);
    pthread_mutex_unlock(&writer->mutex);
    return TBLOG_IO;
}

/* ---- The flusher ---- */

void writer_start_interval(tblog_writer *writer)
{
    /* A quarter of the interval is reserved for scheduling the thread and for the write. */
    const uint32_t wait_ms = writer->flush_interval_ms - writer->flush_interval_ms / 4;
    writer->flush_due_ms = writer->timer->now_ms(writer->timer->context) + wait_ms;
    pthread_cond_signal(&writer->changed);
}

/* When the next flush is due: for waiting records, or to end the file. `mutex` is held. */
static int64_t next_flush_ms(const tblog_writer *writer)
{
    if (writer_refuses_events(writer)) {
        return WRITER_NEVER_MS;
    }
    /* A failed flush is retried after its interval, even if the file should end earlier. */
    if (writer->unwritten) {
        return writer->flush_due_ms;
    }
    const bool is_waiting = writer->queue.records.size > 0;
    return is_waiting && writer->flush_due_ms < writer->file_end_ms ? writer->flush_due_ms
                                                                    : writer->file_end_ms;
}

/* Waits until a flush or the end of a file is due, or the thread has to end. `mutex` is held. */
static void await_flush(tblog_writer *writer)
{
    const flush_timer *timer = writer->timer;
    while (!writer->closing) {
        const int64_t due_ms = next_flush_ms(writer);
        if (due_ms == WRITER_NEVER_MS) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
            continue;
        }
        /* While an error is latched, a full buffer does not make the flush urgent. */
        const int64_t left_ms = due_ms - timer->now_ms(timer->context);
        const bool is_hasty =
            writer->queue.records.size >= writer->buffer_bytes && writer->latched == TBLOG_OK;
        if (is_hasty || left_ms <= 0) {
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
    if (writer->flush_interval_ms == 0) {
        return 0;
    }
    /* The flusher blocks all signals: they are for the program's own threads. */
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

void writer_end_flusher(tblog_writer *writer)
{
    if (writer->flush_interval_ms == 0) {
        return;
    }
    pthread_mutex_lock(&writer->mutex);
    writer->closing = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->flusher, NULL);
}
