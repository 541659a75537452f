#include "event_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory_lock.h"
#include "event_encode.h"
#include "event_file_name.h"
#include "record_writer.h"
#include "sink_file.h"
#include "version_text.h"

typedef struct file_path {
    struct file_path *older;
    char text[];
} file_path;

struct event_file {
    char *directory; /* NULL for a sink of the caller */
    char *suffix;    /* of names in it */
    directory_lock *lock;
    file_path *paths;      /* the newest first; never freed early: callers have pointers to them */
    record_writer records; /* of the newest file; we own its sink */
    uint64_t first_bytes;  /* of that file's first record */
    uint64_t synced_bytes; /* of that file */
};

/* ---- Beginning a file ---- */

static int write_file_version(record_writer *records, double wall_time)
{
    record_queue queue = {0};
    int cause = ENOMEM;
    byte_buffer *out = record_queue_begin(&queue);
    if (out != NULL && event_encode_file_version(out, wall_time, "tblog " VERSION_TEXT)) {
        cause = record_queue_end(&queue, true);
    }
    if (cause == 0) {
        record_writer_take(records, &queue);
        cause = record_writer_flush(records);
    }
    record_writer_free(records); /* the memory for one record */
    record_queue_free(&queue);
    return cause;
}

static file_path *path_new(const char *text, file_path *older)
{
    const size_t bytes = strlen(text) + 1;
    file_path *path = malloc(sizeof *path + bytes);
    if (path != NULL) {
        path->older = older;
        memcpy(path->text, text, bytes);
    }
    return path;
}

/* Continues in the empty file of `sink`. If that fails nothing has changed, and the caller
 * still owns the sink. */
static int begin_on_sink(event_file *file, record_sink *sink, const char *path, double wall_time)
{
    file_path *newest = path_new(path, file->paths);
    if (newest == NULL) {
        return ENOMEM;
    }
    record_writer next;
    record_writer_init(&next, sink);
    const int cause = write_file_version(&next, wall_time);
    if (cause != 0) {
        free(newest);
        return cause;
    }
    next.batch = file->records.batch; /* empty, but it has memory */
    file->records = next;
    file->paths = newest;
    file->first_bytes = next.file_bytes;
    file->synced_bytes = 0;
    return 0;
}

/* Continues in a new file of the directory. If that fails nothing has changed. */
static int begin_in_directory(event_file *file, double wall_time)
{
    if (!(wall_time >= 0.0 && wall_time <= (double)EVENT_FILE_SECONDS_MAX)) {
        return EINVAL;
    }
    /* After this writer's own files, even if the directory has been removed with them. */
    const char *newest = file->paths == NULL ? "" : strrchr(file->paths->text, '/') + 1;
    char *path;
    const int descriptor =
        event_file_name_create(file->directory, (int64_t)wall_time, file->suffix, newest, &path);
    if (descriptor < 0) {
        return errno;
    }
    int cause = ENOMEM;
    record_sink *sink = sink_file_create(descriptor, path);
    if (sink == NULL) {
        close(descriptor);
    } else {
        cause = begin_on_sink(file, sink, path, wall_time);
        if (cause != 0) {
            (void)sink->close(sink);
        }
    }
    if (cause != 0) {
        unlink(path);
    }
    free(path);
    return cause;
}

/* ---- Opening and closing ---- */

/* The sink stays open. */
static void free_memory(event_file *file)
{
    record_writer_free(&file->records);
    for (file_path *path = file->paths; path != NULL;) {
        file_path *older = path->older;
        free(path);
        path = older;
    }
    directory_lock_release(file->lock);
    free(file->suffix);
    free(file->directory);
    free(file);
}

/* Makes the directory if it is missing, and locks it if requested. */
static int enter_directory(event_file *file, const char *directory, const char *suffix, bool locked)
{
    if (event_directory_make(directory) != 0) {
        return errno;
    }
    if (locked && (file->lock = directory_lock_take(directory)) == NULL) {
        return errno;
    }
    file->directory = strdup(directory);
    file->suffix = strdup(suffix);
    return file->directory == NULL || file->suffix == NULL ? ENOMEM : 0;
}

int event_file_open(event_file **out, const char *directory, const char *suffix, bool locked,
                    double wall_time)
{
    *out = NULL;
    event_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return ENOMEM;
    }
    int cause = enter_directory(file, directory, suffix, locked);
    if (cause == 0) {
        cause = begin_in_directory(file, wall_time);
    }
    if (cause != 0) {
        free_memory(file);
        return cause;
    }
    *out = file;
    return 0;
}

int event_file_open_on_sink(event_file **out, record_sink *sink, const char *path, double wall_time)
{
    *out = NULL;
    event_file *file = calloc(1, sizeof *file);
    const int cause = file == NULL ? ENOMEM : begin_on_sink(file, sink, path, wall_time);
    if (cause != 0) {
        (void)sink->close(sink);
        free(file);
        return cause;
    }
    *out = file;
    return 0;
}

static int close_sink(record_sink *sink)
{
    return sink->close(sink) == 0 ? 0 : errno;
}

int event_file_close(event_file *file)
{
    const int cause = close_sink(file->records.sink);
    free_memory(file);
    return cause;
}

void event_file_free(event_file *file)
{
    record_sink *sink = file->records.sink;
    (void)sink->close(sink);
    free_memory(file);
}

void event_file_remove(event_file *file)
{
    if (file->directory != NULL) {
        unlink(file->paths->text);
    }
    event_file_free(file);
}

/* ---- Writing ---- */

void event_file_take(event_file *file, record_queue *queue)
{
    record_writer_take(&file->records, queue);
}

int event_file_write(event_file *file)
{
    return record_writer_flush(&file->records);
}

void event_file_discard_batch(event_file *file)
{
    record_writer_discard(&file->records);
}

byte_buffer *event_file_batch(event_file *file)
{
    return &file->records.batch;
}

uint64_t event_file_bytes(const event_file *file)
{
    return file->records.file_bytes + file->records.batch.size;
}

bool event_file_is_empty(const event_file *file)
{
    return event_file_bytes(file) == file->first_bytes;
}

int event_file_sync(event_file *file)
{
    record_sink *sink = file->records.sink;
    int result;
    do {
        result = sink->sync(sink);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        return errno;
    }
    file->synced_bytes = file->records.file_bytes;
    return 0;
}

bool event_file_is_synced(const event_file *file)
{
    return file->synced_bytes == file->records.file_bytes;
}

/* Begins the next file and closes the current one. */
static int begin_next(event_file *file, double wall_time, int *close_cause)
{
    assert(file->records.batch.size == 0);
    *close_cause = 0;
    if (file->directory == NULL) {
        return ENOENT;
    }
    record_sink *finished = file->records.sink;
    const int cause = begin_in_directory(file, wall_time);
    if (cause == 0) {
        *close_cause = close_sink(finished);
    }
    return cause;
}

int event_file_rotate(event_file *file, double wall_time, int *close_cause)
{
    *close_cause = 0;
    const int cause = event_file_sync(file);
    return cause == 0 ? begin_next(file, wall_time, close_cause) : cause;
}

int event_file_replace(event_file *file, double wall_time)
{
    int close_cause; /* of a removed file, which cannot lose anything more */
    return begin_next(file, wall_time, &close_cause);
}

const char *event_file_path(const event_file *file)
{
    return file->paths->text;
}
