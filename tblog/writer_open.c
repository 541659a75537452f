#include "writer_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event_file_name.h"

enum { SUFFIX_BYTES_MAX = 64 };

/* ---- Fork ---- */

/* Counted up in every child process, before its code goes on. */
static unsigned fork_generation;

static void count_fork(void)
{
    fork_generation++;
}

static void watch_forks(void)
{
    /* This fails only without memory; then a child's copies are not recognized. */
    (void)pthread_atfork(NULL, NULL, count_fork);
}

bool writer_is_forked_copy(const tblog_writer *writer)
{
    return writer->fork_generation != fork_generation;
}

/* ---- Options ---- */

static double system_wall_time(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const tblog_clock system_clock = {.wall_time = system_wall_time, .context = NULL};

double writer_wall_time(const tblog_writer *writer)
{
    return writer->clock.wall_time(writer->clock.context);
}

void tblog_writer_options_init(tblog_writer_options *options)
{
    *options = (tblog_writer_options){.size = sizeof *options,
                                      .flush_interval_ms = 1000,
                                      .buffer_bytes = 64 * 1024,
                                      .file_suffix = ".v2",
                                      .clock = NULL,
                                      .tensor_scalars = false};
}

/* The caller's options over the defaults. A caller built with an older header gives fewer. */
static tblog_status resolve_options(tblog_writer_options *resolved,
                                    const tblog_writer_options *options)
{
    tblog_writer_options_init(resolved);
    if (options != NULL) {
        if (options->size < sizeof options->size || options->size > sizeof *options)
            return TBLOG_INVALID;
        memcpy(resolved, options, options->size);
        resolved->size = sizeof *resolved;
    }
    if (resolved->clock == NULL)
        resolved->clock = &system_clock;
    if (resolved->file_suffix == NULL)
        resolved->file_suffix = "";
    if (strlen(resolved->file_suffix) > SUFFIX_BYTES_MAX ||
        strchr(resolved->file_suffix, '/') != NULL || resolved->clock->wall_time == NULL)
        return TBLOG_INVALID;
    return TBLOG_OK;
}

/* ---- Opening ---- */

static tblog_status make_lock(tblog_writer *writer)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return TBLOG_NO_MEMORY;
    int cause = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (cause == 0)
        cause = pthread_cond_init(&writer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (cause != 0)
        return TBLOG_NO_MEMORY;
    if (pthread_mutex_init(&writer->mutex, NULL) != 0) {
        pthread_cond_destroy(&writer->changed);
        return TBLOG_NO_MEMORY;
    }
    return TBLOG_OK;
}

static void free_lock(tblog_writer *writer)
{
    pthread_mutex_destroy(&writer->mutex);
    pthread_cond_destroy(&writer->changed);
}

static void free_memory(tblog_writer *writer)
{
    record_writer_free(&writer->records);
    event_encoder_free(&writer->encoder);
    tag_set_free(&writer->tags);
    byte_buffer_free(&writer->scalars);
    free(writer->path);
    free(writer);
}

/* A writer without a thread that has written nothing yet; NULL without memory. */
static tblog_writer *allocate(record_sink *sink, const char *path,
                              const tblog_writer_options *options, const flush_timer *timer)
{
    tblog_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return NULL;
    writer->clock = *options->clock;
    writer->timer = timer;
    writer->flush_interval_ms = options->flush_interval_ms;
    writer->buffer_bytes = options->buffer_bytes;
    writer->tensor_scalars = options->tensor_scalars;
    writer->fork_generation = fork_generation;
    writer->sink = sink;
    record_writer_init(&writer->records, sink);
    writer->path = strdup(path);
    if (writer->path == NULL || make_lock(writer) != TBLOG_OK) {
        free_memory(writer);
        return NULL;
    }
    return writer;
}

/* Writes the first record and starts the flusher; errno tells the cause of TBLOG_IO. */
static tblog_status begin_file(tblog_writer *writer)
{
    double now = writer_wall_time(writer);
    if (!isfinite(now))
        return TBLOG_INVALID;
    if (!event_encode_file_version(&writer->encoder, now, "tblog " TBLOG_VERSION))
        return TBLOG_NO_MEMORY;
    const byte_buffer *payload = &writer->encoder.payload;
    int cause = record_writer_append(&writer->records, payload->data, payload->size);
    if (cause == 0)
        cause = record_writer_flush(&writer->records);
    if (cause == 0 && writer->flush_interval_ms > 0)
        cause = writer_start_flusher(writer);
    errno = cause;
    return cause == 0 ? TBLOG_OK : cause == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
}

tblog_status writer_open_on_sink(tblog_writer **out, record_sink *sink, const char *path,
                                 const tblog_writer_options *options, const flush_timer *timer)
{
    static pthread_once_t forks_watched = PTHREAD_ONCE_INIT;
    pthread_once(&forks_watched, watch_forks);
    *out = NULL;
    tblog_writer_options resolved;
    tblog_writer *writer = NULL;
    tblog_status status = resolve_options(&resolved, options);
    if (status == TBLOG_OK) {
        writer = allocate(sink, path, &resolved, timer);
        status = writer == NULL ? TBLOG_NO_MEMORY : begin_file(writer);
    }
    if (status == TBLOG_OK) {
        *out = writer;
        return TBLOG_OK;
    }
    int cause = errno;
    if (writer != NULL) {
        free_lock(writer);
        free_memory(writer);
    }
    (void)sink->close(sink);
    errno = cause;
    return status;
}

tblog_status tblog_writer_open(tblog_writer **out, const char *run_directory,
                               const tblog_writer_options *options)
{
    if (out == NULL)
        return TBLOG_INVALID;
    *out = NULL;
    tblog_writer_options resolved;
    if (run_directory == NULL || resolve_options(&resolved, options) != TBLOG_OK)
        return TBLOG_INVALID;
    double now = resolved.clock->wall_time(resolved.clock->context);
    if (!(now >= 0.0 && now <= (double)EVENT_FILE_SECONDS_MAX))
        return TBLOG_INVALID;

    char *path = NULL;
    int descriptor = event_file_create(run_directory, (int64_t)now, resolved.file_suffix, &path);
    if (descriptor < 0)
        return errno == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
    tblog_status status = TBLOG_NO_MEMORY;
    record_sink *file = sink_file_create(descriptor, path);
    if (file == NULL)
        close(descriptor);
    else
        status = writer_open_on_sink(out, file, path, &resolved, &flush_timer_system);
    if (status != TBLOG_OK) {
        int cause = errno;
        unlink(path);
        errno = cause;
    }
    free(path);
    return status;
}

/* ---- Closing ---- */

tblog_status tblog_writer_close(tblog_writer *writer)
{
    if (writer == NULL)
        return TBLOG_OK;
    if (writer_is_forked_copy(writer)) {
        (void)writer->sink->close(writer->sink); /* the child's own descriptor */
        free_memory(writer);
        return TBLOG_OK;
    }
    pthread_mutex_lock(&writer->mutex);
    writer->closing = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->flush_interval_ms > 0)
        pthread_join(writer->flusher, NULL);
    /* Tried even behind an error: what was accepted before it may find room by now. */
    writer_flush_records(writer);
    if (writer->sink->close(writer->sink) != 0)
        writer_latch(writer, "close", errno);
    tblog_status status = writer->latched;
    int cause = writer->latched_errno;
    free_lock(writer);
    free_memory(writer);
    errno = cause;
    return status;
}
