#include "event_file_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS_DIGITS = 10, CREATE_ATTEMPTS = 100 };

int64_t event_file_name_seconds(const char *name)
{
    static const char marker[] = "tfevents.";
    const char *found = strstr(name, marker);
    if (found == NULL) {
        return -1;
    }
    const char *digits = found + sizeof marker - 1;
    if (strspn(digits, "0123456789") != SECONDS_DIGITS) {
        return -1;
    }
    return strtoll(digits, NULL, 10);
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* mkdir -p. `path` is written to and restored. */
static int make_directories(char *path)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        const char end = *at;
        *at = '\0';
        const int result = mkdir(path, 0777);
        const int cause = errno;
        /* An existing directory may answer with other errors too: EROFS, EACCES. */
        const bool usable = result == 0 || is_directory(path);
        *at = end;
        if (!usable) {
            errno = cause == EEXIST ? ENOTDIR : cause;
            return -1;
        }
        if (end == '\0') {
            return 0;
        }
    }
}

/* The latest seconds among the event files of a directory, -1 where there is none; below -1 with
 * errno on failure. */
static int64_t newest_seconds(const char *directory)
{
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return -2;
    }
    int64_t newest = -1;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        const int64_t seconds = event_file_name_seconds(entry->d_name);
        if (seconds > newest) {
            newest = seconds;
        }
    }
    const int cause = errno;
    closedir(stream);
    errno = cause;
    return cause == 0 ? newest : -2;
}

/* The host's name with nothing in it that a file name or a reader of it could stumble over. */
static void host_label(char *label, size_t bytes)
{
    if (gethostname(label, bytes) != 0) {
        label[0] = '\0';
    }
    label[bytes - 1] = '\0';
    if (label[0] == '\0') {
        snprintf(label, bytes, "localhost");
    }
    for (char *at = label; *at != '\0'; at++) {
        const bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                           (*at >= '0' && *at <= '9') || *at == '-' || *at == '.' || *at == '_';
        if (!plain) {
            *at = '_';
        }
    }
}

/* Tries one name. A descriptor and *path, or -1 with errno. */
static int create_one(const char *directory, int64_t seconds, const char *suffix, char **path)
{
    static atomic_uint next_serial;
    char host[HOST_NAME_MAX + 1];
    host_label(host, sizeof host);
    const size_t length = strlen(directory);
    const char *separator = directory[length - 1] == '/' ? "" : "/";
    const size_t bytes = length + strlen(host) + strlen(suffix) + 128;
    char *name = malloc(bytes);
    if (name == NULL) {
        errno = ENOMEM;
        return -1;
    }
    snprintf(name, bytes, "%s%sevents.out.tfevents.%010lld.%s.%ld.%u%s", directory, separator,
             (long long)seconds, host, (long)getpid(), atomic_fetch_add(&next_serial, 1), suffix);
    int descriptor;
    do {
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        const int cause = errno;
        free(name);
        errno = cause;
        return -1;
    }
    *path = name;
    return descriptor;
}

int event_directory_make(const char *directory)
{
    if (directory[0] == '\0') {
        errno = ENOENT;
        return -1;
    }
    char *copy = strdup(directory);
    if (copy == NULL) {
        return -1;
    }
    const int made = make_directories(copy);
    const int cause = errno;
    free(copy);
    errno = cause;
    return made;
}

int event_file_name_create(const char *directory, int64_t seconds, const char *suffix, char **path)
{
    if (event_directory_make(directory) != 0) {
        return -1;
    }
    /* A name can be taken only where another machine or container has the same host name and
     * process id and was as quick; then that file is the newest one now. */
    for (int attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
        const int64_t newest = newest_seconds(directory);
        if (newest < -1) {
            return -1;
        }
        const int64_t later = seconds > newest ? seconds : newest + 1;
        if (later > EVENT_FILE_SECONDS_MAX) {
            errno = EOVERFLOW;
            return -1;
        }
        const int descriptor = create_one(directory, later, suffix, path);
        if (descriptor >= 0 || errno != EEXIST) {
            return descriptor;
        }
    }
    errno = EEXIST;
    return -1;
}
