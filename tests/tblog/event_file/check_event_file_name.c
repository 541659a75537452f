#include "event_file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "refusal.h"
#include "temporary_directory.h"

static const char *base_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

static void check_begins(const char *name, const char *start)
{
    ck_assert_msg(strncmp(name, start, strlen(start)) == 0, "%s does not begin with %s", name,
                  start);
}

static void touch(const char *path)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}

/* Makes a file and returns its path, to be freed. */
static char *create(const char *directory, int64_t seconds, const char *suffix)
{
    char *path = NULL;
    const int descriptor = event_file_name_create(directory, seconds, suffix, "", &path);
    ck_assert_msg(descriptor >= 0, "%s", strerror(errno));
    ck_assert_int_eq(write(descriptor, "x", 1), 1);
    close(descriptor);
    return path;
}

START_TEST(the_name_has_the_parts_that_others_use)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char *path = create(directory.path, 1700000000, ".v2");
    char host[256];
    char process[32];
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
    snprintf(process, sizeof process, ".%ld.", (long)getpid());
    const char *name = base_name(path);
    char start[512];
    snprintf(start, sizeof start, "events.out.tfevents.1700000000.%s.", host);
    check_begins(name, start);
    ck_assert_ptr_nonnull(strstr(name, process));
    ck_assert_str_eq(name + strlen(name) - 3, ".v2");
    free(path);
    path = create(directory.path, 5, "");
    check_begins(base_name(path), "events.out.tfevents.1700000001.");
    free(path);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(files_made_within_a_second_sort_in_their_order)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char *before = create(directory.path, 1700000000, ".v2");
    for (int i = 0; i < 20; i++) {
        char *path = create(directory.path, 1700000000, ".v2");
        ck_assert_int_lt(strcmp(before, path), 0);
        free(before);
        before = path;
    }
    free(before);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_newer_file_of_another_writer_is_passed)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char other[256];
    touch(
        temporary_path(&directory, "events.out.tfevents.1800000000.zzz.9.9", other, sizeof other));
    char *path = create(directory.path, 1700000000, ".v2");
    ck_assert_int_lt(strcmp(other, path), 0);
    check_begins(base_name(path), "events.out.tfevents.1800000001.");
    free(path);
    path = create(directory.path, 1900000000, ".v2");
    check_begins(base_name(path), "events.out.tfevents.1900000000.");
    free(path);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_new_file_sorts_behind_whatever_readers_take_for_an_event_file)
{
    static const struct {
        const char *there;
        const char *begin; /* of the name of the new file */
    } cases[] = {
        {"repaired.tfevents", "repaired.tfevents.events.out.tfevents.1700000000."},
        {"tfevents.pb", "tfevents.pb.events.out.tfevents.1700000000."},
        {"events.out.tfevents", "events.out.tfevents.1700000000."},
        {"events.out.tfevents.x", "events.out.tfevents.x.events.out.tfevents.1700000000."},
        {"events.out.tfevents.99", "events.out.tfevents.99.events.out.tfevents.1700000000."},
        {"events.out.tfevents.170000000.nine.digits", "events.out.tfevents.1700000000."},
        {"events.out.tfevents.17000000005.more", "events.out.tfevents.1700000001."},
        {"events.out.tfevents.9999999999.h.1.0",
         "events.out.tfevents.9999999999.h.1.0.events.out.tfevents.1700000000."},
        {"my.events.out.tfevents.1800000000.h", "my.events.out.tfevents.1800000001."},
        {"my.events.out.tfevents.1600000000.h", "my.events.out.tfevents.1700000000."},
        {"a.tfevents", "events.out.tfevents.1700000000."},
        {"\xff"
         "tfevents",
         "\xff"
         "tfevents.events.out.tfevents.1700000000."},
        {"zzz", "events.out.tfevents.1700000000."}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        temporary_directory directory;
        temporary_directory_make(&directory);
        char there[256];
        touch(temporary_path(&directory, cases[i].there, there, sizeof there));
        char *first = create(directory.path, 1700000000, ".v2");
        char *second = create(directory.path, 1700000000, ".v2");
        check_begins(base_name(first), cases[i].begin);
        if (strstr(cases[i].there, "tfevents") != NULL) {
            ck_assert_int_lt(strcmp(there, first), 0);
        }
        ck_assert_int_lt(strcmp(first, second), 0);
        /* However many come, their names do not grow. */
        ck_assert_uint_eq(strlen(first), strlen(second));
        free(first);
        free(second);
        temporary_directory_remove(&directory);
    }
}
END_TEST

START_TEST(a_new_file_sorts_behind_one_that_is_no_longer_there)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char *path = NULL;
    const int descriptor =
        event_file_name_create(directory.path, 1700000000, "",
                               "repaired.tfevents.events.out.tfevents.1800000000.h", &path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    check_begins(base_name(path), "repaired.tfevents.events.out.tfevents.1800000001.");
    free(path);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(where_no_later_name_is_short_enough_the_last_one_is_told)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char name[NAME_MAX + 1];
    memset(name, 'z', NAME_MAX);
    memcpy(name, "tfevents", 8);
    name[NAME_MAX] = '\0';
    char there[512];
    touch(temporary_path(&directory, name, there, sizeof there));
    char *path = NULL;
    ck_assert_int_eq(event_file_name_create(directory.path, 1700000000, "", "", &path), -1);
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert_ptr_null(path);
    event_file_name_refuse_last(directory.path);
    ck_assert_ptr_nonnull(strstr(refusal_text(NULL), "a name that sorts after 'tfeventszzz"));
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(missing_directories_are_made)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char deep[256];
    static const char *const below[] = {"a/b/c", "a//d/", "e", "."};
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        char *path = create(temporary_path(&directory, below[i], deep, sizeof deep), 1, "");
        struct stat status;
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_int_eq(strncmp(path, deep, strlen(deep)), 0);
        free(path);
    }
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_directory_that_cannot_be_is_refused_with_the_cause)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char file[256];
    touch(temporary_path(&directory, "file", file, sizeof file));
    char below[512];
    snprintf(below, sizeof below, "%s/below", file);
    char dangling[256];
    ck_assert_int_eq(
        symlink("nowhere", temporary_path(&directory, "link", dangling, sizeof dangling)), 0);
    char long_name[5000];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    const struct {
        const char *directory;
        int cause;
    } cases[] = {{file, ENOTDIR},     {below, ENOTDIR},          {"", ENOENT},
                 {dangling, ENOTDIR}, {long_name, ENAMETOOLONG}, {"/proc/nothing", ENOENT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = NULL;
        ck_assert_int_eq(event_file_name_create(cases[i].directory, 1, "", "", &path), -1);
        ck_assert_int_eq(errno, cases[i].cause);
        ck_assert_ptr_null(path);
    }
    temporary_directory_remove(&directory);
}
END_TEST

enum { THREADS = 8, FILES_A_THREAD = 20 };

static void *create_files(void *directory)
{
    for (int i = 0; i < FILES_A_THREAD; i++) {
        char *path = NULL;
        const int descriptor = event_file_name_create(directory, 1700000000, ".v2", "", &path);
        if (descriptor < 0) {
            return path;
        }
        struct stat status;
        if (fstat(descriptor, &status) != 0 || status.st_size != 0 ||
            write(descriptor, "x", 1) != 1) {
            return path;
        }
        close(descriptor);
        free(path);
    }
    return directory;
}

START_TEST(threads_never_get_the_same_file)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create_files, directory.path), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        ck_assert_ptr_eq(result, directory.path);
    }
    temporary_directory_remove(&directory);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "event_file_name", the_name_has_the_parts_that_others_use,
        files_made_within_a_second_sort_in_their_order, a_newer_file_of_another_writer_is_passed,
        a_new_file_sorts_behind_whatever_readers_take_for_an_event_file,
        a_new_file_sorts_behind_one_that_is_no_longer_there,
        where_no_later_name_is_short_enough_the_last_one_is_told, missing_directories_are_made,
        a_directory_that_cannot_be_is_refused_with_the_cause, threads_never_get_the_same_file);
}
