#include "run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

#define EVENT_FILE_PREFIX "events.out.tfevents."

struct run_directory {
    int fd;         /* holds the lock */
    size_t made_at; /* length of the topmost directory that open made; 0 for none */
    char path[PATH_MAX];
};

/* TensorBoard takes every file with this in its name for an event file. */
static bool is_event_file(const char *name)
{
    return strstr(name, "tfevents") != NULL;
}

static bool is_own_event_file(const char *name)
{
    return strncmp(name, EVENT_FILE_PREFIX, strlen(EVENT_FILE_PREFIX)) == 0;
}

static bool is_foreign_event_file(const char *name)
{
    return is_event_file(name) && !is_own_event_file(name);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Is there an entry in path/child ("" for path itself) with a name such as this? */
static bool has_entry(const char *path, const char *child, bool (*matches)(const char *))
{
    char directory[PATH_MAX];
    char message[MESSAGE_BYTES];
    bool found = false;
    if (message_join_path(directory, sizeof directory, path, child, message) != 0) {
        return false;
    }
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return false;
    }
    for (const struct dirent *entry; !found && (entry = readdir(stream)) != NULL;) {
        found = matches(entry->d_name);
    }
    closedir(stream);
    return found;
}

static bool has_record(const char *path)
{
    char record[PATH_MAX];
    char message[MESSAGE_BYTES];
    return message_join_path(record, sizeof record, path, RUN_RECORD_FILE, message) == 0 &&
           access(record, F_OK) == 0;
}

static bool has_event_files(const char *path)
{
    return has_entry(path, "", is_event_file) ||
           has_entry(path, RUN_DIRECTORY_TRAINING, is_event_file) ||
           has_entry(path, RUN_DIRECTORY_VALIDATION, is_event_file);
}

/* Event files that remove_run would leave: a run beside them would be mixed with them. */
static bool has_foreign_event_files(const char *path)
{
    if (!has_record(path)) {
        return has_event_files(path);
    }
    return has_entry(path, "", is_foreign_event_file) ||
           has_entry(path, RUN_DIRECTORY_TRAINING, is_foreign_event_file) ||
           has_entry(path, RUN_DIRECTORY_VALIDATION, is_foreign_event_file);
}

/* Is there a run in a directory of `path` other than train/ and validation/? Names it. */
static bool holds_other_runs(const char *path, char *name, size_t name_bytes)
{
    DIR *stream = opendir(path);
    bool found = false;
    if (stream == NULL) {
        return false;
    }
    for (const struct dirent *entry; !found && (entry = readdir(stream)) != NULL;) {
        char child[PATH_MAX];
        char message[MESSAGE_BYTES];
        if (is_dots(entry->d_name) || strcmp(entry->d_name, RUN_DIRECTORY_TRAINING) == 0 ||
            strcmp(entry->d_name, RUN_DIRECTORY_VALIDATION) == 0 ||
            message_join_path(child, sizeof child, path, entry->d_name, message) != 0) {
            continue;
        }
        found = has_record(child) || has_event_files(child);
        if (found) {
            snprintf(name, name_bytes, "%s", entry->d_name);
        }
    }
    closedir(stream);
    return found;
}

/* Opens and locks; -1 with errno EWOULDBLOCK where another process has the lock. A file system
 * without locks gives none. */
static int open_locked(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(fd);
        errno = EWOULDBLOCK;
        return -1;
    }
    return fd;
}

static int open_failed(const char *path, char *message)
{
    if (errno == EWOULDBLOCK) {
        return message_set(message, "%s: another process is writing a run there", path);
    }
    return message_set(message, "%s cannot be opened as a run's directory: %s", path,
                       strerror(errno));
}

static run_directory_content refuse_foreign_events(const char *path, char *message)
{
    message_set(message,
                "%s holds event files that are not known to be the trainer's (--overwrite "
                "replaces only runs with a " RUN_RECORD_FILE
                "): move them away or name another directory",
                path);
    return RUN_DIRECTORY_REFUSED;
}

run_directory_content run_directory_inspect(const char *path, run_record *record, char *message)
{
    char name[NAME_MAX + 1];
    struct stat status;
    *record = (run_record){0};
    if (stat(path, &status) != 0 && errno == ENOENT) {
        return RUN_DIRECTORY_FREE;
    }
    const int fd = open_locked(path);
    if (fd < 0) {
        open_failed(path, message);
        return RUN_DIRECTORY_REFUSED;
    }
    close(fd);
    if (holds_other_runs(path, name, sizeof name)) {
        message_set(message, "%s holds other runs (such as %s): name a directory of the run's own",
                    path, name);
        return RUN_DIRECTORY_REFUSED;
    }
    if (has_foreign_event_files(path)) {
        return refuse_foreign_events(path, message);
    }
    switch (run_record_read(record, path, message)) {
    case RUN_RECORD_READ:
        return RUN_DIRECTORY_RUN;
    case RUN_RECORD_DAMAGED:
        return RUN_DIRECTORY_DAMAGED;
    case RUN_RECORD_ABSENT:
        break;
    }
    return RUN_DIRECTORY_FREE;
}

/* Makes what is missing of the path, from the top. *made_at as in run_directory. */
static int make_path(const char *path, size_t *made_at, char *message)
{
    char part[PATH_MAX];
    const size_t length = strlen(path);
    *made_at = 0;
    if (length == 0 || length >= sizeof part) {
        return message_set(message, "the directory's path is empty or too long");
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0777) == 0) {
            *made_at = *made_at == 0 ? i : *made_at;
        } else if (errno != EEXIST) {
            return message_set(message, "%s cannot be made: %s", part, strerror(errno));
        }
        part[i] = path[i];
    }
    return 0;
}

/* Removes the directories that make_path made, from the bottom; stops at one that is not
 * empty. */
static void unmake_path(const char *path, size_t made_at)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (size_t i = strlen(part); made_at != 0 && i >= made_at; i--) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (rmdir(part) != 0 && errno != ENOENT) {
            return;
        }
    }
}

static int remove_file(const char *directory, const char *name, char *message)
{
    char path[PATH_MAX];
    if (message_join_path(path, sizeof path, directory, name, message) != 0) {
        return -1;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return message_set(message, "%s cannot be removed: %s", path, strerror(errno));
    }
    return 0;
}

static int remove_event_files(const char *directory, char *message)
{
    int status = 0;
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : message_set(message, "%s: %s", directory, strerror(errno));
    }
    for (const struct dirent *entry; status == 0 && (entry = readdir(stream)) != NULL;) {
        if (is_own_event_file(entry->d_name)) {
            status = remove_file(directory, entry->d_name, message);
        }
    }
    closedir(stream);
    return status;
}

/* Removes the event files of path/name, and that directory if nothing else is in it. */
static int remove_part(const char *path, const char *name, char *message)
{
    char part[PATH_MAX];
    if (message_join_path(part, sizeof part, path, name, message) != 0 ||
        remove_event_files(part, message) != 0) {
        return -1;
    }
    rmdir(part); /* refused where somebody's files are */
    return 0;
}

/* Event files first: a crash in between leaves a directory that is still known as the
 * trainer's. */
static int remove_run(const char *path, char *message)
{
    if (remove_event_files(path, message) != 0 ||
        remove_part(path, RUN_DIRECTORY_TRAINING, message) != 0 ||
        remove_part(path, RUN_DIRECTORY_VALIDATION, message) != 0 ||
        remove_file(path, RUN_RECORD_FILE ".tmp", message) != 0) {
        return -1;
    }
    return remove_file(path, RUN_RECORD_FILE, message);
}

int run_directory_open(run_directory **out, const char *path, char *message)
{
    run_directory *directory = calloc(1, sizeof *directory);
    *out = NULL;
    if (directory == NULL) {
        return message_set(message, "no memory for a run's directory");
    }
    directory->fd = -1;
    if (make_path(path, &directory->made_at, message) != 0) {
        goto failed;
    }
    directory->fd = open_locked(path);
    if (directory->fd < 0) {
        open_failed(path, message);
        goto failed;
    }
    if (has_foreign_event_files(path)) {
        refuse_foreign_events(path, message);
        goto failed;
    }
    if (has_record(path) && remove_run(path, message) != 0) {
        goto failed;
    }
    snprintf(directory->path, sizeof directory->path, "%s", path);
    *out = directory;
    return 0;
failed:
    unmake_path(path, directory->made_at);
    run_directory_close(directory);
    return -1;
}

void run_directory_close(run_directory *directory)
{
    if (directory == NULL) {
        return;
    }
    if (directory->fd >= 0) {
        close(directory->fd);
    }
    free(directory);
}

void run_directory_discard(run_directory *directory)
{
    char message[MESSAGE_BYTES];
    if (directory == NULL) {
        return;
    }
    /* The run has failed already and its cause is what the user is told. */
    (void)remove_run(directory->path, message);
    unmake_path(directory->path, directory->made_at);
    run_directory_close(directory);
}
