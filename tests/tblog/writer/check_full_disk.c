/* A disk that is really full: a small one that only the test's process sees. The test is skipped if
 * it cannot mount one. */
#define _GNU_SOURCE /* unshare */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_main.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"

enum { SKIPPED = 77 };

/* ---- The disk ---- */

static bool write_text(const char *path, const char *text)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    const bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) {
        close(file);
    }
    return written;
}

/* Gives this process a mount namespace, and first a user namespace in which it is root if it is not
 * root. */
static bool have_own_mounts(void)
{
    if (unshare(CLONE_NEWNS) == 0) {
        return true;
    }
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

/* The disk vanishes with the process in any case. */
static bool mount_small_disk(const temporary_directory *directory)
{
    static bool has_own_mounts;
    has_own_mounts = has_own_mounts || have_own_mounts();
    return has_own_mounts && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", directory->path, "tmpfs", 0, "size=64k") == 0;
}

/* Tries it in a separate process. */
static bool can_mount(void)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    const pid_t child = fork();
    if (child == 0) {
        const bool mounted = mount_small_disk(&directory);
        if (!mounted) {
            fprintf(stderr, "no small disk can be mounted: %s\n", strerror(errno));
        }
        _exit(mounted ? 0 : 1);
    }
    int status = 1;
    const bool ended = child > 0 && waitpid(child, &status, 0) == child;
    temporary_directory_remove(&directory);
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- The writer ---- */

/* How many steps of "loss" are in the file, which are 0, 1, 2 and so on. */
static int64_t read_steps(const char *path)
{
    tblog_reader *reader;
    const tblog_event *event;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_ptr_nonnull(event->file_version);
    tblog_status status;
    int64_t step = 0;
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        ck_assert_int_eq(event->step, step);
        step++;
    }
    ck_assert_int_eq(status, TBLOG_END);
    tblog_reader_close(reader);
    return step;
}

/* Fills the rest of the disk with a file. Returns the file's path. */
static void fill_disk(const temporary_directory *directory, char *path, size_t bytes)
{
    static char block[4096];
    temporary_path(directory, "ballast", path, bytes);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    setvbuf(file, NULL, _IONBF, 0);
    while (fwrite(block, 1, sizeof block, file) == sizeof block)
        ;
    fclose(file);
}

/* Logs on a disk that becomes full and empty again. Returns the steps that were accepted. */
static int64_t log_past_full_disk(const temporary_directory *directory, tblog_writer *writer,
                                  bool clears)
{
    char ballast[256];
    int64_t step = 0;
    for (; step < 10; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
    }
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    fill_disk(directory, ballast, sizeof ballast);
    /* More than the rest of the file's last block holds. */
    for (; step < 300; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
    }
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(writer), strerror(ENOSPC)));
    /* The file has only whole records now. */
    ck_assert_int_ge(read_steps(tblog_writer_path(writer)), 10);
    ck_assert_int_eq(unlink(ballast), 0);
    if (clears) {
        tblog_writer_clear_error(writer);
    }
    for (; step < 400; step++) {
        ck_assert_int_eq(tblog_add_scalar(writer, "loss", step, 1.0), TBLOG_OK);
    }
    ck_assert_int_eq(tblog_writer_sync(writer), TBLOG_OK);
    return step;
}

START_TEST(a_full_disk_loses_nothing_that_was_accepted_and_logging_goes_on)
{
    for (int retry = 0; retry < 2; retry++) {
        temporary_directory directory;
        temporary_directory_make(&directory);
        ck_assert(mount_small_disk(&directory));
        tblog_writer_options options;
        tblog_writer_options_init(&options);
        options.flush_interval_ms = 3600 * 1000;
        options.retry_after_error = retry == 1;
        tblog_writer *writer;
        ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
        const int64_t steps = log_past_full_disk(&directory, writer, retry == 0);
        ck_assert_int_eq(read_steps(tblog_writer_path(writer)), steps);
        ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
        ck_assert_int_eq(umount(directory.path), 0);
        temporary_directory_remove(&directory);
    }
}
END_TEST

int main(void)
{
    const char *ci = getenv("CI");
    if (!can_mount()) {
        return ci != NULL && strcmp(ci, "true") == 0 ? EXIT_FAILURE : SKIPPED;
    }
    return RUN_TESTS("full_disk", a_full_disk_loses_nothing_that_was_accepted_and_logging_goes_on);
}
