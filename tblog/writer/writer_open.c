/* Opens and closes writers: options, file, buffers, thread. */
#include "writer_open.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "event_file_name.h"
#include "writer_flush.h"
#include "writer_options.h"
#include "writer_state.h"

/* ---- Opening ---- */

/* The status of an open that failed with `cause`, an errno value, which it leaves in errno. */
static tblog_status fail_open(int cause, const char *path)
{
    (void)refuse_failure("open", cause, path);
    if (cause == ENAMETOOLONG) {
        event_file_name_refuse_last(path);
    }
    errno = cause;
    return cause == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
}

/* Makes a writer on the file and starts its thread. 0, or an errno value; then the file is
 * removed. */
static int start(tblog_writer **out, event_file *file, const tblog_writer_options *options,
                 const flush_timer *timer)
{
    tblog_writer *writer = writer_new(file, options, timer);
    int cause = ENOMEM;
    /* The buffers of the queue and of the batch are swapped, so both need the room. */
    if (writer != NULL && writer_reserve(writer, &writer->queue.records) &&
        writer_reserve(writer, event_file_batch(file))) {
        cause = writer_start_flusher(writer);
    }
    if (cause == 0) {
        *out = writer;
        return 0;
    }
    if (writer != NULL) {
        writer_free(writer);
    }
    event_file_remove(file);
    return cause;
}

tblog_status writer_open_on_sink(tblog_writer **out, record_sink *sink, const char *path,
                                 const tblog_writer_options *options, const flush_timer *timer)
{
    refusal_begin(NULL);
    *out = NULL;
    tblog_writer_options resolved;
    double now = 0.0;
    bool is_sound = writer_options_resolve(&resolved, options);
    if (is_sound) {
        now = writer_options_wall_time(&resolved);
        is_sound = admit(isfinite(now), "the clock's time is not a finite number");
    }
    if (!is_sound) {
        (void)sink->close(sink);
        return TBLOG_INVALID;
    }
    resolved.rotate_bytes = 0;
    resolved.rotate_seconds = 0;
    event_file *file;
    int cause = event_file_open_on_sink(&file, sink, path, now);
    if (cause == 0) {
        cause = start(out, file, &resolved, timer);
    }
    return cause == 0 ? TBLOG_OK : fail_open(cause, path);
}

tblog_status writer_open_by_timer(tblog_writer **out, const char *run_directory,
                                  const tblog_writer_options *options, const flush_timer *timer)
{
    refusal_begin(NULL);
    if (!admit(out != NULL, "the output pointer is NULL")) {
        return TBLOG_INVALID;
    }
    *out = NULL;
    tblog_writer_options resolved;
    if (!admit(run_directory != NULL, "the run's directory is NULL") ||
        !writer_options_resolve(&resolved, options)) {
        return TBLOG_INVALID;
    }
    const double now = writer_options_wall_time(&resolved);
    if (!admit(now >= 0.0 && now <= (double)EVENT_FILE_SECONDS_MAX,
               "the clock's time is not in 0..%lld seconds", (long long)EVENT_FILE_SECONDS_MAX)) {
        return TBLOG_INVALID;
    }
    event_file *file;
    int cause =
        event_file_open(&file, run_directory, resolved.file_suffix, resolved.lock_directory, now);
    if (cause == 0) {
        cause = start(out, file, &resolved, timer);
    }
    if (cause != 0) {
        return fail_open(cause, run_directory);
    }
    refusal_begin(*out); /* another writer may have had the address */
    return TBLOG_OK;
}

tblog_status tblog_writer_open(tblog_writer **out, const char *run_directory,
                               const tblog_writer_options *options)
{
    return writer_open_by_timer(out, run_directory, options, &flush_timer_system);
}

/* ---- Closing ---- */

/* Writes the rest and closes the file. TBLOG_OK, or the latched error, which may be of this
 * call. */
static tblog_status finish(tblog_writer *writer)
{
    writer_end_flusher(writer);
    /* Tried even after an error: the disk may have room again. No other thread uses the file now.
     * The last events go to this file even if a next one is due, because creating that may fail. */
    writer->rotate_bytes = 0;
    writer->rotate_ms = 0;
    writer->is_file_ended = false;
    writer_flush_records(writer);
    char path[sizeof writer->message];
    snprintf(path, sizeof path, "%s", writer->path);
    const int cause = event_file_close(writer->file);
    writer->path = path;
    if (cause != 0) {
        writer_latch(writer, "close", cause);
    }
    if (writer->lost_file) {
        writer_latch(writer, "an earlier write", ENOENT); /* the newest file may be there */
    }
    writer->path = NULL;
    return writer->latched;
}

tblog_status tblog_writer_close(tblog_writer *writer)
{
    if (writer == NULL) {
        return TBLOG_OK;
    }
    refusal_begin(writer);
    tblog_status status = TBLOG_OK;
    if (writer_is_forked_copy(writer)) {
        /* The child's own descriptor: the parent's file and lock stay. */
        event_file_free(writer->file);
    } else {
        status = finish(writer);
    }
    if (status != TBLOG_OK) {
        refusal_begin(NULL);
        (void)refuse("%s", writer->message);
    }
    const int cause = writer->latched_errno;
    writer_free(writer);
    errno = cause;
    return status;
}
