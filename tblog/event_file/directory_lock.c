#include "directory_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

struct directory_lock {
    int descriptor; /* of the directory, while the lock is in the list */
    directory_lock *next;
};

/* A lock lasts until all copies of its descriptor are closed, also those in children. So all
 * descriptors are in a list, and a child closes its copies before its code continues. `mutex` is
 * held during open, close and fork, so fork copies no descriptor that is not in the list. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static directory_lock *locks;

static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

static void behind_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

/* The list's elements belong to the copies of the parent's writers. */
static void behind_fork_in_child(void)
{
    for (const directory_lock *lock = locks; lock != NULL; lock = lock->next) {
        close(lock->descriptor);
    }
    locks = NULL;
    pthread_mutex_unlock(&mutex);
}

static int watch_result;

static void watch_forks(void)
{
    watch_result = pthread_atfork(before_fork, behind_fork, behind_fork_in_child);
}

/* Opens the directory and lists the descriptor; 0 or an errno value. */
static int open_listed(directory_lock *lock, const char *path)
{
    pthread_mutex_lock(&mutex);
    do {
        lock->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (lock->descriptor < 0 && errno == EINTR);
    const int cause = lock->descriptor < 0 ? errno : 0;
    if (cause == 0) {
        lock->next = locks;
        locks = lock;
    }
    pthread_mutex_unlock(&mutex);
    return cause;
}

/* Does nothing for a lock that is not in the list: a child's copy. */
static void close_listed(directory_lock *lock)
{
    pthread_mutex_lock(&mutex);
    directory_lock **at = &locks;
    while (*at != NULL && *at != lock) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = lock->next;
        /* A program that is being started (posix_spawn) may still have the descriptor. */
        (void)flock(lock->descriptor, LOCK_UN);
        close(lock->descriptor);
    }
    pthread_mutex_unlock(&mutex);
}

/* 0 or an errno value. */
static int lock_descriptor(int descriptor)
{
    int result;
    do {
        result = flock(descriptor, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno == EWOULDBLOCK ? EBUSY : errno;
}

directory_lock *directory_lock_take(const char *path)
{
    static pthread_once_t forks_watched = PTHREAD_ONCE_INIT;
    pthread_once(&forks_watched, watch_forks);
    directory_lock *lock = malloc(sizeof *lock);
    int cause = lock == NULL ? ENOMEM : watch_result;
    if (cause == 0) {
        cause = open_listed(lock, path);
    }
    if (cause == 0) {
        cause = lock_descriptor(lock->descriptor);
        if (cause != 0) {
            close_listed(lock);
        }
    }
    if (cause == 0) {
        return lock;
    }
    free(lock);
    errno = cause;
    return NULL;
}

void directory_lock_release(directory_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    close_listed(lock);
    free(lock);
}
