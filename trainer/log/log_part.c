#include "log_part.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "run_log_checked.h"

/* The most scalars that one call logs. */
enum { MOST_SCALARS = 8 };

int log_part_read(log_part *out, const char *directory, const char *part, const run_log_head *head,
                  char *message)
{
    *out = (log_part){0};
    return head->past == NULL ? 0
                              : logged_points_read(&out->logged, directory, part, head->past,
                                                   &head->note, message);
}

/* Finer than tblog's own clock: TensorBoard orders runs by their first wall times, and chooses their
 * colours by that order. */
static double exact_time(void *unused)
{
    (void)unused;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int log_part_open(log_part *self, const char *directory, const char *part, char *message)
{
    char path[PATH_MAX];
    if (message_join_path(path, sizeof path, directory, part, message) != 0) {
        return -1;
    }
    const tblog_clock clock = {.wall_time = exact_time};
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.clock = &clock;
    errno = 0;
    const tblog_status status = tblog_writer_open(&self->writer, path, &options);
    if (status != TBLOG_OK) {
        return message_set(message, "%s: no event file can be made there: %s", path,
                           status == TBLOG_IO && errno != 0 ? strerror(errno)
                                                            : tblog_status_string(status));
    }
    return 0;
}

bool log_part_has(const log_part *part, const char *tag, int64_t step)
{
    return step <= logged_points_last_step(&part->logged, tag);
}

int log_part_add_scalars(log_part *part, int64_t step, const tblog_scalar *scalars, size_t count,
                         char *message)
{
    tblog_scalar fresh[MOST_SCALARS];
    size_t fresh_count = 0;
    assert(count <= MOST_SCALARS);
    for (size_t i = 0; i < count; i++) {
        if (!log_part_has(part, scalars[i].tag, step)) {
            fresh[fresh_count++] = scalars[i];
        }
    }
    return fresh_count == 0
               ? 0
               : run_log_checked(part->writer,
                                 tblog_add_scalars(part->writer, step, fresh, fresh_count),
                                 message);
}

int log_part_flush(log_part *part, char *message)
{
    return run_log_checked(part->writer, tblog_writer_flush(part->writer), message);
}

int log_part_sync(log_part *part, char *message)
{
    return run_log_checked(part->writer, tblog_writer_sync(part->writer), message);
}

/* Copies the path and the sticky message first, since closing frees them. */
static int close_writer(log_part *part, char *message)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", tblog_writer_path(part->writer));
    const int flushed = log_part_flush(part, message);
    errno = 0;
    const tblog_status closed = tblog_writer_close(part->writer);
    const int cause = errno;
    if (flushed == 0 && closed != TBLOG_OK) {
        return message_set(
            message, "the event file cannot be closed: %s: %s",
            closed == TBLOG_IO && cause != 0 ? strerror(cause) : tblog_status_string(closed), path);
    }
    return flushed;
}

int log_part_close(log_part *part, char *message)
{
    const int status = part->writer != NULL ? close_writer(part, message) : 0;
    logged_points_free(&part->logged);
    *part = (log_part){0};
    return status;
}
