#define _GNU_SOURCE /* F_OFD_SETLK */

#include "run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "message.h"
#include "mount_table.h"
#include "retried_calls.h"

/* How often the file may be replaced between opening and locking it; more than this means another
 * program keeps replacing it. */
enum { ATTEMPTS = 100 };

/* Finds the mount of the directory; *out is empty if it is not known. */
static void find_mount(int directory, mount_entry *out)
{
    struct stat status;
    *out = (mount_entry){0};
    FILE *table = fopen(MOUNT_TABLE_FILE, "re");
    if (table == NULL) {
        return;
    }
    if (fstat(directory, &status) == 0) {
        (void)mount_table_find(table, status.st_dev, out);
    }
    fclose(table);
}

/* The type, or its number if the mount table does not name it. */
static void name_file_system(int directory, char *out, size_t out_bytes)
{
    struct statfs status;
    mount_entry mount;
    find_mount(directory, &mount);
    if (mount.line != NULL) {
        snprintf(out, out_bytes, "%s", mount.type);
    } else if (fstatfs(directory, &status) == 0) {
        snprintf(out, out_bytes, "type 0x%lx", (unsigned long)status.f_type);
    } else {
        snprintf(out, out_bytes, "of unknown type");
    }
    mount_entry_free(&mount);
}

/* -1 with a message if the file system is mounted so that other hosts do not see its locks. */
static int check_mount(int directory, const char *path, char *message)
{
    mount_entry mount;
    int status = 0;
    find_mount(directory, &mount);
    const char *option = mount_entry_local_locks(&mount);
    if (option != NULL) {
        status = message_set(message,
                             "%s: its file system (%s) is mounted with %s, so that other hosts do "
                             "not see who writes a run there: mount it without, or name a "
                             "directory on another file system",
                             path, mount.type, option);
    }
    mount_entry_free(&mount);
    return status;
}

void run_lock_doubt(int directory, const char *path, char *message)
{
    mount_entry mount;
    message[0] = '\0';
    find_mount(directory, &mount);
    if (mount_entry_is_fuse(&mount)) {
        message_set(message,
                    "%s: its file system (%s) may not show locks to other hosts: let no other "
                    "host write a run there",
                    path, mount.type);
    }
    mount_entry_free(&mount);
}

/* Opens the file without following a link, which could lead to another directory, and without
 * blocking on a pipe. -1 with errno, which is 0 if it is not a regular file. */
static int open_file(int directory, int flags)
{
    struct stat status;
    const int fd =
        retried_openat(directory, RUN_LOCK_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = 0;
        return -1;
    }
    return fd;
}

static run_lock_holder cannot_open(const char *path, char *message)
{
    message_set(message, "%s/" RUN_LOCK_FILE " cannot be opened: %s", path,
                errno == 0 ? "it is not a regular file" : strerror(errno));
    return RUN_LOCK_UNKNOWN;
}

static run_lock_holder cannot_lock(int directory, const char *path, char *message)
{
    char type[64];
    const int cause = errno;
    name_file_system(directory, type, sizeof type);
    message_set(message,
                "%s/" RUN_LOCK_FILE " cannot be locked: its file system (%s) reports: %s. Mount it "
                "with locks, or name a directory on another file system",
                path, type, strerror(cause));
    return RUN_LOCK_UNKNOWN;
}

/* Calls fcntl for an exclusive lock of the whole file. */
static int call_lock(int fd, int command, struct flock *lock)
{
    int result;
    do {
        *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
        result = fcntl(fd, command, lock);
    } while (result != 0 && errno == EINTR); /* a network file system may wait for its server */
    return result;
}

/* After call_lock has failed: did it fail because another holds the lock? */
static bool is_held(void)
{
    return errno == EAGAIN || errno == EACCES;
}

/* Does the name belong to another file, or to none? -1 with errno if that is not known. */
static int has_lost_name(int directory, int fd)
{
    struct stat ours;
    struct stat named;
    if (fstat(fd, &ours) != 0) {
        return -1;
    }
    if (fstatat(directory, RUN_LOCK_FILE, &named, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 1 : -1;
    }
    return ours.st_dev != named.st_dev || ours.st_ino != named.st_ino;
}

/* run_lock_take without the checks of earlier versions and mount options. */
static run_lock_holder take_file(int directory, const char *path, int *descriptor, char *message)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct flock lock;
        const int fd = open_file(directory, O_RDWR | O_CREAT);
        if (fd < 0) {
            return cannot_open(path, message);
        }
        if (call_lock(fd, F_OFD_SETLK, &lock) != 0) {
            const run_lock_holder holder =
                is_held() ? RUN_LOCK_ANOTHER : cannot_lock(directory, path, message);
            close(fd);
            return holder;
        }
        const int lost = has_lost_name(directory, fd);
        if (lost == 0) {
            *descriptor = fd;
            return RUN_LOCK_NOBODY;
        }
        if (lost < 0) {
            message_set(message, "%s/" RUN_LOCK_FILE " cannot be found again: %s", path,
                        strerror(errno));
            close(fd);
            return RUN_LOCK_UNKNOWN;
        }
        close(fd);
    }
    message_set(message, "%s/" RUN_LOCK_FILE " keeps being replaced", path);
    return RUN_LOCK_UNKNOWN;
}

run_lock_holder run_lock_take(int directory, const char *path, int *descriptor, char *message)
{
    *descriptor = -1;
    if (check_mount(directory, path, message) != 0) {
        return RUN_LOCK_UNKNOWN;
    }
    /* Any other error means nothing: some file systems can lock files but not directories. */
    if (flock(directory, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return RUN_LOCK_ANOTHER;
    }
    return take_file(directory, path, descriptor, message);
}

bool run_lock_is_lost(int directory, int descriptor)
{
    struct flock lock;
    return (call_lock(descriptor, F_OFD_SETLK, &lock) != 0 && is_held()) ||
           has_lost_name(directory, descriptor) > 0;
}

run_lock_holder run_lock_ask(int directory, const char *path, char *message)
{
    struct flock lock;
    if (check_mount(directory, path, message) != 0) {
        return RUN_LOCK_UNKNOWN;
    }
    const int fd = open_file(directory, O_RDONLY);
    if (fd < 0) {
        return errno == ENOENT ? RUN_LOCK_NOBODY : cannot_open(path, message);
    }
    run_lock_holder holder;
    if (call_lock(fd, F_OFD_GETLK, &lock) != 0) {
        holder = cannot_lock(directory, path, message);
    } else {
        holder = lock.l_type == F_UNLCK ? RUN_LOCK_NOBODY : RUN_LOCK_ANOTHER;
    }
    close(fd);
    return holder;
}
