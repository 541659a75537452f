/* A library for LD_PRELOAD that makes one system call of a program fail.
 *
 * It counts the calls that change anything at or below a directory, from 0; or, instead, those that
 * open a file there for reading. The call at one index fails as requested; all others pass. The
 * environment has the orders:
 *
 *   FAIL_CALLS_BELOW    the directory, as an absolute path without symbolic links
 *   FAIL_CALLS_REPORT   a file outside of it; a line "INDEX CALL PATH" is appended before each call
 *   FAIL_CALLS_COUNT    "reads" to count files that are opened for reading
 *   FAIL_CALLS_USR1_AT  an index: SIGUSR1 is raised before this call
 *   FAIL_CALLS_AT       the index; absent to count only
 *   FAIL_CALLS_HOW      ENOSPC, EIO, EINTR   the call does nothing and fails with that error
 *                       short                a write writes half of its bytes; other calls pass
 *                       kill-before          SIGKILL instead of the call
 *                       kill-after           SIGKILL when the call is done
 *                       kill-torn            SIGKILL when a write has written half of its bytes; other
 *                                            calls are done first
 *                       hang                 the process waits there until a signal kills it
 *                       unreadable           the file is opened, and each read from it fails with EIO
 *
 * The C library's functions that are redefined here make their system calls directly. Sanitizers
 * define the same functions, so this library cannot be used with them. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE /* its inline functions would define these names too */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONGEST_PATH = 2 * PATH_MAX };

typedef enum call_fate {
    CALL_PASSES,
    CALL_FAILS,
    CALL_IS_SHORT,
    CALL_KILLS,
    CALL_IS_TORN,
    CALL_IS_UNREADABLE
} call_fate;

/* What happens to the call at `at`; `error` is its errno value if it fails. */
static struct {
    const char *below;
    const char *report;
    const char *how;
    bool counts_reads;
    long usr1_at;
    long at;
    int error;
} orders;

static atomic_long next_index;

static int error_of(const char *name)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(name, errors[i].name) == 0) {
            return errors[i].error;
        }
    }
    return 0;
}

static long index_of(const char *name)
{
    const char *index = getenv(name);
    return index != NULL ? atol(index) : -1;
}

__attribute__((constructor)) static void read_orders(void)
{
    const char *how = getenv("FAIL_CALLS_HOW");
    const char *count = getenv("FAIL_CALLS_COUNT");
    orders.below = getenv("FAIL_CALLS_BELOW");
    orders.report = getenv("FAIL_CALLS_REPORT");
    orders.counts_reads = count != NULL && strcmp(count, "reads") == 0;
    orders.usr1_at = index_of("FAIL_CALLS_USR1_AT");
    orders.at = index_of("FAIL_CALLS_AT");
    orders.how = how != NULL ? how : "";
    orders.error = error_of(orders.how);
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
}

static bool descriptor_path(char *out, int fd)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, out, PATH_MAX);
    out[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* The absolute path of `name` in the directory that `fd` is open on. */
static bool name_path(char *out, int fd, const char *name)
{
    if (name[0] == '/') {
        return snprintf(out, LONGEST_PATH, "%s", name) < LONGEST_PATH;
    }
    if (fd == AT_FDCWD ? getcwd(out, PATH_MAX) == NULL : !descriptor_path(out, fd)) {
        return false;
    }
    const size_t length = strlen(out);
    const int added = snprintf(out + length, LONGEST_PATH - length, "/%s", name);
    return added > 0 && (size_t)added < LONGEST_PATH - length;
}

static bool is_below(const char *path)
{
    const size_t length = orders.below != NULL ? strlen(orders.below) : 0;
    return length > 0 && strncmp(path, orders.below, length) == 0 &&
           (path[length] == '\0' || path[length] == '/');
}

static void report_call(long index, const char *call, const char *path)
{
    char line[LONGEST_PATH + 64];
    const int bytes = snprintf(line, sizeof line, "%ld %s %s\n", index, call, path);
    const long fd =
        syscall(SYS_openat, AT_FDCWD, orders.report, O_WRONLY | O_APPEND | O_CREAT, 0666);
    if (fd < 0 || syscall(SYS_write, fd, line, (size_t)bytes) != bytes) {
        static const char failed[] = "fail_calls: the report cannot be written\n";
        syscall(SYS_write, STDERR_FILENO, failed, sizeof failed - 1);
        die();
    }
    syscall(SYS_close, fd);
}

/* What happens to the call that the orders name. */
static call_fate ordered_fate(void)
{
    static const struct {
        const char *how;
        call_fate fate;
    } fates[] = {{"short", CALL_IS_SHORT},
                 {"kill-after", CALL_KILLS},
                 {"kill-torn", CALL_IS_TORN},
                 {"unreadable", CALL_IS_UNREADABLE}};
    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++) {
        if (strcmp(orders.how, fates[i].how) == 0) {
            return fates[i].fate;
        }
    }
    return orders.error != 0 ? CALL_FAILS : CALL_PASSES;
}

/* Counts the call and decides on it. */
static call_fate decide(const char *call, const char *path)
{
    if (!is_below(path) || orders.report == NULL) {
        return CALL_PASSES;
    }
    const long index = atomic_fetch_add(&next_index, 1);
    report_call(index, call, path);
    if (index == orders.usr1_at) {
        raise(SIGUSR1);
    }
    if (index != orders.at) {
        return CALL_PASSES;
    }
    if (strcmp(orders.how, "kill-before") == 0) {
        die();
    }
    while (strcmp(orders.how, "hang") == 0) {
        pause();
    }
    return ordered_fate();
}

/* The two ways to name a file. The program's errno survives them. */
static call_fate decide_on_name(const char *call, int fd, const char *name)
{
    char path[LONGEST_PATH];
    const int before = errno;
    const call_fate fate = name_path(path, fd, name) ? decide(call, path) : CALL_PASSES;
    errno = before;
    return fate;
}

/* For calls that write: all but open. */
static call_fate decide_on_change(const char *call, int fd, const char *name)
{
    return orders.counts_reads ? CALL_PASSES : decide_on_name(call, fd, name);
}

static call_fate decide_on_descriptor(const char *call, int fd)
{
    if (orders.counts_reads) {
        return CALL_PASSES;
    }
    char path[LONGEST_PATH];
    const int before = errno;
    const call_fate fate = descriptor_path(path, fd) ? decide(call, path) : CALL_PASSES;
    errno = before;
    return fate;
}

static long failed(void)
{
    errno = orders.error;
    return -1;
}

/* Makes the system call, unless it must fail. */
static long make_call(call_fate fate, long number, long a, long b, long c, long d)
{
    if (fate == CALL_FAILS) {
        return failed();
    }
    const long result = syscall(number, a, b, c, d);
    if (fate == CALL_KILLS || fate == CALL_IS_TORN) {
        die();
    }
    return result;
}

static size_t bytes_to_write(call_fate fate, size_t bytes)
{
    return (fate == CALL_IS_SHORT || fate == CALL_IS_TORN) && bytes > 1 ? bytes / 2 : bytes;
}

/* Reading a process's own memory at address 0 fails with EIO, even for root. */
static const char unreadable_file[] = "/proc/self/mem";

/* The descriptor on which that file is open; -1 for none. */
static atomic_int unreadable_descriptor = -1;

static bool is_directory(int directory, const char *name)
{
    struct stat status;
    const int before = errno;
    const bool is = fstatat(directory, name, &status, 0) == 0 && S_ISDIR(status.st_mode);
    errno = before;
    return is;
}

static int open_file(int directory, const char *name, int flags, mode_t mode)
{
    const bool writes = (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) != 0;
    const bool reads = !writes && !is_directory(directory, name);
    const bool counted = orders.counts_reads ? reads : writes;
    const call_fate fate = counted ? decide_on_name("open", directory, name) : CALL_PASSES;
    if (fate == CALL_IS_UNREADABLE) {
        const int fd = (int)syscall(SYS_openat, AT_FDCWD, unreadable_file, flags, mode);
        unreadable_descriptor = fd;
        return fd;
    }
    return (int)make_call(fate, SYS_openat, directory, (long)name, flags, (long)mode);
}

/* The mode argument exists, and may be read, only if the flags say so. */
static mode_t mode_argument(int flags, va_list arguments)
{
    const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return makes ? va_arg(arguments, mode_t) : 0;
}

int open(const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_file(AT_FDCWD, name, flags, mode);
}

int openat(int directory, const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_file(directory, name, flags, mode);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    const call_fate fate = decide_on_descriptor("write", fd);
    return make_call(fate, SYS_write, fd, (long)data, (long)bytes_to_write(fate, bytes), 0);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
    const call_fate fate = decide_on_descriptor("pwrite", fd);
    return make_call(fate, SYS_pwrite64, fd, (long)data, (long)bytes_to_write(fate, bytes), offset);
}

/* Syncs nothing for an unreadable file: it is open on a substitute that cannot be synced. */
int fsync(int fd)
{
    if (fd == unreadable_descriptor) {
        return 0;
    }
    return (int)make_call(decide_on_descriptor("fsync", fd), SYS_fsync, fd, 0, 0, 0);
}

int fdatasync(int fd)
{
    return (int)make_call(decide_on_descriptor("fdatasync", fd), SYS_fdatasync, fd, 0, 0, 0);
}

int ftruncate(int fd, off_t bytes)
{
    return (int)make_call(decide_on_descriptor("ftruncate", fd), SYS_ftruncate, fd, bytes, 0, 0);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    const call_fate fate = decide_on_change("rename", to_directory, to);
    return (int)make_call(fate, SYS_renameat, from_directory, (long)from, to_directory, (long)to);
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int directory, const char *name, int flags)
{
    const call_fate fate = decide_on_change("unlink", directory, name);
    return (int)make_call(fate, SYS_unlinkat, directory, (long)name, flags, 0);
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
    return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int mkdirat(int directory, const char *name, mode_t mode)
{
    const call_fate fate = decide_on_change("mkdir", directory, name);
    return (int)make_call(fate, SYS_mkdirat, directory, (long)name, (long)mode, 0);
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

int link(const char *from, const char *to)
{
    const call_fate fate = decide_on_change("link", AT_FDCWD, to);
    return (int)make_call(fate, SYS_link, (long)from, (long)to, 0, 0);
}

/* Linux releases the descriptor even if close fails. */
int close(int fd)
{
    int unreadable = fd;
    atomic_compare_exchange_strong(&unreadable_descriptor, &unreadable, -1);
    const int flags = fcntl(fd, F_GETFL);
    const bool written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
    const call_fate fate = written ? decide_on_descriptor("close", fd) : CALL_PASSES;
    const int result =
        (int)make_call(fate == CALL_FAILS ? CALL_PASSES : fate, SYS_close, fd, 0, 0, 0);
    return fate == CALL_FAILS ? (int)failed() : result;
}
