/* The lock of a run's directory: who gets it, the properties of its file, and what is refused.
 * Wrapping fcntl, fopen and fstatat simulates file systems that cannot lock, and other mounts. */
#define _GNU_SOURCE /* F_OFD_SETLK */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_main.h"
#include "message.h"
#include "mount_table.h"
#include "run_lock.h"
#include "scratch.h"

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_fstatat(int fd, const char *name, struct stat *status, int flags);
int __wrap_fstatat(int fd, const char *name, struct stat *status, int flags);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static int failures;     /* how many of the next locking calls fail */
static int failure;      /* with this errno */
static int replacements; /* before that many of them the file is replaced */
static bool removes;     /* the file is removed instead */
static bool hides_name;  /* fstatat fails for the lock's file */
static bool hides_table;
static char made_table[256]; /* "" for the system's own */

static char message[MESSAGE_BYTES];
static int directory;

int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    struct flock *lock = va_arg(arguments, struct flock *);
    va_end(arguments);
    if (failures > 0) {
        failures--;
        errno = failure;
        return -1;
    }
    if (replacements > 0) {
        replacements--;
        if (removes) {
            ck_assert_int_eq(unlink(scratch_path(RUN_LOCK_FILE)), 0);
        } else {
            scratch_write("new", "");
            ck_assert_int_eq(rename(scratch_path("new"), scratch_path(RUN_LOCK_FILE)), 0);
        }
    }
    return __real_fcntl(fd, command, lock);
}

int __wrap_fstatat(int fd, const char *name, struct stat *status, int flags)
{
    if (hides_name) {
        errno = EIO;
        return -1;
    }
    return __real_fstatat(fd, name, status, flags);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    if (strcmp(path, MOUNT_TABLE_FILE) != 0 || (made_table[0] == '\0' && !hides_table)) {
        return __real_fopen(path, mode);
    }
    if (hides_table) {
        errno = ENOENT;
        return NULL;
    }
    return fmemopen(made_table, strlen(made_table), "r");
}

/* From now on the scratch directory seems to be on such a mount: type, source and options. */
static void mount_as(const char *words)
{
    struct stat status;
    ck_assert_int_eq(fstat(directory, &status), 0);
    snprintf(made_table, sizeof made_table, "28 27 %u:%u / /mnt rw - %s\n", major(status.st_dev),
             minor(status.st_dev), words);
}

static int take(void)
{
    int lock;
    ck_assert_msg(run_lock_take(directory, "run", &lock, message) == RUN_LOCK_NOBODY, "%s",
                  message);
    ck_assert_int_ge(lock, 0);
    return lock;
}

static run_lock_holder try(void)
{
    int lock;
    const run_lock_holder holder = run_lock_take(directory, "run", &lock, message);
    if (holder == RUN_LOCK_NOBODY) {
        close(lock);
    } else {
        ck_assert_int_eq(lock, -1);
    }
    return holder;
}

static run_lock_holder ask(void)
{
    return run_lock_ask(directory, "run", message);
}

static void fail_next(int count, int cause)
{
    failures = count;
    failure = cause;
}

static void assert_message(const char *words)
{
    ck_assert_msg(strstr(message, words) != NULL, "%s", message);
}

START_TEST(two_descriptors_of_one_process_exclude_each_other)
{
    const int lock = take();
    ck_assert_int_eq(try(), RUN_LOCK_ANOTHER);
    ck_assert_int_eq(ask(), RUN_LOCK_ANOTHER);
    close(lock);
    ck_assert_int_eq(ask(), RUN_LOCK_NOBODY);
    close(take());
}
END_TEST

/* Takes the lock, reports that, and holds it until it is killed. */
static pid_t start_holder(void)
{
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int lock;
        /* A new open file description: with the parent's it would share the lock on the
         * directory. */
        const int own = open(scratch_path(""), O_RDONLY | O_DIRECTORY);
        if (run_lock_take(own, "run", &lock, message) == RUN_LOCK_NOBODY) {
            (void)!write(ends[1], "", 1);
        }
        close(ends[1]);
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

START_TEST(another_process_has_the_lock_until_it_dies)
{
    const pid_t child = start_holder();
    ck_assert_int_eq(ask(), RUN_LOCK_ANOTHER);
    ck_assert_int_eq(try(), RUN_LOCK_ANOTHER);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(ask(), RUN_LOCK_NOBODY);
    close(take());
}
END_TEST

/* With fcntl's older locks it would free the lock. */
START_TEST(closing_another_descriptor_of_the_file_frees_nothing)
{
    const int lock = take();
    const int other = open(scratch_path(RUN_LOCK_FILE), O_RDWR);
    ck_assert_int_ge(other, 0);
    close(other);
    ck_assert_int_eq(ask(), RUN_LOCK_ANOTHER);
    close(lock);
}
END_TEST

START_TEST(the_file_stays_and_is_used_again)
{
    struct stat before;
    struct stat after;
    close(take());
    ck_assert_int_eq(stat(scratch_path(RUN_LOCK_FILE), &before), 0);
    ck_assert_int_eq(before.st_size, 0);
    close(take());
    ck_assert_int_eq(stat(scratch_path(RUN_LOCK_FILE), &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_file_that_was_replaced_before_it_was_locked_is_no_lock)
{
    struct stat named;
    struct stat locked;
    removes = _i == 1;
    replacements = 2;
    const int lock = take();
    ck_assert_int_eq(replacements, 0);
    ck_assert_int_eq(stat(scratch_path(RUN_LOCK_FILE), &named), 0);
    ck_assert_int_eq(fstat(lock, &locked), 0);
    ck_assert_uint_eq(named.st_ino, locked.st_ino);
    ck_assert_int_eq(ask(), RUN_LOCK_ANOTHER);
    close(lock);
}
END_TEST

START_TEST(a_file_that_is_replaced_for_ever_is_given_up)
{
    replacements = INT_MAX;
    ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
    assert_message("keeps being replaced");
}
END_TEST

START_TEST(a_file_whose_name_cannot_be_looked_at_is_no_lock)
{
    hides_name = true;
    ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
    assert_message("run/run.lock cannot be found again: Input/output error");
}
END_TEST

/* Loses the lock, as a network file system does when its lease ends. */
static void lose(int lock)
{
    struct flock free_all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    ck_assert_int_eq(__real_fcntl(lock, F_OFD_SETLK, &free_all), 0);
}

START_TEST(a_lock_is_kept_until_another_process_gets_it)
{
    const int lock = take();
    ck_assert(!run_lock_is_lost(directory, lock));
    lose(lock);
    const int other = take();
    ck_assert(run_lock_is_lost(directory, lock));
    close(other);
    close(lock);
}
END_TEST

START_TEST(a_lost_lock_that_nobody_has_is_taken_again)
{
    const int lock = take();
    lose(lock);
    ck_assert_int_eq(ask(), RUN_LOCK_NOBODY);
    ck_assert(!run_lock_is_lost(directory, lock));
    ck_assert_int_eq(ask(), RUN_LOCK_ANOTHER);
    close(lock);
}
END_TEST

START_TEST(a_lock_whose_file_was_replaced_or_removed_is_lost)
{
    const int lock = take();
    removes = _i == 1;
    replacements = 1;
    ck_assert(run_lock_is_lost(directory, lock));
    close(lock);
}
END_TEST

START_TEST(an_error_does_not_lose_a_lock)
{
    const int lock = take();
    fail_next(1, EIO);
    ck_assert(!run_lock_is_lost(directory, lock));
    hides_name = true;
    ck_assert(!run_lock_is_lost(directory, lock));
    close(lock);
}
END_TEST

START_TEST(asking_makes_nothing)
{
    ck_assert_int_eq(ask(), RUN_LOCK_NOBODY);
    ck_assert_int_eq(scratch_count(""), 0);
}
END_TEST

START_TEST(asking_needs_no_right_to_write)
{
    const int lock = take();
    const bool is_root = geteuid() == 0;
    ck_assert_int_eq(chmod(scratch_path(RUN_LOCK_FILE), 0444), 0);
    ck_assert_int_eq(chmod(scratch_path(""), 0555), 0);
    ck_assert(!is_root || seteuid(65534) == 0);
    ck_assert_int_eq(ask(), RUN_LOCK_ANOTHER);
    close(lock);
    ck_assert_int_eq(ask(), RUN_LOCK_NOBODY);
    ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
    assert_message("run/run.lock cannot be opened: Permission denied");
    ck_assert(!is_root || seteuid(0) == 0);
    ck_assert_int_eq(chmod(scratch_path(""), 0700), 0);
}
END_TEST

START_TEST(what_is_no_regular_file_is_no_lock)
{
    switch (_i) {
    case 0:
        ck_assert_int_eq(mkfifo(scratch_path(RUN_LOCK_FILE), 0666), 0);
        break;
    case 1:
        scratch_write("elsewhere", "");
        ck_assert_int_eq(symlink("elsewhere", scratch_path(RUN_LOCK_FILE)), 0);
        break;
    default:
        scratch_make_directory(RUN_LOCK_FILE);
    }
    ck_assert_int_eq(ask(), RUN_LOCK_UNKNOWN);
    assert_message("run/run.lock cannot be opened");
    ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
    assert_message("run/run.lock cannot be opened");
}
END_TEST

START_TEST(a_file_system_that_cannot_lock_is_refused_by_its_name)
{
    static const int causes[] = {ENOLCK, EOPNOTSUPP, EINVAL, EIO};
    mount_as("nfs4 host:/ rw,vers=4.2");
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        fail_next(1, causes[i]);
        ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
        assert_message("(nfs4)");
        assert_message(strerror(causes[i]));
        fail_next(1, causes[i]);
        ck_assert_int_eq(ask(), RUN_LOCK_UNKNOWN);
        assert_message("(nfs4)");
    }
}
END_TEST

START_TEST(a_file_system_without_a_name_is_named_by_its_number)
{
    hides_table = true;
    fail_next(1, ENOLCK);
    ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
    assert_message("(type 0x");
}
END_TEST

START_TEST(both_ways_of_saying_held_are_understood)
{
    fail_next(1, EAGAIN);
    ck_assert_int_eq(try(), RUN_LOCK_ANOTHER);
    fail_next(1, EACCES);
    ck_assert_int_eq(try(), RUN_LOCK_ANOTHER);
}
END_TEST

START_TEST(an_interrupted_call_is_made_again)
{
    fail_next(3, EINTR);
    close(take());
    fail_next(3, EINTR);
    ck_assert_int_eq(ask(), RUN_LOCK_NOBODY);
}
END_TEST

START_TEST(a_mount_whose_locks_stay_on_this_host_is_refused)
{
    mount_as("nfs host:/ rw,vers=3,nolock");
    ck_assert_int_eq(try(), RUN_LOCK_UNKNOWN);
    assert_message("(nfs) is mounted with nolock");
    ck_assert_int_eq(ask(), RUN_LOCK_UNKNOWN);
    assert_message("(nfs) is mounted with nolock");
    ck_assert_int_eq(scratch_count(""), 0);
}
END_TEST

START_TEST(other_fuse_mounts_are_doubted)
{
    mount_as("fuse.sshfs host:/ rw");
    run_lock_doubt(directory, "run", message);
    assert_message("(fuse.sshfs) may not show locks");
    close(take());
    mount_as("nfs4 host:/ rw");
    run_lock_doubt(directory, "run", message);
    ck_assert_str_eq(message, "");
}
END_TEST

/* They lock the directory by flock. */
START_TEST(trainers_of_earlier_versions_are_found_and_kept_out)
{
    const int earlier = open(scratch_path(""), O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(earlier, LOCK_EX | LOCK_NB), 0);
    ck_assert_int_eq(try(), RUN_LOCK_ANOTHER);
    ck_assert_int_eq(scratch_count(""), 0);
    ck_assert_int_eq(flock(earlier, LOCK_UN), 0);
    const int lock = take();
    ck_assert_int_eq(flock(earlier, LOCK_EX | LOCK_NB), -1);
    close(lock);
    close(earlier);
}
END_TEST

static void set_up(void)
{
    directory = open(scratch_make(), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(directory, 0);
}

static void tear_down(void)
{
    close(directory);
    scratch_remove();
}

int main(void)
{
    Suite *suite = suite_create("run_lock");
    TCase *lock = tcase_create("lock");
    tcase_add_checked_fixture(lock, set_up, tear_down);
    tcase_add_test(lock, two_descriptors_of_one_process_exclude_each_other);
    tcase_add_test(lock, another_process_has_the_lock_until_it_dies);
    tcase_add_test(lock, closing_another_descriptor_of_the_file_frees_nothing);
    tcase_add_test(lock, the_file_stays_and_is_used_again);
    tcase_add_loop_test(lock, a_file_that_was_replaced_before_it_was_locked_is_no_lock, 0, 2);
    tcase_add_test(lock, a_file_that_is_replaced_for_ever_is_given_up);
    tcase_add_test(lock, a_file_whose_name_cannot_be_looked_at_is_no_lock);
    tcase_add_test(lock, a_lock_is_kept_until_another_process_gets_it);
    tcase_add_test(lock, a_lost_lock_that_nobody_has_is_taken_again);
    tcase_add_loop_test(lock, a_lock_whose_file_was_replaced_or_removed_is_lost, 0, 2);
    tcase_add_test(lock, an_error_does_not_lose_a_lock);
    tcase_add_test(lock, asking_makes_nothing);
    tcase_add_test(lock, asking_needs_no_right_to_write);
    tcase_add_loop_test(lock, what_is_no_regular_file_is_no_lock, 0, 3);
    tcase_add_test(lock, a_file_system_that_cannot_lock_is_refused_by_its_name);
    tcase_add_test(lock, a_file_system_without_a_name_is_named_by_its_number);
    tcase_add_test(lock, both_ways_of_saying_held_are_understood);
    tcase_add_test(lock, an_interrupted_call_is_made_again);
    tcase_add_test(lock, a_mount_whose_locks_stay_on_this_host_is_refused);
    tcase_add_test(lock, other_fuse_mounts_are_doubted);
    tcase_add_test(lock, trainers_of_earlier_versions_are_found_and_kept_out);
    suite_add_tcase(suite, lock);
    return run_suite(suite);
}
