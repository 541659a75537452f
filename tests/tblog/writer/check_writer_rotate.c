/* Files that end because of a call or their age. fsync and close are wrapped: the test sees their
 * last file, and close can fail. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_timer.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"
#include "writer_open.h"

enum { PATH_BYTES = 512, NEVER_MS = 3600 * 1000 };

int __real_fsync(int fd);
int __real_close(int fd);
int __wrap_fsync(int fd);
int __wrap_close(int fd);

static pthread_mutex_t calls = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static char synced[PATH_BYTES];                           /* the event file that was synced last */
static char closed[PATH_BYTES];
static int close_failure; /* errno of the next close of an event file; 0 for none */

/* The path that the descriptor was opened by; whether it is an event file's. */
static bool find_event_file(int fd, char path[PATH_BYTES])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t bytes = readlink(link, path, PATH_BYTES - 1);
    path[bytes < 0 ? 0 : bytes] = '\0';
    return strstr(path, "tfevents") != NULL;
}

static bool note_call(char noted[PATH_BYTES], int fd)
{
    char path[PATH_BYTES];
    const bool is_event_file = find_event_file(fd, path);
    if (is_event_file) {
        pthread_mutex_lock(&calls);
        memcpy(noted, path, PATH_BYTES);
        pthread_mutex_unlock(&calls);
    }
    return is_event_file;
}

int __wrap_fsync(int fd)
{
    (void)note_call(synced, fd);
    return __real_fsync(fd);
}

int __wrap_close(int fd)
{
    const bool is_event_file = note_call(closed, fd);
    const int result = __real_close(fd);
    if (!is_event_file || close_failure == 0) {
        return result;
    }
    errno = close_failure;
    close_failure = 0;
    return -1;
}

/* ---- A writer on a directory of its own ---- */

typedef struct fixture {
    temporary_directory directory;
    tblog_writer_options options;
    fake_timer timer;
    tblog_writer *writer;
    const char *first; /* the path of its first file */
} fixture;

/* Makes everything except the writer, so that the test can change options first. */
static void make(fixture *f)
{
    temporary_directory_make(&f->directory);
    tblog_writer_options_init(&f->options);
    fake_timer_init(&f->timer);
    f->options.flush_interval_ms = 0;
}

static void open_writer(fixture *f)
{
    ck_assert_int_eq(
        writer_open_by_timer(&f->writer, f->directory.path, &f->options, &f->timer.base), TBLOG_OK);
    f->first = tblog_writer_path(f->writer);
}

static void remove_all(fixture *f)
{
    fake_timer_free(&f->timer);
    temporary_directory_remove(&f->directory);
}

static void add(const fixture *f, int64_t step)
{
    ck_assert_int_eq(tblog_add_scalar(f->writer, "loss", step, 1.0), TBLOG_OK);
}

static bool is_in_first_file(const fixture *f)
{
    return tblog_writer_path(f->writer) == f->first;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Reads one file of scalars of "loss" whose steps continue from `step`. Returns the next step. Its
 * first value must have metadata. */
static int64_t read_steps(const char *path, int64_t step)
{
    tblog_reader *reader;
    const tblog_event *event;
    bool is_first = true;
    tblog_status status;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_ptr_nonnull(event->file_version);
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        ck_assert_int_eq(event->step, step++);
        ck_assert_str_eq(event->values[0]->plugin, is_first ? "scalars" : "");
        is_first = false;
    }
    ck_assert_int_eq(status, TBLOG_END);
    tblog_reader_close(reader);
    return step;
}

/* Checks that the directory has `count` files, with these numbers of steps. */
static void check_files(const fixture *f, const int64_t *steps, int count)
{
    struct dirent **files;
    int64_t step = 0;
    ck_assert_int_eq(scandir(f->directory.path, &files, is_visible, alphasort), count);
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        const int64_t next =
            read_steps(temporary_path(&f->directory, files[i]->d_name, path, sizeof path), step);
        ck_assert_int_eq(next - step, steps[i]);
        step = next;
        free(files[i]);
    }
    free(files);
}

/* ---- By call ---- */

static void end_by_call(uint32_t flush_interval_ms)
{
    fixture f;
    make(&f);
    f.options.flush_interval_ms = flush_interval_ms;
    open_writer(&f);
    add(&f, 0);
    add(&f, 1);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    ck_assert(!is_in_first_file(&f));
    ck_assert_str_eq(synced, f.first);
    ck_assert_str_eq(closed, f.first);
    check_files(&f, (const int64_t[]){2, 0}, 2);
    add(&f, 2);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){2, 1}, 2);
    remove_all(&f);
}

START_TEST(a_call_ends_the_file_which_is_synced_and_closed_on_return)
{
    end_by_call(0);
    end_by_call(NEVER_MS);
}
END_TEST

START_TEST(a_file_without_an_event_is_not_ended)
{
    fixture f;
    make(&f);
    open_writer(&f);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    ck_assert(is_in_first_file(&f));
    add(&f, 0);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){1, 0}, 2);
    remove_all(&f);
}
END_TEST

START_TEST(a_full_file_is_ended_by_a_call_like_any_other)
{
    fixture f;
    make(&f);
    f.options.rotate_bytes = 100;
    open_writer(&f);
    add(&f, 0); /* it is full now, and ends with the next event */
    ck_assert(is_in_first_file(&f));
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    ck_assert(!is_in_first_file(&f));
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){1, 0}, 2);
    remove_all(&f);
}
END_TEST

START_TEST(a_call_after_the_file_was_removed_ends_the_next_one)
{
    fixture f;
    make(&f);
    f.options.flush_interval_ms = NEVER_MS;
    open_writer(&f);
    ck_assert_int_eq(unlink(f.first), 0);
    add(&f, 0);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_IO);
    tblog_writer_clear_error(f.writer);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK); /* there is nothing to end */
    check_files(&f, NULL, 0);
    add(&f, 0);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
    check_files(&f, (const int64_t[]){1, 0}, 2);
    remove_all(&f);
}
END_TEST

START_TEST(a_close_that_fails_is_told_and_the_next_file_goes_on)
{
    fixture f;
    make(&f);
    open_writer(&f);
    add(&f, 0);
    close_failure = EDQUOT;
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_IO);
    const char *message = tblog_writer_message(f.writer);
    ck_assert_ptr_nonnull(strstr(message, "close failed"));
    ck_assert_ptr_nonnull(strstr(message, f.first));
    ck_assert(!is_in_first_file(&f));
    tblog_writer_clear_error(f.writer);
    add(&f, 1);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){1, 1}, 2);
    remove_all(&f);
}
END_TEST

/* Makes or removes a file with the last possible name: one that sorts after it would be too
 * long. */
static void set_last_name(const fixture *f, bool is_there)
{
    char name[NAME_MAX + 1] = "tfevents";
    char path[PATH_BYTES];
    memset(name + strlen(name), 'z', NAME_MAX - strlen(name));
    name[NAME_MAX] = '\0';
    temporary_path(&f->directory, name, path, sizeof path);
    FILE *file = is_there ? fopen(path, "w") : NULL;
    ck_assert_int_eq(is_there ? fclose(file) : unlink(path), 0);
}

START_TEST(a_file_that_no_other_can_follow_is_ended_once_one_can)
{
    fixture f;
    make(&f);
    open_writer(&f);
    add(&f, 0);
    set_last_name(&f, true);
    ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(f.writer), "beginning the next file failed"));
    ck_assert(is_in_first_file(&f));
    set_last_name(&f, false);
    tblog_writer_clear_error(f.writer);
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
    ck_assert(!is_in_first_file(&f));
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){1, 0}, 2);
    remove_all(&f);
}
END_TEST

enum { THREAD_EVENTS = 3000, CALLS = 40 };

static void *log_steps(void *writer)
{
    for (int64_t step = 0; step < THREAD_EVENTS; step++) {
        if (tblog_add_scalar(writer, "loss", step, 1.0) != TBLOG_OK) {
            return NULL;
        }
    }
    return writer;
}

START_TEST(a_thread_logs_while_another_ends_files)
{
    fixture f;
    make(&f);
    f.options.flush_interval_ms = 1;
    ck_assert_int_eq(tblog_writer_open(&f.writer, f.directory.path, &f.options), TBLOG_OK);
    pthread_t thread;
    void *result;
    ck_assert_int_eq(pthread_create(&thread, NULL, log_steps, f.writer), 0);
    for (int i = 0; i < CALLS; i++) {
        ck_assert_int_eq(tblog_writer_rotate(f.writer), TBLOG_OK);
    }
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_ptr_eq(result, f.writer);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    struct dirent **files;
    int64_t step = 0;
    const int count = scandir(f.directory.path, &files, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        step = read_steps(temporary_path(&f.directory, files[i]->d_name, path, sizeof path), step);
        free(files[i]);
    }
    free(files);
    ck_assert_int_eq(step, THREAD_EVENTS);
    remove_all(&f);
}
END_TEST

/* ---- By age ---- */

START_TEST(the_writers_thread_ends_a_file_of_its_age_even_if_nothing_is_logged)
{
    fixture f;
    make(&f);
    f.options.flush_interval_ms = 1000;
    f.options.rotate_seconds = 10;
    open_writer(&f);
    add(&f, 0);
    fake_timer_advance(&f.timer, 1000); /* the flush */
    fake_timer_advance(&f.timer, 9999);
    fake_timer_await_wait(&f.timer);
    ck_assert(is_in_first_file(&f));
    fake_timer_advance(&f.timer, 1);
    while (is_in_first_file(&f)) {
        sched_yield();
    }
    ck_assert_str_eq(synced, f.first);
    ck_assert_str_eq(closed, f.first);
    check_files(&f, (const int64_t[]){1, 0}, 2);
    /* The next file's age begins with its own first event. */
    add(&f, 1);
    fake_timer_advance(&f.timer, 1000);
    fake_timer_await_wait(&f.timer);
    check_files(&f, (const int64_t[]){1, 1}, 2);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){1, 1}, 2);
    remove_all(&f);
}
END_TEST

START_TEST(without_a_thread_the_first_call_after_its_age_ends_a_file)
{
    fixture f;
    make(&f);
    f.options.rotate_seconds = 10;
    open_writer(&f);
    add(&f, 0);
    f.timer.now_ms += 9999;
    add(&f, 1);
    ck_assert(is_in_first_file(&f));
    f.timer.now_ms += 1;
    add(&f, 2);
    ck_assert(!is_in_first_file(&f));
    f.timer.now_ms += 20000; /* a file without an event has no age */
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
    add(&f, 3);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){3, 1}, 2);
    remove_all(&f);
}
END_TEST

START_TEST(an_error_that_is_retried_does_not_keep_the_thread_busy_at_the_files_end)
{
    fixture f;
    make(&f);
    f.options.flush_interval_ms = 1000;
    f.options.rotate_seconds = 10;
    f.options.retry_after_error = true;
    open_writer(&f);
    add(&f, 0);
    fake_timer_advance(&f.timer, 1000);
    set_last_name(&f, true);
    fake_timer_advance(&f.timer, 10000);
    fake_timer_await_wait(&f.timer); /* for the next interval */
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_IO);
    set_last_name(&f, false);
    fake_timer_advance(&f.timer, 1000);
    while (tblog_writer_status(f.writer) != TBLOG_OK) {
        sched_yield();
    }
    ck_assert(!is_in_first_file(&f));
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){1, 0}, 2);
    remove_all(&f);
}
END_TEST

START_TEST(an_age_beyond_its_range_is_refused)
{
    fixture f;
    make(&f);
    f.options.rotate_seconds = (uint64_t)UINT32_MAX + 1;
    ck_assert_int_eq(tblog_writer_open(&f.writer, f.directory.path, &f.options), TBLOG_INVALID);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(NULL), "rotate_seconds"));
    f.options.rotate_seconds = UINT32_MAX;
    open_writer(&f);
    add(&f, 0);
    ck_assert(is_in_first_file(&f));
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    remove_all(&f);
}
END_TEST

START_TEST(a_program_that_does_not_know_the_age_has_none)
{
    fixture f;
    make(&f);
    tblog_writer_options_init_sized(&f.options, offsetof(tblog_writer_options, rotate_seconds));
    f.options.flush_interval_ms = 0;
    f.options.rotate_seconds = 1; /* what the program has after its struct */
    open_writer(&f);
    add(&f, 0);
    f.timer.now_ms += 5000;
    add(&f, 1);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    check_files(&f, (const int64_t[]){2}, 1);
    remove_all(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "writer_rotate", a_call_ends_the_file_which_is_synced_and_closed_on_return,
        a_file_without_an_event_is_not_ended, a_full_file_is_ended_by_a_call_like_any_other,
        a_call_after_the_file_was_removed_ends_the_next_one,
        a_close_that_fails_is_told_and_the_next_file_goes_on,
        a_file_that_no_other_can_follow_is_ended_once_one_can,
        a_thread_logs_while_another_ends_files,
        the_writers_thread_ends_a_file_of_its_age_even_if_nothing_is_logged,
        without_a_thread_the_first_call_after_its_age_ends_a_file,
        an_error_that_is_retried_does_not_keep_the_thread_busy_at_the_files_end,
        an_age_beyond_its_range_is_refused, a_program_that_does_not_know_the_age_has_none);
}
