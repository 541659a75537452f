/* The files of a writer: how one begins, and how the next one takes its place. */
#include "writer_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event_file_name.h"

int writer_begin_file(record_writer *records, double wall_time)
{
    if (!isfinite(wall_time)) {
        return EINVAL;
    }
    record_queue queue = {0};
    int cause = ENOMEM;
    byte_buffer *out = record_queue_begin(&queue);
    if (out != NULL && event_encode_file_version(out, wall_time, "tblog " TBLOG_VERSION)) {
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

bool writer_set_path(tblog_writer *writer, const char *path)
{
    const size_t bytes = strlen(path) + 1;
    file_path *newest = malloc(sizeof *newest + bytes);
    if (newest == NULL) {
        return false;
    }
    memcpy(newest->text, path, bytes);
    newest->older = writer->path;
    writer->path = newest;
    return true;
}

int writer_sync_file(tblog_writer *writer)
{
    int result;
    do {
        result = writer->sink->sync(writer->sink);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

/* Makes the next file with its first record; its sink, or NULL with errno. */
static record_sink *make_next_file(tblog_writer *writer, record_writer *records)
{
    pthread_mutex_lock(&writer->mutex); /* the clock is read by one thread at a time */
    const double now = writer_wall_time(writer);
    pthread_mutex_unlock(&writer->mutex);
    if (!(now >= 0.0 && now <= (double)EVENT_FILE_SECONDS_MAX)) {
        errno = EINVAL;
        return NULL;
    }
    /* Behind this writer's own files even where the directory has been removed with them. */
    int64_t seconds = event_file_name_seconds(strrchr(writer->path->text, '/') + 1) + 1;
    if (seconds < (int64_t)now) {
        seconds = (int64_t)now;
    }
    char *path;
    const event_directory *directory = &writer->directory;
    const int descriptor =
        event_file_create(directory->path, seconds, directory->file_suffix, &path);
    if (descriptor < 0) {
        return NULL;
    }
    record_sink *file = sink_file_create(descriptor, path);
    int cause = ENOMEM;
    if (file == NULL) {
        close(descriptor);
    } else {
        record_writer_init(records, file);
        cause = writer_begin_file(records, now);
        pthread_mutex_lock(&writer->mutex);
        if (cause == 0 && !writer_set_path(writer, path)) {
            cause = ENOMEM;
        }
        pthread_mutex_unlock(&writer->mutex);
        if (cause != 0) {
            (void)file->close(file);
        }
    }
    if (cause != 0) {
        unlink(path);
    }
    free(path);
    errno = cause;
    return cause == 0 ? file : NULL;
}

int writer_rotate(tblog_writer *writer)
{
    const int cause = writer_sync_file(writer);
    if (cause != 0) {
        return cause;
    }
    record_writer next;
    record_sink *file = make_next_file(writer, &next);
    if (file == NULL) {
        return errno;
    }
    record_sink *finished = writer->sink;
    next.batch = writer->records.batch; /* empty, but it has memory */
    writer->records = next;
    writer->sink = file;
    writer->synced_bytes = 0;
    /* It has been synced, so a failing close has nothing more to lose. */
    (void)finished->close(finished);
    return 0;
}
