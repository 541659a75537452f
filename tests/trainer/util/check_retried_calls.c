/* Interrupted calls. All are wrapped: the first ones fail with EINTR, either without effect or
 * after they took effect. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "retried_calls.h"
#include "scratch.h"

int __real_openat(int directory, const char *name, int flags, ...);
int __wrap_openat(int directory, const char *name, int flags, ...);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_renameat(int from_directory, const char *from, int directory, const char *to);
int __wrap_renameat(int from_directory, const char *from, int directory, const char *to);
int __real_unlinkat(int directory, const char *name, int flags);
int __wrap_unlinkat(int directory, const char *name, int flags);
int __real_close(int fd);
int __wrap_close(int fd);

static int interruptions; /* the number of next calls that are interrupted */
static bool are_done;     /* they take effect nevertheless */
static int failure;       /* of the next close; 0 for none */
static int closes;

/* Interrupts a call that returned `status`, or that was not made. */
static int interrupted(int status)
{
    (void)status;
    interruptions--;
    errno = EINTR;
    return -1;
}

int __wrap_openat(int directory, const char *name, int flags, ...)
{
    return interruptions > 0 ? interrupted(0) : __real_openat(directory, name, flags, 0666);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return interruptions > 0 ? interrupted(are_done ? __real_mkdir(path, mode) : 0)
                             : __real_mkdir(path, mode);
}

int __wrap_renameat(int from_directory, const char *from, int directory, const char *to)
{
    return interruptions > 0
               ? interrupted(are_done ? __real_renameat(from_directory, from, directory, to) : 0)
               : __real_renameat(from_directory, from, directory, to);
}

int __wrap_unlinkat(int directory, const char *name, int flags)
{
    return interruptions > 0 ? interrupted(are_done ? __real_unlinkat(directory, name, flags) : 0)
                             : __real_unlinkat(directory, name, flags);
}

int __wrap_close(int fd)
{
    const int status = __real_close(fd);
    closes++;
    errno = failure;
    return failure != 0 ? -1 : status;
}

START_TEST(an_interrupted_open_is_made_again)
{
    interruptions = 3;
    const int fd = retried_openat(AT_FDCWD, scratch_path("file"), O_WRONLY | O_CREAT, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(uninterrupted_close(fd), 0);
    ck_assert(scratch_exists("file"));
}
END_TEST

START_TEST(an_interrupted_mkdir_is_made_again)
{
    interruptions = 3;
    ck_assert_int_eq(retried_mkdir(scratch_path("one"), 0777), 0);
    ck_assert(scratch_exists("one"));
    interruptions = 1;
    are_done = true;
    ck_assert_int_eq(retried_mkdir(scratch_path("two"), 0777), -1);
    ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(an_interrupted_rename_is_made_again)
{
    scratch_write("old", "text");
    are_done = _i == 1;
    interruptions = 3;
    ck_assert_int_eq(retried_renameat(AT_FDCWD, scratch_path("old"), scratch_path("new")), 0);
    ck_assert(!scratch_exists("old"));
    ck_assert(scratch_exists("new"));
    ck_assert_int_eq(retried_renameat(AT_FDCWD, scratch_path("old"), scratch_path("new")), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(an_interrupted_unlink_is_made_again)
{
    scratch_write("file", "text");
    interruptions = 3;
    ck_assert_int_eq(retried_unlinkat(AT_FDCWD, scratch_path("file"), 0), 0);
    ck_assert(!scratch_exists("file"));
    scratch_write("file", "text");
    interruptions = 1;
    are_done = true;
    ck_assert_int_eq(retried_unlinkat(AT_FDCWD, scratch_path("file"), 0), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* After the first close the descriptor is free: closing it again could close another thread's. */
START_TEST(an_interrupted_close_is_not_made_again)
{
    const int fd = open("/dev/null", O_WRONLY);
    closes = 0;
    failure = _i == 0 ? EINTR : EIO;
    ck_assert_int_eq(uninterrupted_close(fd), _i == 0 ? 0 : -1);
    failure = 0;
    ck_assert_int_eq(closes, 1);
}
END_TEST

static void set_up(void)
{
    scratch_make();
    interruptions = 0;
    are_done = false;
}

int main(void)
{
    Suite *suite = suite_create("retried_calls");
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, set_up, scratch_remove);
    tcase_add_test(calls, an_interrupted_open_is_made_again);
    tcase_add_test(calls, an_interrupted_mkdir_is_made_again);
    tcase_add_loop_test(calls, an_interrupted_rename_is_made_again, 0, 2);
    tcase_add_test(calls, an_interrupted_unlink_is_made_again);
    tcase_add_loop_test(calls, an_interrupted_close_is_not_made_again, 0, 2);
    suite_add_tcase(suite, calls);
    return run_suite(suite);
}
