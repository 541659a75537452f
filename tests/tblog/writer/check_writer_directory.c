/* The writer's options that concern its directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check_main.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"

enum { FILES_MAX = 64, PATH_BYTES = 512 };

typedef struct file_list {
    char paths[FILES_MAX][PATH_BYTES];
    size_t count;
} file_list;

static int compare_paths(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The files of a directory in the order of their names, in which TensorBoard reads them. */
static void list_files(const char *directory, file_list *list)
{
    list->count = 0;
    DIR *stream = opendir(directory);
    ck_assert_ptr_nonnull(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        ck_assert_uint_lt(list->count, FILES_MAX);
        snprintf(list->paths[list->count++], PATH_BYTES, "%s/%.200s", directory, entry->d_name);
    }
    closedir(stream);
    qsort(list->paths, list->count, PATH_BYTES, compare_paths);
}

/* Reads the whole records of one file of scalars of "loss" whose steps continue from `step`.
 * Returns the next step. The file must begin with its version, and its first value must have
 * metadata. */
static int64_t read_steps(const char *path, int64_t step)
{
    tblog_reader *reader;
    const tblog_event *event;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_ptr_nonnull(event->file_version);
    tblog_status status;
    bool first = true;
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        if (event->step != step || event->value_count != 1 ||
            strcmp(event->values[0]->plugin, first ? "scalars" : "") != 0) {
            ck_abort_msg("%s: step %lld in place of %lld, or its metadata is wrong", path,
                         (long long)event->step, (long long)step);
        }
        step++;
        first = false;
    }
    ck_assert_int_eq(status, TBLOG_END);
    tblog_reader_close(reader);
    return step;
}

static off_t file_bytes(const char *path)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

/* ---- Rotation ---- */

static void rotate(uint32_t flush_interval_ms, int64_t steps)
{
    static file_list files;
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = flush_interval_ms;
    options.buffer_bytes = 500;
    options.rotate_bytes = 2000;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    const char *first_path = tblog_writer_path(writer);
    for (int64_t step = 0; step < steps; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
        if (step % 10 == 9) {
            ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
        }
    }
    char newest[PATH_BYTES];
    snprintf(newest, sizeof newest, "%s", tblog_writer_path(writer));
    list_files(directory.path, &files);
    ck_assert_uint_gt(files.count, 3);
    ck_assert_str_eq(first_path, files.paths[0]);
    ck_assert_str_eq(newest, files.paths[files.count - 1]);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    int64_t step = 0;
    for (size_t i = 0; i < files.count; i++) {
        ck_assert(i == files.count - 1 || file_bytes(files.paths[i]) >= 2000);
        ck_assert_int_lt(file_bytes(files.paths[i]), 2700);
        const int64_t next = read_steps(files.paths[i], step);
        ck_assert_int_gt(next, step);
        step = next;
    }
    ck_assert_int_eq(step, steps);
    temporary_directory_remove(&directory);
}

START_TEST(files_rotate_by_size_and_each_stands_alone)
{
    rotate(60000, 300);
    rotate(0, 300);
}
END_TEST

START_TEST(what_a_tag_is_holds_in_all_files_of_a_writer)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 0;
    options.rotate_bytes = 1; /* each event makes the next file due */
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    const tblog_hparam hparam = {.name = "rate", .type = TBLOG_HPARAM_NUMBER, .number = 0.1};
    ck_assert_int_eq(tblog_add_session_start(writer, NULL, &hparam, 1), TBLOG_OK);
    for (int64_t step = 0; step < 5; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
        ck_assert_int_eq(tblog_add_text(writer, "loss", step, "text"), TBLOG_INVALID);
        ck_assert_int_eq(tblog_add_session_start(writer, NULL, &hparam, 1), TBLOG_INVALID);
    }
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(where_no_next_file_can_be_made_nothing_is_lost)
{
    static file_list files;
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 3600 * 1000;
    options.rotate_bytes = 100;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    for (int64_t step = 0; step < 5; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
    }
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    /* The last possible name: one that sorts after it would be too long. */
    char name[NAME_MAX + 1];
    memset(name, 'z', NAME_MAX);
    memcpy(name, "tfevents", 8);
    name[NAME_MAX] = '\0';
    char last[512];
    temporary_path(&directory, name, last, sizeof last);
    FILE *file = fopen(last, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(tblog_add_scalar(writer, "loss", 5, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(writer), "beginning the next file failed"));
    ck_assert_int_eq(tblog_add_scalar(writer, "loss", 6, 1.0), TBLOG_IO);
    tblog_writer *other;
    ck_assert_int_eq(tblog_writer_open(&other, directory.path, NULL), TBLOG_IO);
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(NULL), "sorts after 'tfeventszz"));
    /* The next file can be made now. */
    ck_assert_int_eq(unlink(last), 0);
    tblog_writer_clear_error(writer);
    ck_assert_int_eq(tblog_add_scalar(writer, "loss", 6, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    list_files(directory.path, &files);
    int64_t steps = 0;
    for (size_t i = 0; i < files.count; i++) {
        tblog_reader *reader;
        const tblog_event *event;
        ck_assert_int_eq(tblog_reader_open(&reader, files.paths[i]), TBLOG_OK);
        while (tblog_reader_next(reader, &event) == TBLOG_OK) {
            if (event->value_count > 0) {
                ck_assert_int_eq(event->step, steps++);
            }
        }
        tblog_reader_close(reader);
    }
    ck_assert_int_eq(steps, 7);
    temporary_directory_remove(&directory);
}
END_TEST

/* ---- A vanished directory ---- */

START_TEST(a_file_that_was_removed_is_an_error_and_not_silence)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char run[256];
    temporary_path(&directory, "run", run, sizeof run);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 3600 * 1000;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, run, &options), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(writer, "loss", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(unlink(tblog_writer_path(writer)), 0);
    ck_assert_int_eq(rmdir(run), 0);
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(writer), strerror(ENOENT)));
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_IO);
    ck_assert_int_eq(errno, ENOENT);
    temporary_directory_remove(&directory);
}
END_TEST

/* Reads the one file that the directory holds, which has the steps from `first` to below `end`. */
static void check_one_file(const char *path, const char *run, int64_t first, int64_t end)
{
    static file_list files;
    list_files(run, &files);
    ck_assert_uint_eq(files.count, 1);
    ck_assert_str_eq(files.paths[0], path);
    ck_assert_int_eq(read_steps(path, first), end);
}

START_TEST(behind_a_removed_file_a_new_one_is_begun_and_close_tells)
{
    for (int retry = 0; retry <= 1; retry++) {
        for (uint32_t interval_ms = 0; interval_ms <= 3600 * 1000; interval_ms += 3600 * 1000) {
            temporary_directory directory;
            temporary_directory_make(&directory);
            char run[256];
            temporary_path(&directory, "run", run, sizeof run);
            tblog_writer_options options;
            tblog_writer_options_init(&options);
            options.flush_interval_ms = interval_ms;
            options.retry_after_error = retry == 1;
            tblog_writer *writer;
            ck_assert_int_eq(tblog_writer_open(&writer, run, &options), TBLOG_OK);
            ck_assert_int_eq(tblog_add_scalar(writer, "loss", 0, 1.0), TBLOG_OK);
            ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
            const char *removed = tblog_writer_path(writer);
            ck_assert_int_eq(unlink(removed), 0);
            ck_assert_int_eq(rmdir(run), 0);
            const tblog_status found = tblog_add_scalar(writer, "loss", 1, 1.0);
            ck_assert_int_eq(found, interval_ms == 0 ? TBLOG_IO : TBLOG_OK);
            if (interval_ms > 0) {
                ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_IO);
            }
            ck_assert_int_eq(tblog_writer_status(writer), TBLOG_IO);
            if (retry == 0) {
                tblog_writer_clear_error(writer);
            }
            ck_assert_int_eq(tblog_add_scalar(writer, "loss", 2, 1.0), TBLOG_OK);
            ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
            ck_assert_int_eq(tblog_writer_status(writer), TBLOG_OK);
            ck_assert_str_lt(removed, tblog_writer_path(writer));
            check_one_file(tblog_writer_path(writer), run, 2, 3);
            ck_assert_int_eq(tblog_add_scalar(writer, "loss", 3, 1.0), TBLOG_OK);
            ck_assert_int_eq(tblog_writer_close(writer), TBLOG_IO);
            ck_assert_int_eq(errno, ENOENT);
            ck_assert_ptr_nonnull(strstr(tblog_writer_message(NULL), "an earlier write failed"));
            temporary_directory_remove(&directory);
        }
    }
}
END_TEST

START_TEST(with_retry_the_writer_begins_the_new_file_itself)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 1;
    options.retry_after_error = true;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    const char *removed = tblog_writer_path(writer);
    ck_assert_int_eq(unlink(removed), 0);
    int64_t step = 0;
    while (tblog_writer_path(writer) == removed) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step++, 1.0), TBLOG_OK);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_IO);
    temporary_directory_remove(&directory);
}
END_TEST

/* ---- The lock ---- */

START_TEST(a_second_writer_that_asks_for_the_lock_is_refused_until_the_first_is_closed)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.lock_directory = true;
    tblog_writer *first;
    tblog_writer *second;
    static file_list files;
    ck_assert_int_eq(tblog_writer_open(&first, directory.path, &options), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_open(&second, directory.path, &options), TBLOG_IO);
    ck_assert_int_eq(errno, EBUSY);
    ck_assert_ptr_null(second);
    list_files(directory.path, &files);
    ck_assert_uint_eq(files.count, 1);
    /* A writer without the lock gets a file with another name. */
    ck_assert_int_eq(tblog_writer_open(&second, directory.path, NULL), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(second), TBLOG_OK);
    /* A surviving child does not keep the lock after the parent closes it. */
    int hold[2];
    ck_assert_int_eq(pipe(hold), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(hold[1]);
        char end;
        _exit(read(hold[0], &end, 1) == 0 ? 0 : 1);
    }
    close(hold[0]);
    ck_assert_int_eq(tblog_writer_close(first), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_open(&second, directory.path, &options), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(second), TBLOG_OK);
    close(hold[1]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_forked_childs_close_leaves_the_parent_its_lock)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.lock_directory = true;
    tblog_writer *first;
    tblog_writer *second;
    ck_assert_int_eq(tblog_writer_open(&first, directory.path, &options), TBLOG_OK);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* This may have the number that the lock has in the parent. */
        const int own = open(directory.path, O_RDONLY);
        const bool closed = tblog_writer_close(first) == TBLOG_OK;
        _exit(closed && own >= 0 && fcntl(own, F_GETFD) >= 0 ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_int_eq(tblog_writer_open(&second, directory.path, &options), TBLOG_IO);
    ck_assert_int_eq(errno, EBUSY);
    ck_assert_int_eq(tblog_writer_close(first), TBLOG_OK);
    temporary_directory_remove(&directory);
}
END_TEST

/* A process that opens a writer with the lock, and forks a child which says so when it runs and
 * lives until `hold` ends. Does not return. */
static void run_parent(const char *directory, const tblog_writer_options *options, int running,
                       int hold)
{
    tblog_writer *writer;
    char end;
    if (tblog_writer_open(&writer, directory, options) != TBLOG_OK) {
        _exit(1);
    }
    if (fork() == 0) {
        _exit(write(running, "", 1) == 1 && read(hold, &end, 1) == 0 ? 0 : 1);
    }
    for (;;) {
        pause();
    }
}

START_TEST(a_dead_parents_child_does_not_keep_the_lock)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.lock_directory = true;
    int running[2];
    int hold[2];
    ck_assert_int_eq(pipe(running), 0);
    ck_assert_int_eq(pipe(hold), 0);
    const pid_t parent = fork();
    ck_assert_int_ge(parent, 0);
    if (parent == 0) {
        close(hold[1]);
        run_parent(directory.path, &options, running[1], hold[0]);
    }
    close(running[1]);
    close(hold[0]);
    char byte;
    ck_assert_int_eq(read(running[0], &byte, 1), 1);
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_IO);
    ck_assert_int_eq(errno, EBUSY);
    ck_assert_int_eq(kill(parent, SIGKILL), 0);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    /* The child still lives: only it has the other end open. */
    ck_assert_int_eq(poll(&(struct pollfd){.fd = running[0], .events = POLLIN}, 1, 0), 0);
    close(hold[1]);
    ck_assert_int_eq(read(running[0], &byte, 1), 0);
    close(running[0]);
    temporary_directory_remove(&directory);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_directory", files_rotate_by_size_and_each_stands_alone,
                     what_a_tag_is_holds_in_all_files_of_a_writer,
                     where_no_next_file_can_be_made_nothing_is_lost,
                     a_file_that_was_removed_is_an_error_and_not_silence,
                     behind_a_removed_file_a_new_one_is_begun_and_close_tells,
                     with_retry_the_writer_begins_the_new_file_itself,
                     a_second_writer_that_asks_for_the_lock_is_refused_until_the_first_is_closed,
                     a_forked_childs_close_leaves_the_parent_its_lock,
                     a_dead_parents_child_does_not_keep_the_lock);
}
