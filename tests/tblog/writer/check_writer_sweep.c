/* Checks the writer's promises on real files, for each way to use it, with each kind of fault at
 * each system call in turn:
 *
 *   - an error is reported, stays until it is cleared, and keeps events out meanwhile (or not, with
 *     retry_after_error);
 *   - events for which flush has returned TBLOG_OK can be read;
 *   - in the end the files hold exactly the accepted events, whole, once each and in order, except
 *     those that were dropped and counted; and each file has its tags' metadata. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "faulty_calls.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"

enum {
    EVENTS = 24,
    FAULTS_END = 16, /* the event before which the faults end */
    FLUSH_EVERY = 6,
    FILES_MAX = 128,
    PATH_BYTES = 512,
    TAG_BYTES = 16
};

/* ---- The ways to use a writer ---- */

typedef struct way {
    const char *name;
    uint32_t flush_interval_ms;
    size_t buffer_bytes;
    size_t queue_bytes;
    tblog_full_queue full_queue;
    bool sync_every_flush;
    bool retry_after_error;
    uint64_t rotate_bytes;
    bool rotates_by_call; /* where others flush */
    bool two_writers;     /* on one directory */
} way;

enum { NEVER_MS = 3600 * 1000, LARGE = 1 << 20 };

static const way ways[] = {
    {.name = "each event at once"},
    {.name = "each event at once, with fsync", .sync_every_flush = true},
    {.name = "at once, retrying", .retry_after_error = true},
    {.name = "at once, rotating", .rotate_bytes = 400},
    {.name = "at once, rotating, retrying", .rotate_bytes = 400, .retry_after_error = true},
    {.name = "at once, two writers", .rotate_bytes = 300, .two_writers = true},
    {.name = "at once, rotating by call", .rotates_by_call = true},
    {.name = "by flush", .flush_interval_ms = NEVER_MS, .buffer_bytes = LARGE},
    {.name = "by flush, with fsync, rotating",
     .flush_interval_ms = NEVER_MS,
     .buffer_bytes = LARGE,
     .sync_every_flush = true,
     .rotate_bytes = 400},
    {.name = "by flush, two writers, rotating",
     .flush_interval_ms = NEVER_MS,
     .buffer_bytes = LARGE,
     .rotate_bytes = 400,
     .two_writers = true},
    {.name = "by flush, a full queue drops",
     .flush_interval_ms = NEVER_MS,
     .buffer_bytes = LARGE,
     .queue_bytes = 300,
     .full_queue = TBLOG_FULL_QUEUE_DROP_OLDEST,
     .rotate_bytes = 400},
    {.name = "by call, with fsync",
     .flush_interval_ms = NEVER_MS,
     .buffer_bytes = LARGE,
     .sync_every_flush = true,
     .rotates_by_call = true},
    {.name = "by thread, rotating by call, retrying",
     .flush_interval_ms = 1,
     .buffer_bytes = 100,
     .queue_bytes = 200,
     .retry_after_error = true,
     .rotates_by_call = true},
    {.name = "by thread, waiting", .flush_interval_ms = 1, .buffer_bytes = 100, .queue_bytes = 200},
    {.name = "by thread, waiting, retrying, rotating",
     .flush_interval_ms = 1,
     .buffer_bytes = 100,
     .queue_bytes = 200,
     .retry_after_error = true,
     .rotate_bytes = 300},
    {.name = "by thread, dropping, with fsync",
     .flush_interval_ms = 1,
     .buffer_bytes = 100,
     .queue_bytes = 200,
     .full_queue = TBLOG_FULL_QUEUE_DROP_OLDEST,
     .retry_after_error = true,
     .sync_every_flush = true},
    {.name = "by thread, failing",
     .flush_interval_ms = 1,
     .buffer_bytes = 100,
     .queue_bytes = 200,
     .full_queue = TBLOG_FULL_QUEUE_FAIL,
     .rotate_bytes = 300},
};

/* ---- What is logged, and where ---- */

typedef struct logger {
    tblog_writer *writer;
    char prefix; /* of its tags */
    int64_t accepted[EVENTS];
    size_t accepted_count;
} logger;

typedef struct run {
    const way *way;
    call_fault fault;
    char description[160]; /* for failures */
    temporary_directory directory;
    char path[PATH_BYTES]; /* the writers' directory */
    char moved[PATH_BYTES];
    logger loggers[2];
    size_t logger_count;
} run;

#define require(run, condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s: not so: %s", (run)->description, #condition);                        \
    } while (0)

static void tag_of(const logger *l, int64_t step, char *tag)
{
    snprintf(tag, TAG_BYTES, "%c%d", l->prefix, (int)(step % 4));
}

/* ---- Reading ---- */

typedef struct file_list {
    char paths[FILES_MAX][PATH_BYTES];
    size_t count;
} file_list;

static int compare_names(const void *a, const void *b)
{
    return strcmp(strrchr(a, '/'), strrchr(b, '/'));
}

static void add_files(file_list *list, const char *directory)
{
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        ck_assert_uint_lt(list->count, FILES_MAX);
        snprintf(list->paths[list->count++], PATH_BYTES, "%.200s/%.250s", directory, entry->d_name);
    }
    closedir(stream);
}

/* Reads the logger's events of a file into `steps`, from *count on. Its tags must have metadata at
 * their first values. Returns the status after the last event. */
static tblog_status read_file(const run *r, const char *path, const logger *l, int64_t *steps,
                              size_t *count)
{
    tblog_reader *reader;
    const tblog_event *event;
    bool seen[4] = {false};
    require(r, tblog_reader_open(&reader, path) == TBLOG_OK);
    tblog_status status = tblog_reader_next(reader, &event);
    require(r, status != TBLOG_OK || event->file_version != NULL);
    while (status == TBLOG_OK && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        require(r, event->value_count == 1);
        const tblog_value *value = event->values[0];
        if (value->tag[0] != l->prefix) {
            continue;
        }
        char tag[TAG_BYTES];
        tag_of(l, event->step, tag);
        require(r, strcmp(value->tag, tag) == 0 && value->scalar == (double)event->step);
        require(r, seen[event->step % 4] || strcmp(value->plugin, "scalars") == 0);
        seen[event->step % 4] = true;
        require(r, *count < EVENTS);
        steps[(*count)++] = event->step;
    }
    tblog_reader_close(reader);
    return status;
}

/* The files have accepted events in their order; if `whole`, all except the dropped ones. */
static void check_files(const run *r, const logger *l, uint64_t dropped, bool whole)
{
    static file_list files;
    int64_t steps[EVENTS];
    size_t count = 0;
    files.count = 0;
    faulty_calls_exempt(true);
    add_files(&files, r->path);
    add_files(&files, r->moved);
    qsort(files.paths, files.count, PATH_BYTES, compare_names);
    for (size_t i = 0; i < files.count; i++) {
        const tblog_status end = read_file(r, files.paths[i], l, steps, &count);
        /* A torn record can be cut off even on a full disk. */
        require(r,
                end == TBLOG_END || (!whole && r->fault != FAULT_FULL && end == TBLOG_TRUNCATED));
    }
    faulty_calls_exempt(false);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        while (at < l->accepted_count && l->accepted[at] != steps[i]) {
            at++;
        }
        require(r, at++ < l->accepted_count); /* an accepted one, after the one before */
    }
    require(r, !whole || count + dropped == l->accepted_count);
}

/* ---- Logging ---- */

/* Checks a status that a call returned, and clears the error if there is one. */
static void take_status(const run *r, logger *l, tblog_status status)
{
    if (status == TBLOG_FULL) {
        require(r, r->way->full_queue != TBLOG_FULL_QUEUE_WAIT);
        return;
    }
    require(r, status == TBLOG_OK || status == TBLOG_IO);
    if (status == TBLOG_OK || r->way->retry_after_error) {
        return;
    }
    require(r, tblog_writer_status(l->writer) == TBLOG_IO);
    require(r, tblog_writer_message(l->writer)[0] != '\0');
    require(r, tblog_add_scalar(l->writer, "refused", 0, 0.0) == TBLOG_IO);
    require(r, tblog_writer_flush(l->writer) == TBLOG_IO);
    /* Nothing writes any more: the files are whole, unless cutting them failed. */
    check_files(r, l, 0, false);
    tblog_writer_clear_error(l->writer);
}

static tblog_status flush(const run *r, const logger *l, int64_t step)
{
    if (r->way->rotates_by_call) {
        return tblog_writer_rotate(l->writer);
    }
    return step == FLUSH_EVERY - 1 ? tblog_writer_sync(l->writer) : tblog_writer_flush(l->writer);
}

static void log_event(const run *r, logger *l, int64_t step)
{
    char tag[TAG_BYTES];
    tag_of(l, step, tag);
    tblog_status status = tblog_add_scalar(l->writer, tag, step, (double)step);
    if (status == TBLOG_OK) {
        l->accepted[l->accepted_count++] = step;
    }
    take_status(r, l, status);
    if (step % FLUSH_EVERY != FLUSH_EVERY - 1) {
        return;
    }
    status = flush(r, l, step);
    if (status == TBLOG_OK) {
        check_files(r, l, tblog_writer_dropped(l->writer), true);
    }
    take_status(r, l, status);
}

static void open_writers(run *r)
{
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = r->way->flush_interval_ms;
    if (r->way->buffer_bytes > 0) {
        options.buffer_bytes = r->way->buffer_bytes;
    }
    if (r->way->queue_bytes > 0) {
        options.queue_bytes = r->way->queue_bytes;
    }
    options.full_queue = r->way->full_queue;
    options.sync_every_flush = r->way->sync_every_flush;
    options.retry_after_error = r->way->retry_after_error;
    options.rotate_bytes = r->way->rotate_bytes;
    r->logger_count = r->way->two_writers ? 2 : 1;
    for (size_t i = 0; i < r->logger_count; i++) {
        r->loggers[i] = (logger){.prefix = (char)('a' + i)};
        require(r, tblog_writer_open(&r->loggers[i].writer, r->path, &options) == TBLOG_OK);
    }
}

/* One run through the given faults. Returns whether there was one. */
static bool log_through(const way *w, call_fault fault, size_t from, size_t length, bool faults_end)
{
    static run r;
    r = (run){.way = w, .fault = fault};
    snprintf(r.description, sizeof r.description, "%s: fault %d at call %zu for %zu, %s", w->name,
             (int)fault, from, length, faults_end ? "then none" : "up to the close");
    temporary_directory_make(&r.directory);
    temporary_path(&r.directory, "run", r.path, sizeof r.path);
    temporary_path(&r.directory, "moved", r.moved, sizeof r.moved);
    open_writers(&r);
    faulty_calls_begin(fault, from, length > SIZE_MAX - from ? SIZE_MAX : from + length, r.path,
                       r.moved);
    bool met = false;
    for (int64_t step = 0; step < EVENTS; step++) {
        if (step == FAULTS_END && faults_end) {
            met = faulty_calls_end();
            /* A writer that rotates may have made the directory again; then both stay. */
            if (access(r.path, F_OK) != 0) {
                (void)rename(r.moved, r.path);
            }
        }
        for (size_t i = 0; i < r.logger_count; i++) {
            log_event(&r, &r.loggers[i], step);
        }
    }
    for (size_t i = 0; i < r.logger_count; i++) {
        logger *l = &r.loggers[i];
        /* Without a thread that retries, an error of the last events is still to be cleared. */
        if (faults_end && tblog_writer_status(l->writer) != TBLOG_OK && !w->retry_after_error) {
            tblog_writer_clear_error(l->writer);
        }
        const uint64_t dropped = tblog_writer_dropped(l->writer);
        const tblog_status closed = tblog_writer_close(l->writer);
        require(&r, closed == TBLOG_OK || (closed == TBLOG_IO && !faults_end));
        check_files(&r, l, dropped, closed == TBLOG_OK);
    }
    met |= faulty_calls_end();
    temporary_directory_remove(&r.directory);
    return met;
}

/* With a sanitizer everything takes many times as long, so it sees every sixth call. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOWNESS = 6 };
#else
enum { SLOWNESS = 1 };
#endif

/* Faults at every `stride`th call in turn, until the run ends before the call is made. */
static void sweep(size_t stride, size_t length, bool faults_end)
{
    stride *= SLOWNESS;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        for (int fault = 0; fault < FAULT_COUNT; fault++) {
            /* If every call were interrupted, the run would never end. */
            if (fault == FAULT_EINTR && length > 100) {
                continue;
            }
            size_t from = (size_t)fault % stride;
            while (log_through(&ways[i], (call_fault)fault, from, length, faults_end)) {
                from += stride;
            }
            ck_assert_uint_gt(from, 5);
        }
    }
}

START_TEST(one_fault_at_any_call_breaks_no_promise)
{
    sweep(1, 1, true);
}
END_TEST

START_TEST(three_faults_in_a_row_break_no_promise)
{
    sweep(3, 3, true);
}
END_TEST

START_TEST(faults_that_last_a_while_break_no_promise)
{
    sweep(5, SIZE_MAX, true);
}
END_TEST

START_TEST(faults_up_to_the_close_tear_nothing_but_the_end)
{
    sweep(4, SIZE_MAX, false);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_sweep", one_fault_at_any_call_breaks_no_promise,
                     three_faults_in_a_row_break_no_promise,
                     faults_that_last_a_while_break_no_promise,
                     faults_up_to_the_close_tear_nothing_but_the_end);
}
