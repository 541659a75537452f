/* A file is replaced as a whole or stays unchanged, and no other files are left. fsync and openat
 * are wrapped, so that they can fail. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "file_replace.h"
#include "scratch.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_openat(int directory, const char *name, int flags, ...);
int __wrap_openat(int directory, const char *name, int flags, ...);

static int interruptions;     /* the number of next calls that are interrupted */
static int directory_failure; /* errno of the fsync of a directory; 0 for none */
static bool file_is_new;      /* when its directory was synced, `file` had the new content */

static bool is_interrupted(void)
{
    errno = EINTR;
    return interruptions > 0 && interruptions-- > 0;
}

int __wrap_fsync(int fd)
{
    struct stat status;
    if (is_interrupted()) {
        return -1;
    }
    ck_assert_int_eq(fstat(fd, &status), 0);
    if (!S_ISDIR(status.st_mode)) {
        return __real_fsync(fd);
    }
    file_is_new = stat(scratch_path("file"), &status) == 0 && status.st_size > 3;
    errno = directory_failure;
    return directory_failure == 0 ? __real_fsync(fd) : -1;
}

int __wrap_openat(int directory, const char *name, int flags, ...)
{
    return is_interrupted() ? -1 : __real_openat(directory, name, flags, 0666);
}

static const file_piece pieces[] = {{"one ", 4}, {"", 0}, {"two\0three", 9}};
enum { PIECES = sizeof pieces / sizeof pieces[0], ALL_BYTES = 13 };

static int replace(bool sync)
{
    const int directory = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(directory, 0);
    const int status = file_replace(directory, "file", pieces, PIECES, sync);
    const int cause = errno;
    close(directory);
    errno = cause;
    return status;
}

/* Writes with a limit of `bytes` bytes per file, and removes the limit, since Check writes files
 * too. */
static int replace_with_room(rlim_t bytes)
{
    struct rlimit before;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit limit = {bytes, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const int status = replace(true);
    const int cause = errno;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    errno = cause;
    return status;
}

static void assert_content(const char *name, const char *expected)
{
    char *content = scratch_read(name);
    ck_assert_ptr_nonnull(content);
    ck_assert_str_eq(content, expected);
    free(content);
}

START_TEST(the_pieces_follow_one_another)
{
    struct stat status;
    scratch_write("file", "old");
    ck_assert_int_eq(replace(_i == 1), 0);
    assert_content("file", "one two");
    ck_assert_int_eq(stat(scratch_path("file"), &status), 0);
    ck_assert_int_eq(status.st_size, ALL_BYTES);
    ck_assert_int_eq(scratch_count(""), 1);
}
END_TEST

START_TEST(a_disk_that_fills_up_leaves_the_old_file_alone)
{
    scratch_write("file", "old");
    ck_assert_int_eq(replace_with_room((rlim_t)_i), -1);
    ck_assert_int_eq(errno, EFBIG);
    assert_content("file", "old");
    ck_assert_int_eq(scratch_count(""), 1);
}
END_TEST

START_TEST(a_name_that_cannot_be_taken_leaves_nothing)
{
    scratch_write("file/within", "a directory has the name");
    ck_assert_int_eq(replace(true), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_int_eq(scratch_count(""), 1);
    ck_assert_int_eq(scratch_count("file"), 1);
}
END_TEST

START_TEST(what_a_crash_left_is_replaced_and_a_link_not_followed)
{
    scratch_write("mine", "a user's");
    ck_assert_int_eq(symlink("mine", scratch_path("file" FILE_REPLACE_SUFFIX)), 0);
    ck_assert_int_eq(replace(false), 0);
    assert_content("mine", "a user's");
    assert_content("file", "one two");
    scratch_write("file" FILE_REPLACE_SUFFIX, "half");
    ck_assert_int_eq(replace(false), 0);
    ck_assert_int_eq(scratch_count(""), 2);
}
END_TEST

/* Otherwise a power failure may bring the old file back. */
START_TEST(the_directory_is_synced_when_the_name_is_the_new_files)
{
    scratch_write("file", "old");
    ck_assert_int_eq(replace(true), 0);
    ck_assert(file_is_new);
    file_is_new = false;
    ck_assert_int_eq(replace(false), 0);
    ck_assert(!file_is_new);
}
END_TEST

START_TEST(a_directory_that_cannot_be_synced_is_no_failure_but_an_error_is)
{
    directory_failure = EINVAL;
    ck_assert_int_eq(replace(true), 0);
    directory_failure = EIO;
    ck_assert_int_eq(replace(true), -1);
    ck_assert_int_eq(errno, EIO);
    assert_content("file", "one two");
    ck_assert_int_eq(scratch_count(""), 1);
}
END_TEST

/* Interrupts making the file, its fsync, or several calls. */
START_TEST(interrupted_calls_are_made_again)
{
    interruptions = _i;
    ck_assert_int_eq(replace(true), 0);
    ck_assert_int_eq(interruptions, 0);
    assert_content("file", "one two");
}
END_TEST

static void set_up(void)
{
    scratch_make();
    interruptions = directory_failure = 0;
    file_is_new = false;
}

int main(void)
{
    Suite *suite = suite_create("file_replace");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, set_up, scratch_remove);
    tcase_add_loop_test(files, the_pieces_follow_one_another, 0, 2);
    tcase_add_loop_test(files, a_disk_that_fills_up_leaves_the_old_file_alone, 0, ALL_BYTES);
    tcase_add_test(files, a_name_that_cannot_be_taken_leaves_nothing);
    tcase_add_test(files, what_a_crash_left_is_replaced_and_a_link_not_followed);
    tcase_add_test(files, the_directory_is_synced_when_the_name_is_the_new_files);
    tcase_add_test(files, a_directory_that_cannot_be_synced_is_no_failure_but_an_error_is);
    tcase_add_loop_test(files, interrupted_calls_are_made_again, 1, 4);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
