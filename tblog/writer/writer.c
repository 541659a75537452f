/* The functions of tblog.h for an open writer: flushing, rotation, the latched error, counts. */
#include <stdio.h>

#include "writer_flush.h"
#include "writer_state.h"

/* ---- The file ---- */

/* Begins flush, sync and rotate. TBLOG_OK with `io` held, or why the call fails. */
static tblog_status begin_flush(tblog_writer *writer)
{
    const tblog_status status = tblog_writer_status(writer);
    if (status == TBLOG_INVALID || (status != TBLOG_OK && !writer->retry_after_error)) {
        return status;
    }
    pthread_mutex_lock(&writer->io);
    return TBLOG_OK;
}

tblog_status tblog_writer_flush(tblog_writer *writer)
{
    tblog_status status = begin_flush(writer);
    if (status != TBLOG_OK) {
        return status;
    }
    status = writer_flush_records(writer);
    pthread_mutex_unlock(&writer->io);
    return status;
}

tblog_status tblog_writer_sync(tblog_writer *writer)
{
    tblog_status status = begin_flush(writer);
    if (status != TBLOG_OK) {
        return status;
    }
    status = writer_flush_records(writer);
    if (status == TBLOG_OK) {
        status = writer_sync_file(writer);
    }
    pthread_mutex_unlock(&writer->io);
    return status;
}

tblog_status tblog_writer_rotate(tblog_writer *writer)
{
    tblog_status status = begin_flush(writer);
    if (status != TBLOG_OK) {
        return status;
    }
    status = writer_rotate_file(writer);
    pthread_mutex_unlock(&writer->io);
    return status;
}

/* ---- The latched error ---- */

tblog_status tblog_writer_status(tblog_writer *writer)
{
    refusal_begin(writer);
    if (!writer_is_usable(writer)) {
        return TBLOG_INVALID;
    }
    pthread_mutex_lock(&writer->mutex);
    const tblog_status status = writer->latched;
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

const char *tblog_writer_message(tblog_writer *writer)
{
    if (writer != NULL && writer_is_forked_copy(writer)) {
        return WRITER_FORKED;
    }
    const char *refusal = refusal_text(writer);
    if (writer == NULL || refusal[0] != '\0') {
        return refusal;
    }
    /* A copy: the writer's thread may clear the error and latch another at any time. */
    static _Thread_local char message[sizeof writer->message];
    pthread_mutex_lock(&writer->mutex);
    snprintf(message, sizeof message, "%s", writer->latched == TBLOG_OK ? "" : writer->message);
    pthread_mutex_unlock(&writer->mutex);
    return message;
}

void tblog_writer_clear_error(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer)) {
        return;
    }
    refusal_begin(writer);
    pthread_mutex_lock(&writer->mutex);
    writer_unlatch(writer);
    if (writer->unwritten || writer->queue.records.size > 0) {
        writer_start_interval(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
}

uint64_t tblog_writer_dropped(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer)) {
        return 0;
    }
    pthread_mutex_lock(&writer->mutex);
    const uint64_t dropped = writer->dropped;
    pthread_mutex_unlock(&writer->mutex);
    return dropped;
}

const char *tblog_writer_path(tblog_writer *writer)
{
    if (writer == NULL) {
        return "";
    }
    if (writer_is_forked_copy(writer)) {
        return writer->path;
    }
    pthread_mutex_lock(&writer->mutex);
    const char *path = writer->path;
    pthread_mutex_unlock(&writer->mutex);
    return path;
}
