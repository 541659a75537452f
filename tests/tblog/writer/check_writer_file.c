/* The writer on real files: where they are made, full disks, killed and forked processes. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check_main.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"

static void sleep_microseconds(long microseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

/* Reads a file of scalars of one tag and checks that the steps count up from 0; returns how many
 * there are. */
static int64_t count_steps(const char *path, tblog_status *end)
{
    tblog_reader *reader;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    const tblog_event *event;
    *end = tblog_reader_next(reader, &event);
    if (*end == TBLOG_OK) {
        ck_assert_str_eq(event->content, "file_version");
    }
    int64_t steps = 0;
    while (*end == TBLOG_OK && (*end = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        /* No Check assertion for each: they would take longer than the reading. */
        if (event->step != steps) {
            ck_abort_msg("step %lld in place of %lld", (long long)event->step, (long long)steps);
        }
        steps++;
    }
    tblog_reader_close(reader);
    return steps;
}

START_TEST(a_run_is_made_with_its_directories_and_read_back)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char run[256];
    tblog_writer *writer;
    ck_assert_int_eq(
        tblog_writer_open(&writer, temporary_path(&directory, "a/b", run, sizeof run), NULL),
        TBLOG_OK);
    char *path = strdup(tblog_writer_path(writer));
    for (int64_t step = 0; step < 3; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
    }
    ck_assert_int_eq(tblog_writer_sync(writer), TBLOG_OK);
    tblog_status end;
    ck_assert_int_eq(count_steps(path, &end), 3);
    ck_assert_int_eq(end, TBLOG_END);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    free(path);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_point_reaches_the_file_without_a_flush)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer *writer;
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 20;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    for (int64_t step = 0; step < 3; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
        tblog_status end;
        while (count_steps(tblog_writer_path(writer), &end) <= step) {
            ck_assert_int_eq(end, TBLOG_END);
            sleep_microseconds(1000);
        }
    }
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_directory_that_cannot_be_is_told_with_errno)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char file[256];
    close(open(temporary_path(&directory, "file", file, sizeof file), O_CREAT | O_WRONLY, 0600));
    tblog_writer *writer = (tblog_writer *)file;
    ck_assert_int_eq(tblog_writer_open(&writer, file, NULL), TBLOG_IO);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_ptr_null(writer);
    ck_assert_int_eq(tblog_writer_open(&writer, NULL, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_writer_open(NULL, directory.path, NULL), TBLOG_INVALID);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.file_suffix = "/x";
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_INVALID);
    temporary_directory_remove(&directory);
}
END_TEST

static double far_future(void *context)
{
    (void)context;
    return 1e10;
}

START_TEST(a_wall_time_that_no_name_can_hold_is_refused)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    const tblog_clock clock = {.wall_time = far_future};
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.clock = &clock;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_INVALID);
    /* Nothing is left in the directory. */
    ck_assert_int_eq(rmdir(directory.path), 0);
}
END_TEST

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_file_that_may_not_grow_ends_with_a_whole_record)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 100; room < 200; room += 7) {
        tblog_writer *writer;
        ck_assert_int_eq(tblog_writer_open(&writer, directory.path, NULL), TBLOG_OK);
        char *path = strdup(tblog_writer_path(writer));
        for (int64_t step = 0; step < 10; step++) {
            ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
        }
        limit_file_size(room);
        ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_IO);
        ck_assert_ptr_nonnull(strstr(tblog_writer_message(writer), strerror(EFBIG)));
        tblog_status end;
        ck_assert_int_lt(count_steps(path, &end), 10);
        ck_assert_int_eq(end, TBLOG_END);
        limit_file_size(RLIM_INFINITY);
        tblog_writer_clear_error(writer);
        ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
        ck_assert_int_eq(count_steps(path, &end), 10);
        ck_assert_int_eq(end, TBLOG_END);
        free(path);
    }
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(open_leaves_no_file_where_the_first_record_fails)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(10);
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, NULL), TBLOG_IO);
    ck_assert_int_eq(errno, EFBIG);
    limit_file_size(RLIM_INFINITY);
    ck_assert_int_eq(rmdir(directory.path), 0);
}
END_TEST

/* What a logging child reports to its parent, in shared memory. */
typedef struct child_progress {
    char path[512];
    atomic_int_least64_t flushed_steps; /* the number of steps for which flush has returned */
} child_progress;

/* Logs without end and flushes now and then, with a small queue that is often full. */
static void log_until_killed(const char *run, child_progress *progress, unsigned seed)
{
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = seed % 4 == 0 ? 0 : 1;
    options.buffer_bytes = 3000;
    options.queue_bytes = 5000;
    tblog_writer *writer;
    if (tblog_writer_open(&writer, run, &options) != TBLOG_OK) {
        _exit(1);
    }
    snprintf(progress->path, sizeof progress->path, "%s", tblog_writer_path(writer));
    for (int64_t step = 0;; step++) {
        if (tblog_add_scalar(writer, "loss", step, 1.0) != TBLOG_OK) {
            _exit(1);
        }
        seed = seed * 1103515245u + 12345u;
        if (step == 20 || (seed >> 16) % 32 == 0) {
            if (tblog_writer_flush(writer) != TBLOG_OK) {
                _exit(1);
            }
            atomic_store(&progress->flushed_steps, step + 1);
        }
    }
}

/* With a sanitizer a fork takes many times as long, and a sanitizer finds nothing in a process that
 * is killed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { KILLS = 20 };
#else
enum { KILLS = 200 };
#endif

START_TEST(a_process_killed_at_any_moment_leaves_whole_all_that_flush_had_returned_for)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    child_progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(progress, MAP_FAILED);
    for (unsigned attempt = 0; attempt < KILLS; attempt++) {
        atomic_store(&progress->flushed_steps, 0);
        char run[256];
        char name[16];
        snprintf(name, sizeof name, "%u", attempt);
        temporary_path(&directory, name, run, sizeof run);
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            log_until_killed(run, progress, attempt);
        }
        while (atomic_load(&progress->flushed_steps) == 0) {
            sleep_microseconds(100);
        }
        sleep_microseconds((long)(attempt * 7919u % 2000u));
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        tblog_status end;
        ck_assert_int_ge(count_steps(progress->path, &end), atomic_load(&progress->flushed_steps));
        ck_assert(end == TBLOG_END || end == TBLOG_TRUNCATED);
    }
    munmap(progress, sizeof *progress);
    temporary_directory_remove(&directory);
}
END_TEST

/* Checks, in a child of a logging process, that the writer keeps its promises. 0 if it does. */
static int use_in_child(tblog_writer *writer, const char *run)
{
    if (tblog_add_scalar(writer, "loss", 99, 1.0) != TBLOG_INVALID ||
        tblog_add_keras_graph(writer, "keras", 0, "{}") != TBLOG_INVALID) {
        return 1;
    }
    if (tblog_writer_flush(writer) != TBLOG_INVALID || tblog_writer_sync(writer) != TBLOG_INVALID) {
        return 2;
    }
    if (tblog_writer_status(writer) != TBLOG_INVALID || tblog_writer_message(writer)[0] == '\0') {
        return 3;
    }
    tblog_writer_clear_error(writer);
    if (tblog_writer_close(writer) != TBLOG_OK) {
        return 4;
    }
#if defined(__SANITIZE_ADDRESS__)
    /* The busy thread may have held a lock of AddressSanitizer's allocator at the fork. */
    (void)run;
#else
    /* A new writer works in the child. */
    tblog_writer_options options;
    tblog_writer_options_init(&options);
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    options.flush_interval_ms = 0; /* The sanitizers do not support threads in a forked child. */
#endif
    tblog_writer *own;
    if (tblog_writer_open(&own, run, &options) != TBLOG_OK ||
        tblog_add_scalar(own, "loss", 0, 1.0) != TBLOG_OK || tblog_writer_close(own) != TBLOG_OK) {
        return 5;
    }
#endif
    return 0;
}

static atomic_bool is_busy;

static void *log_busily(void *writer)
{
    atomic_store(&is_busy, true);
    for (int i = 0; i < 20000; i++) {
        if (tblog_writer_flush(writer) != TBLOG_OK) {
            return NULL;
        }
    }
    return writer;
}

START_TEST(a_forked_child_cannot_write_by_its_parents_handle_and_does_not_hang)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char child_run[256];
    temporary_path(&directory, "child", child_run, sizeof child_run);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 3600 * 1000;
    options.buffer_bytes = 1;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    char *path = strdup(tblog_writer_path(writer));
    /* The threads must have begun before the first fork: they allocate then, and a lock of
     * AddressSanitizer's allocator that a child inherits locked stays so. */
    tblog_status end;
    ck_assert_int_eq(tblog_add_scalar(writer, "loss", 0, 1.0), TBLOG_OK);
    while (count_steps(path, &end) == 0) {
        sleep_microseconds(100);
    }
    /* The mutex is taken all the time, so that some child inherits it locked. */
    pthread_t busy;
    ck_assert_int_eq(pthread_create(&busy, NULL, log_busily, writer), 0);
    while (!atomic_load(&is_busy)) {
        sleep_microseconds(100);
    }
    for (int64_t step = 1; step < 10; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            _exit(use_in_child(writer, child_run));
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), 0);
    }
    void *result;
    ck_assert_int_eq(pthread_join(busy, &result), 0);
    ck_assert_ptr_eq(result, writer);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    ck_assert_int_eq(count_steps(path, &end), 10);
    ck_assert_int_eq(end, TBLOG_END);
    free(path);
    temporary_directory_remove(&directory);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_file", a_run_is_made_with_its_directories_and_read_back,
                     a_point_reaches_the_file_without_a_flush,
                     a_directory_that_cannot_be_is_told_with_errno,
                     a_wall_time_that_no_name_can_hold_is_refused,
                     a_file_that_may_not_grow_ends_with_a_whole_record,
                     open_leaves_no_file_where_the_first_record_fails,
                     a_process_killed_at_any_moment_leaves_whole_all_that_flush_had_returned_for,
                     a_forked_child_cannot_write_by_its_parents_handle_and_does_not_hang);
}
