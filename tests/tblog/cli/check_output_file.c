/* Output files of the tool, also on file systems without O_TMPFILE. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "output_file.h"
#include "temporary_directory.h"

/* The linker redirects the tool's calls to the functions below. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags);
int __real_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags);

static bool knows_unnamed_files, knows_exclusive_renames;

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if ((flags & O_TMPFILE) == O_TMPFILE && !knows_unnamed_files) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_open(path, flags, mode);
}

int __wrap_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags)
{
    if (!knows_exclusive_renames) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_directory, from, to_directory, to, flags);
}

/* Each test goes through all three kinds of file systems. */
static void choose_file_system(int number)
{
    knows_unnamed_files = number == 0;
    knows_exclusive_renames = number == 1;
}

enum { FILE_SYSTEMS = 3 };

typedef struct output_test {
    temporary_directory directory;
    char path[PATH_MAX];
    output_file file;
} output_test;

static void begin(output_test *test, int file_system)
{
    choose_file_system(file_system);
    temporary_directory_make(&test->directory);
    snprintf(test->path, sizeof test->path, "%s/out", test->directory.path);
    ck_assert(output_file_open(&test->file, "test", test->path));
    ck_assert(output_file_write(&test->file, "whole", 5));
    ck_assert_int_ne(access(test->path, F_OK), 0);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wbx");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void assert_holds(const char *path, const char *expected)
{
    char text[32] = "";
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(text, 1, sizeof text - 1, file), strlen(expected));
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(fclose(file), 0);
}

/* Nothing else is left in the directory. */
static void end_with_empty_directory(output_test *test)
{
    ck_assert_int_eq(rmdir(test->directory.path), 0);
}

START_TEST(a_file_has_its_name_once_it_is_whole)
{
    for (int i = 0; i < FILE_SYSTEMS; i++) {
        output_test test;
        begin(&test, i);
        ck_assert_int_eq(output_file_end(&test.file, EXIT_STATUS_TORN), EXIT_STATUS_TORN);
        assert_holds(test.path, "whole");
        ck_assert_int_eq(unlink(test.path), 0);
        end_with_empty_directory(&test);
    }
}
END_TEST

START_TEST(a_command_that_fails_leaves_nothing)
{
    for (int i = 0; i < FILE_SYSTEMS; i++) {
        output_test test;
        begin(&test, i);
        ck_assert_int_eq(output_file_end(&test.file, EXIT_STATUS_FAILED), EXIT_STATUS_FAILED);
        end_with_empty_directory(&test);
    }
}
END_TEST

START_TEST(a_file_that_came_meanwhile_stays)
{
    for (int i = 0; i < FILE_SYSTEMS; i++) {
        output_test test;
        begin(&test, i);
        put(test.path, "other");
        ck_assert_int_eq(output_file_end(&test.file, EXIT_STATUS_DONE), EXIT_STATUS_FAILED);
        assert_holds(test.path, "other");
        ck_assert(!output_file_open(&test.file, "test", test.path));
        assert_holds(test.path, "other");
        ck_assert_int_eq(unlink(test.path), 0);
        end_with_empty_directory(&test);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("output_file", a_file_has_its_name_once_it_is_whole,
                     a_command_that_fails_leaves_nothing, a_file_that_came_meanwhile_stays);
}
