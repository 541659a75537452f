#include "writer_internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

void writer_latch(tblog_writer *writer, const char *operation, int cause)
{
    pthread_mutex_lock(&writer->mutex);
    if (writer->latched == TBLOG_OK) {
        char reason[128];
        if (strerror_r(cause, reason, sizeof reason) != 0)
            snprintf(reason, sizeof reason, "error %d", cause);
        writer->latched = TBLOG_IO;
        writer->latched_errno = cause;
        snprintf(writer->message, sizeof writer->message, "%s failed: %s: %s", operation, reason,
                 writer->path);
        /* Nobody is to wait for room that an error keeps from coming. */
        pthread_cond_broadcast(&writer->room);
    }
    pthread_mutex_unlock(&writer->mutex);
}

tblog_status writer_flush_records(tblog_writer *writer)
{
    /* First what an earlier failure has left, then what came since. */
    int cause = record_writer_flush(&writer->records);
    if (cause == 0) {
        pthread_mutex_lock(&writer->mutex);
        writer->unwritten = false;
        record_writer_take(&writer->records, &writer->queue);
        pthread_cond_broadcast(&writer->room);
        pthread_mutex_unlock(&writer->mutex);
        cause = record_writer_flush(&writer->records);
    }
    if (cause == 0)
        return TBLOG_OK;
    pthread_mutex_lock(&writer->mutex);
    writer->unwritten = true;
    pthread_mutex_unlock(&writer->mutex);
    writer_latch(writer, "write", cause);
    return TBLOG_IO;
}

void writer_start_interval(tblog_writer *writer)
{
    /* A quarter of the interval is left for the thread to be run and for the write. */
    uint32_t wait_ms = writer->flush_interval_ms - writer->flush_interval_ms / 4;
    writer->flush_due_ms = writer->timer->now_ms(writer->timer->context) + wait_ms;
    pthread_cond_signal(&writer->changed);
}

/* Returns once there is something to flush and its time has come, or the thread is to end. `mutex`
 * is held. */
static void await_flush(tblog_writer *writer)
{
    const flush_timer *timer = writer->timer;
    while (!writer->closing) {
        size_t waiting = writer->queue.records.size;
        if (writer->latched != TBLOG_OK || (waiting == 0 && !writer->unwritten)) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
            continue;
        }
        int64_t left_ms = writer->flush_due_ms - timer->now_ms(timer->context);
        if (waiting >= writer->buffer_bytes || left_ms <= 0)
            return;
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
    if (cause != 0)
        return cause;
    cause = pthread_create(&writer->flusher, NULL, run_flusher, writer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cause;
}
