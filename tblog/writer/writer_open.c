#include "lint.h"
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

/* ---- Options ---- */

static const tblog_clock system_clock = {.wall_time = wall_clock_read_system, .context = NULL};

void tblog_writer_options_init(tblog_writer_options *options)
{
    *options = (tblog_writer_options){.size = sizeof *options,
                                      .flush_interval_ms = 1000,
                                      .buffer_bytes = 256 * 1024,
                                      .queue_bytes = 4 * 1024 * 1024,
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
        if (!lint(options->size >= sizeof options->size && options->size <= sizeof *options,
                  "options of an unknown size; tblog_writer_options_init sets it")) {
            return TBLOG_INVALID;
        }
        memcpy(resolved, options, options->size);
        resolved->size = sizeof *resolved;
    }
    if (resolved->clock == NULL) {
        resolved->clock = &system_clock;
    }
    if (resolved->file_suffix == NULL) {
        resolved->file_suffix = "";
    }
    if (!lint(strlen(resolved->file_suffix) <= SUFFIX_BYTES_MAX &&
                  strchr(resolved->file_suffix, '/') == NULL,
              "the option file_suffix is longer than %d bytes, or holds a '/'", SUFFIX_BYTES_MAX) ||
        !lint_printable(resolved->file_suffix, "the option file_suffix") ||
        !lint(resolved->clock->wall_time != NULL, "the option clock has no wall_time") ||
        !lint(resolved->queue_bytes > 0, "the option queue_bytes is 0") ||
        !lint((unsigned)resolved->full_queue <= TBLOG_FULL_QUEUE_FAIL,
              "the option full_queue is none of the three")) {
        return TBLOG_INVALID;
    }
    return TBLOG_OK;
}

/* ---- Opening ---- */

static int make_locks(tblog_writer *writer)
{
    pthread_condattr_t attributes;
    int cause = pthread_condattr_init(&attributes);
    if (cause != 0) {
        return cause;
    }
    cause = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (cause == 0) {
        cause = pthread_cond_init(&writer->changed, &attributes);
    }
    pthread_condattr_destroy(&attributes);
    /* On Linux the rest takes no resources and cannot fail. */
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

static void free_memory(tblog_writer *writer)
{
    record_writer_free(&writer->records);
    record_queue_free(&writer->queue);
    tag_set_free(&writer->tags);
    byte_buffer_free(&writer->scalars);
    byte_buffer_free(&writer->messages);
    for (file_path *path = writer->path; path != NULL;) {
        file_path *older = path->older;
        free(path);
        path = older;
    }
    free(writer);
}

bool writer_reserve(const tblog_writer *writer, byte_buffer *records)
{
    enum { QUEUE_BYTES_MAX = 16 * 1024 * 1024 };
    if (writer->flush_interval_ms == 0) {
        return true;
    }
    /* What is never used takes none of the machine's memory, only addresses. */
    const size_t bytes =
        writer->queue_bytes < QUEUE_BYTES_MAX ? writer->queue_bytes : QUEUE_BYTES_MAX;
    return byte_buffer_reserve(records, bytes + WRITER_EVENT_BYTES);
}

/* A writer without a thread that has written nothing yet; NULL without memory. */
static tblog_writer *allocate(record_sink *sink, const char *path,
                              const tblog_writer_options *options, const flush_timer *timer)
{
    tblog_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return NULL;
    }
    writer->clock = *options->clock;
    if (options->clock == &system_clock) {
        wall_clock_init(&writer->system_time);
        writer->clock =
            (tblog_clock){.wall_time = wall_clock_seconds, .context = &writer->system_time};
    }
    writer->timer = timer;
    writer->flush_interval_ms = options->flush_interval_ms;
    writer->queue_bytes = options->queue_bytes;
    writer->buffer_bytes = options->buffer_bytes;
    if (writer->buffer_bytes > writer->queue_bytes) {
        writer->buffer_bytes = writer->queue_bytes;
    }
    writer->full_queue = options->full_queue;
    writer->sync_every_flush = options->sync_every_flush;
    writer->retry_after_error = options->retry_after_error;
    writer->tensor_scalars = options->tensor_scalars;
    writer->fork_generation = writer_fork_generation;
    writer->sink = sink;
    record_writer_init(&writer->records, sink);
    if (!writer_set_path(writer, path) || make_locks(writer) != 0) {
        free_memory(writer);
        return NULL;
    }
    return writer;
}

/* Writes the first record and starts the flusher; errno tells the cause of TBLOG_IO. */
static tblog_status begin(tblog_writer *writer)
{
    const double now = writer_wall_time(writer);
    if (!lint(isfinite(now), "the clock's time is not a finite number")) {
        return TBLOG_INVALID;
    }
    int cause = writer_begin_file(&writer->records, now);
    /* These two change places. */
    if (cause == 0 && !(writer_reserve(writer, &writer->queue.records) &&
                        writer_reserve(writer, &writer->records.batch))) {
        cause = ENOMEM;
    }
    if (cause == 0 && writer->flush_interval_ms > 0) {
        cause = writer_start_flusher(writer);
    }
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
        status = writer == NULL ? TBLOG_NO_MEMORY : begin(writer);
    }
    if (status == TBLOG_OK) {
        *out = writer;
        return TBLOG_OK;
    }
    const int cause = errno;
    if (writer != NULL) {
        free_locks(writer);
        free_memory(writer);
    }
    (void)sink->close(sink);
    errno = cause;
    return status;
}

static void directory_free(event_directory *directory)
{
    directory_lock_release(directory->lock);
    free(directory->file_suffix);
    free(directory->path);
    *directory = (event_directory){0};
}

/* Makes the directory where it is missing, and locks it where that is wanted. */
static tblog_status directory_begin(event_directory *directory, const char *path,
                                    const tblog_writer_options *options)
{
    *directory = (event_directory){0};
    if (event_directory_make(path) != 0) {
        return errno == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
    }
    if (options->lock_directory && (directory->lock = directory_lock_take(path)) == NULL) {
        return errno == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
    }
    directory->path = strdup(path);
    directory->file_suffix = strdup(options->file_suffix);
    if (directory->path != NULL && directory->file_suffix != NULL) {
        return TBLOG_OK;
    }
    directory_free(directory);
    return TBLOG_NO_MEMORY;
}

/* The writer on a new file of the directory; no file is left where that fails. */
static tblog_status open_in_directory(tblog_writer **out, const event_directory *directory,
                                      const tblog_writer_options *options, double now)
{
    char *path = NULL;
    int descriptor =
        event_file_create(directory->path, (int64_t)now, directory->file_suffix, &path);
    if (descriptor < 0) {
        return errno == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
    }
    tblog_status status = TBLOG_NO_MEMORY;
    record_sink *file = sink_file_create(descriptor, path);
    if (file == NULL) {
        close(descriptor);
    } else {
        status = writer_open_on_sink(out, file, path, options, &flush_timer_system);
    }
    const int cause = errno;
    if (status != TBLOG_OK) {
        unlink(path);
    }
    free(path);
    errno = cause;
    return status;
}

tblog_status tblog_writer_open(tblog_writer **out, const char *run_directory,
                               const tblog_writer_options *options)
{
    lint_begin(NULL);
    if (!lint(out != NULL, "there is nowhere to put the writer")) {
        return TBLOG_INVALID;
    }
    *out = NULL;
    tblog_writer_options resolved;
    if (!lint(run_directory != NULL, "the run's directory is NULL") ||
        resolve_options(&resolved, options) != TBLOG_OK) {
        return TBLOG_INVALID;
    }
    const double now = resolved.clock->wall_time(resolved.clock->context);
    if (!lint(now >= 0.0 && now <= (double)EVENT_FILE_SECONDS_MAX,
              "the clock's time is not within 0 and %lld seconds",
              (long long)EVENT_FILE_SECONDS_MAX)) {
        return TBLOG_INVALID;
    }
    event_directory directory;
    tblog_status status = directory_begin(&directory, run_directory, &resolved);
    if (status != TBLOG_OK) {
        return status;
    }
    status = open_in_directory(out, &directory, &resolved, now);
    if (status != TBLOG_OK) {
        const int cause = errno;
        directory_free(&directory);
        errno = cause;
        return status;
    }
    /* Nobody else has the writer yet but its flusher, which has nothing to do. */
    (*out)->directory = directory;
    (*out)->rotate_bytes = resolved.rotate_bytes;
    lint_begin(*out); /* another writer may have had the address */
    return TBLOG_OK;
}

/* ---- Closing ---- */

tblog_status tblog_writer_close(tblog_writer *writer)
{
    if (writer == NULL) {
        return TBLOG_OK;
    }
    lint_begin(writer);
    if (writer_is_forked_copy(writer)) {
        /* The child's own descriptor: the parent's file and lock stay. */
        (void)writer->sink->close(writer->sink);
        directory_free(&writer->directory);
        free_memory(writer);
        return TBLOG_OK;
    }
    pthread_mutex_lock(&writer->mutex);
    writer->closing = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->flush_interval_ms > 0) {
        pthread_join(writer->flusher, NULL);
    }
    /* Tried even behind an error: what was accepted before it may find room by now. The flusher is
     * gone, and so are the callers: nobody else has the file. No next one is begun for the last
     * events: where that cannot be done, they are in this one. */
    writer->rotate_bytes = 0;
    writer_flush_records(writer);
    if (writer->sink->close(writer->sink) != 0) {
        writer_latch(writer, "close", errno);
    }
    const tblog_status status = writer->latched;
    const int cause = writer->latched_errno;
    directory_free(&writer->directory);
    free_locks(writer);
    free_memory(writer);
    errno = cause;
    return status;
}
