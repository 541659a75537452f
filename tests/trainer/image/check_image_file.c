/* A file's type is recognized by its content, for any kind of path. The message names other common
 * types. descriptor_read_up_to is wrapped, to simulate a file that is too large. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "file_read.h"
#include "image_file.h"
#include "message.h"
#include "scratch.h"

int __real_descriptor_read_up_to(int fd, size_t most, char **text, size_t *bytes);
int __wrap_descriptor_read_up_to(int fd, size_t most, char **text, size_t *bytes);

static bool is_too_large;

int __wrap_descriptor_read_up_to(int fd, size_t most, char **text, size_t *bytes)
{
    ck_assert_uint_eq(most, IMAGE_FILE_MAX_BYTES);
    if (is_too_large) {
        *text = NULL;
        errno = EFBIG;
        return -1;
    }
    return __real_descriptor_read_up_to(fd, most, text, bytes);
}

static char message[MESSAGE_BYTES];
static image_file file;

static int read_file(const char *name)
{
    image_file_free(&file);
    message[0] = '\0';
    return image_file_read(&file, scratch_path(name), message);
}

static void expect_kind(const char *content, image_file_kind kind)
{
    scratch_write("picture", content);
    ck_assert_msg(read_file("picture") == 0, "%s", message);
    ck_assert_int_eq((int)file.kind, (int)kind);
    ck_assert_uint_eq(file.count, strlen(content));
    ck_assert_mem_eq(file.bytes, content, file.count);
}

static void expect_refused(const char *name, const char *reason)
{
    char expected[MESSAGE_BYTES];
    snprintf(expected, sizeof expected, "%s: %s", scratch_path(name), reason);
    ck_assert_int_eq(read_file(name), -1);
    ck_assert_ptr_null(file.bytes);
    ck_assert_str_eq(message, expected);
}

START_TEST(content_tells_what_a_file_is)
{
    expect_kind("\x89PNG\r\n\x1a\n", IMAGE_FILE_PNG);
    expect_kind("P5 1 1 255 x", IMAGE_FILE_PGM);
    expect_kind("P2#\n", IMAGE_FILE_PGM);
    expect_kind("\x1f\x8b", IMAGE_FILE_IDX);
}
END_TEST

START_TEST(the_first_bytes_tell_whether_a_file_has_images)
{
    static const struct {
        const char *content;
        bool has_images;
    } files[] = {
        {"\x89PNG\r\n\x1a\n....", true},
        {"P5 1 1 255 x", true},
        {"\x1f\x8b", true},
        {"\x89PNG", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        scratch_write("picture", files[i].content);
        ck_assert(image_file_has_images(scratch_path("picture")) == files[i].has_images);
    }
}
END_TEST

START_TEST(what_cannot_be_read_has_no_images)
{
    scratch_make_directory("folder");
    ck_assert_int_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    ck_assert(!image_file_has_images(scratch_path("none")));
    ck_assert(!image_file_has_images(scratch_path("folder")));
    ck_assert(!image_file_has_images(scratch_path("pipe")));
}
END_TEST

START_TEST(other_content_is_refused_by_its_name)
{
    static const struct {
        const char *content, *reason;
    } files[] = {
        {"", "is empty"},
        {"\xff\xd8\xff\xe0", "is a JPEG: convert it to PNG"},
        {"GIF89a", "is a GIF: convert it to PNG"},
        {"P6 1 1 255 abc", "is a colour PPM: convert it to PNG"},
        {"P5x", "is neither a PNG or PGM image nor an IDX file of images"},
        {"\x89PNG", "is neither a PNG or PGM image nor an IDX file of images"},
        {"P", "is neither a PNG or PGM image nor an IDX file of images"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        scratch_write("picture", files[i].content);
        expect_refused("picture", files[i].reason);
    }
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    scratch_make_directory("folder");
    expect_refused("none", "No such file or directory");
    expect_refused("folder", "Is a directory");
}
END_TEST

START_TEST(a_dash_is_standard_input_which_may_be_a_pipe)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "P5 1 1 255 x", 12), 12);
    close(ends[1]);
    const int before = dup(STDIN_FILENO);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    ck_assert_msg(image_file_read(&file, "-", message) == 0, "%s", message);
    ck_assert_str_eq(file.name, "standard input");
    ck_assert_int_eq((int)file.kind, IMAGE_FILE_PGM);
    image_file_free(&file);
    ck_assert_int_eq(image_file_read(&file, "-", message), -1);
    ck_assert_str_eq(message, "standard input: is empty");
    dup2(before, STDIN_FILENO);
    close(before);
}
END_TEST

START_TEST(a_file_beyond_the_limit_is_refused)
{
    scratch_write("picture", "P5 1 1 255 x");
    is_too_large = true;
    expect_refused("picture", "is larger than the 512 MiB that are taken");
}
END_TEST

static void tear_down(void)
{
    image_file_free(&file);
    scratch_remove();
}

static void set_up(void)
{
    scratch_make();
    is_too_large = false;
}

int main(void)
{
    Suite *suite = suite_create("image_file");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, content_tells_what_a_file_is);
    tcase_add_test(files, the_first_bytes_tell_whether_a_file_has_images);
    tcase_add_test(files, what_cannot_be_read_has_no_images);
    tcase_add_test(files, other_content_is_refused_by_its_name);
    tcase_add_test(files, what_cannot_be_read_says_why);
    tcase_add_test(files, a_dash_is_standard_input_which_may_be_a_pipe);
    tcase_add_test(files, a_file_beyond_the_limit_is_refused);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
