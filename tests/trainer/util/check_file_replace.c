/* A file is replaced whole or stays as it was, and nothing else is left. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_replace.h"
#include "scratch.h"

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

/* Where a file may have `bytes` bytes; Check's own files may have more again afterwards. */
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

static void set_up(void)
{
    scratch_make();
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
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
