/* What a run that is resumed finds of its event files: files that the system does not let it read. System
 * calls that fail are made by wrapping them. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_run.h"
#include "scratch.h"

typedef int entry_filter(const struct dirent *entry);
typedef int entry_order(const struct dirent **a, const struct dirent **b);

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_pread(int fd, void *data, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset);
int __real_scandir(const char *path, struct dirent ***out, entry_filter *filter,
                   entry_order *order);
int __wrap_scandir(const char *path, struct dirent ***out, entry_filter *filter,
                   entry_order *order);

/* A system call that fails if its file's path has this in it. */
typedef struct failing_call {
    const char *name;
    const char *path;
    int error;
} failing_call;

static failing_call failing;

static bool fails(const char *name, const char *path)
{
    errno = failing.error;
    return failing.name != NULL && strcmp(name, failing.name) == 0 &&
           strstr(path, failing.path) != NULL;
}

/* The path of an open file. */
static const char *path_of(int fd)
{
    static char path[PATH_MAX];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return path;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails("open", path) ? -1 : __real_open(path, flags, mode);
}

ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset)
{
    return fails("pread", path_of(fd)) ? -1 : __real_pread(fd, data, bytes, offset);
}

int __wrap_scandir(const char *path, struct dirent ***out, entry_filter *filter, entry_order *order)
{
    return fails("scandir", path) ? -1 : __real_scandir(path, out, filter, order);
}

static void set_up(void)
{
    fake_run_set_up();
    failing = (failing_call){0};
}

/* A run that failed in its third epoch, with a state after the second, and is to be resumed. */
static void make_past(void)
{
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    fake_engine_plan_now.fail_at_step = 0;
    fake_run_resumes = true;
}

/* ---- What cannot be read ---- */

static const failing_call unreadable[] = {
    {"open", "run/train/events", EACCES},       {"open", "run/events", EIO},
    {"pread", "run/train/events", EIO},         {"pread", "run/events", EIO},
    {"pread", "run/validation/events", ESTALE}, {"scandir", "run/train", EACCES},
    {"scandir", "run/validation", EIO},
};

START_TEST(a_run_whose_event_files_cannot_be_read_is_not_resumed_nor_changed)
{
    make_past();
    char *before = scratch_read("run/run.json");
    failing = unreadable[_i];
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    failing.name = NULL;
    ck_assert_ptr_nonnull(strstr(fake_run_message, unreadable[_i].path));
    ck_assert_ptr_nonnull(strstr(fake_run_message, strerror(unreadable[_i].error)));
    char *after = scratch_read("run/run.json");
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(scratch_count("run/train"), 1);
    free(before);
    free(after);
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), EPOCHS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_past");
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, set_up, fake_run_tear_down);
    tcase_add_loop_test(reading, a_run_whose_event_files_cannot_be_read_is_not_resumed_nor_changed,
                        0, sizeof unreadable / sizeof unreadable[0]);
    suite_add_tcase(suite, reading);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
