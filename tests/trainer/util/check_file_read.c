/* A file of any size is read completely, and errno of a failure is kept. read is wrapped, so that
 * it can fail. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "file_read.h"
#include "scratch.h"

ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);

static int failures; /* how many of the next calls fail */
static int failure;  /* with this errno */
static size_t most;  /* bytes per call; 0 for as many as requested */

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
    if (failures > 0) {
        failures--;
        errno = failure;
        return -1;
    }
    return __real_read(fd, data, most > 0 && most < bytes ? most : bytes);
}

static char *text;
static size_t bytes;

static int read_file(const char *name)
{
    return file_read(AT_FDCWD, scratch_path(name), &text, &bytes);
}

static void assert_fails(const char *name, int cause)
{
    ck_assert_int_eq(read_file(name), -1);
    ck_assert_int_eq(errno, cause);
    ck_assert_ptr_null(text);
}

START_TEST(a_file_of_any_size_is_read_whole)
{
    static char content[10001];
    memset(content, 'x', sizeof content - 1);
    for (size_t length = 4090; length <= 10000; length += length < 4100 ? 1 : 5900) {
        content[length] = '\0';
        scratch_write("file", content);
        ck_assert_int_eq(read_file("file"), 0);
        ck_assert_uint_eq(bytes, length);
        ck_assert_str_eq(text, content);
        content[length] = 'x';
        free(text);
    }
}
END_TEST

START_TEST(a_limit_is_kept)
{
    scratch_write("file", "12345678");
    ck_assert_int_eq(file_read_up_to(AT_FDCWD, scratch_path("file"), 8, &text, &bytes), 0);
    ck_assert_str_eq(text, "12345678");
    free(text);
    ck_assert_int_eq(file_read_up_to(AT_FDCWD, scratch_path("file"), 7, &text, &bytes), -1);
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_ptr_null(text);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_text)
{
    scratch_write("file", "");
    ck_assert_int_eq(read_file("file"), 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(short_and_interrupted_calls_are_continued)
{
    scratch_write("file", "one two three");
    most = 2;
    failures = 3;
    failure = EINTR;
    ck_assert_int_eq(read_file("file"), 0);
    ck_assert_str_eq(text, "one two three");
    free(text);
}
END_TEST

START_TEST(a_file_that_was_replaced_on_another_host_is_read_again)
{
    scratch_write("file", "text");
    failures = 2;
    failure = ESTALE;
    ck_assert_int_eq(read_file("file"), 0);
    ck_assert_str_eq(text, "text");
    free(text);
}
END_TEST

START_TEST(the_cause_of_a_failure_is_kept)
{
    static const int causes[] = {EIO, ESTALE};
    scratch_write("file", "text");
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        failures = 1000;
        failure = causes[i];
        assert_fails("file", causes[i]);
    }
    assert_fails("none", ENOENT);
}
END_TEST

START_TEST(what_is_no_regular_file_is_not_read)
{
    ck_assert_int_eq(mkfifo(scratch_path("pipe"), 0666), 0);
    assert_fails("pipe", 0);
    assert_fails("", 0);
}
END_TEST

static void set_up(void)
{
    scratch_make();
    failures = 0;
    most = 0;
}

int main(void)
{
    Suite *suite = suite_create("file_read");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, set_up, scratch_remove);
    tcase_add_test(files, a_file_of_any_size_is_read_whole);
    tcase_add_test(files, a_limit_is_kept);
    tcase_add_test(files, an_empty_file_is_an_empty_text);
    tcase_add_test(files, short_and_interrupted_calls_are_continued);
    tcase_add_test(files, a_file_that_was_replaced_on_another_host_is_read_again);
    tcase_add_test(files, the_cause_of_a_failure_is_kept);
    tcase_add_test(files, what_is_no_regular_file_is_not_read);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
