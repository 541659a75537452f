#include "faulty_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
    pthread_mutex_t mutex; /* guards the rest */
    bool active;
    call_fault fault;
    size_t from;
    size_t until;
    size_t calls;
    bool met;
    const char *directory;
    const char *moved;
} faults = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool is_exempt;

void faulty_calls_begin(call_fault fault, size_t from, size_t until, const char *directory,
                        const char *moved)
{
    pthread_mutex_lock(&faults.mutex);
    faults.active = true;
    faults.fault = fault;
    faults.from = from;
    faults.until = until;
    faults.calls = 0;
    faults.met = false;
    faults.directory = directory;
    faults.moved = moved;
    pthread_mutex_unlock(&faults.mutex);
}

bool faulty_calls_end(void)
{
    pthread_mutex_lock(&faults.mutex);
    faults.active = false;
    const bool met = faults.met;
    pthread_mutex_unlock(&faults.mutex);
    return met;
}

void faulty_calls_exempt(bool exempt)
{
    is_exempt = exempt;
}

/* Counts a call. Returns its fault, or FAULT_COUNT if it has none. *is_first: it is the first with
 * a fault. */
static call_fault next_fault(bool *is_first)
{
    *is_first = false;
    if (is_exempt) {
        return FAULT_COUNT;
    }
    pthread_mutex_lock(&faults.mutex);
    const size_t call = faults.calls++;
    call_fault fault = FAULT_COUNT;
    if (faults.active && call >= faults.from && call < faults.until) {
        fault = faults.fault;
        if (fault == FAULT_MOVED && !faults.met) {
            (void)rename(faults.directory, faults.moved);
        }
        *is_first = !faults.met;
        faults.met = true;
    }
    pthread_mutex_unlock(&faults.mutex);
    return fault == FAULT_MOVED ? FAULT_COUNT : fault;
}

/* Returns whether the next call fails, with errno set. `needs_room`: it takes room on the disk. */
static bool fails(bool needs_room)
{
    bool is_first;
    switch (next_fault(&is_first)) {
    case FAULT_FULL:
        errno = ENOSPC;
        return needs_room;
    case FAULT_EINTR:
        errno = EINTR;
        return true;
    case FAULT_EIO:
    case FAULT_SHORT:
    case FAULT_ZERO:
        errno = EIO;
        return true;
    default:
        return false;
    }
}

/* The linker makes these two kinds of names. */
ssize_t __real_pwrite(int descriptor, const void *data, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int descriptor, const void *data, size_t bytes, off_t offset);
int __real_ftruncate(int descriptor, off_t size);
int __wrap_ftruncate(int descriptor, off_t size);
int __wrap_fsync(int descriptor);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int descriptor);
int __wrap_close(int descriptor);

ssize_t __wrap_pwrite(int descriptor, const void *data, size_t bytes, off_t offset)
{
    bool is_first;
    switch (next_fault(&is_first)) {
    case FAULT_FULL:
        if (is_first) {
            return __real_pwrite(descriptor, data, (bytes + 1) / 2, offset);
        }
        errno = ENOSPC;
        return -1;
    case FAULT_EIO:
        errno = EIO;
        return -1;
    case FAULT_EINTR:
        errno = EINTR;
        return -1;
    case FAULT_SHORT:
        return __real_pwrite(descriptor, data, (bytes + 1) / 2, offset);
    case FAULT_ZERO:
        return 0;
    default:
        return __real_pwrite(descriptor, data, bytes, offset);
    }
}

int __wrap_ftruncate(int descriptor, off_t size)
{
    return fails(false) ? -1 : __real_ftruncate(descriptor, size);
}

int __wrap_fsync(int descriptor)
{
    (void)descriptor;
    return fails(false) ? -1 : 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return fails((flags & O_CREAT) != 0) ? -1 : __real_open(path, flags, mode);
}

/* The descriptor is released even if close fails, as on Linux. */
int __wrap_close(int descriptor)
{
    const bool failed = fails(false);
    const int cause = errno;
    const int result = __real_close(descriptor);
    if (!failed) {
        return result;
    }
    errno = cause;
    return -1;
}
