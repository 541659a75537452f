#include "writer_internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

void writer_latch(tblog_writer *writer, const char *operation, int cause)
{
    if (writer->latched != TBLOG_OK)
        return;
    char reason[128];
    if (strerror_r(cause, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", cause);
    writer->latched = TBLOG_IO;
    writer->latched_errno = cause;
    snprintf(writer->message, sizeof writer->message, "%s failed: %s: %s", operation, reason,
             writer->path);
}

tblog_status writer_flush_records(tblog_writer *writer)
{
    int cause = record_writer_flush(&writer->records);
    if (cause == 0)
        return TBLOG_OK;
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

static void *run_flusher(void *argument)
{
    tblog_writer *writer = argument;
    const flush_timer *timer = writer->timer;
    pthread_mutex_lock(&writer->mutex);
    while (!writer->closing) {
        if (writer->records.pending.size == 0 || writer->latched != TBLOG_OK) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
            continue;
        }
        int64_t left_ms = writer->flush_due_ms - timer->now_ms(timer->context);
        if (left_ms > 0)
            timer->wait(timer->context, &writer->changed, &writer->mutex, left_ms);
        else
            writer_flush_records(writer);
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
