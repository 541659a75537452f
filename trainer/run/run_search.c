#define _XOPEN_SOURCE 700 /* realpath */

#include "run_search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory_names.h"
#include "message.h"
#include "run_record_file.h"

static run_search_result failed(const char *path, char *message)
{
    message_set(message, "%s cannot be read: %s", path, strerror(errno));
    return RUN_SEARCH_FAILED;
}

/* A path that is too long leads to nothing. */
static run_search_result find_record(const char *path, char *message)
{
    char record[PATH_MAX];
    if (message_join_path(record, sizeof record, path, RUN_RECORD_FILE, message) != 0) {
        return RUN_SEARCH_NOTHING;
    }
    if (access(record, F_OK) == 0) {
        return RUN_SEARCH_FOUND;
    }
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? RUN_SEARCH_NOTHING
                                                                  : failed(record, message);
}

/* TensorBoard reads every file with this in its name as an event file. */
static bool is_event_file(const char *name)
{
    return strstr(name, "tfevents") != NULL;
}

/* Is there an event file in path/part that is not the run's? */
static run_search_result find_foreign_events(const char *path, const char *part,
                                             const run_record *run, char *message)
{
    char directory[PATH_MAX];
    directory_names there;
    if (message_join_path(directory, sizeof directory, path, part, message) != 0) {
        return RUN_SEARCH_NOTHING;
    }
    if (directory_names_read(&there, AT_FDCWD, directory) != 0) {
        return failed(directory, message);
    }
    bool is_found = false;
    for (int i = 0; !is_found && i < there.count; i++) {
        const char *name = there.all[i]->d_name;
        is_found = is_event_file(name) && (run == NULL || !run_record_owns(run, part, name));
    }
    directory_names_free(&there);
    return is_found ? RUN_SEARCH_FOUND : RUN_SEARCH_NOTHING;
}

run_search_result run_search_foreign_events(const char *path, const run_record *run, char *message)
{
    run_search_result result = RUN_SEARCH_NOTHING;
    for (size_t i = 0; result == RUN_SEARCH_NOTHING && i < RUN_PARTS; i++) {
        result = find_foreign_events(path, run_parts[i], run, message);
    }
    return result;
}

static bool is_part(const char *name)
{
    return strcmp(name, RUN_TRAINING_PART) == 0 || strcmp(name, RUN_VALIDATION_PART) == 0;
}

/* Is `path` a directory to search? Not one that is reached over a link or that this user may not
 * enter. FOUND if it is. */
static run_search_result find_directory(const char *path, char *message)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT ? RUN_SEARCH_NOTHING : failed(path, message);
    }
    const bool may_be_entered = faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0;
    return S_ISDIR(status.st_mode) && may_be_entered ? RUN_SEARCH_FOUND : RUN_SEARCH_NOTHING;
}

static run_search_result search_below(const char *path, unsigned depth, char *found, char *message);

/* As search_below, for the directory `child`, which is at `depth`, and for those below it. */
static run_search_result search_child(const char *child, const char *name, unsigned depth,
                                      char *found, char *message)
{
    run_search_result result = find_record(child, message);
    if (result == RUN_SEARCH_NOTHING && !(depth == 1 && is_part(name))) {
        result = find_foreign_events(child, "", NULL, message);
    }
    if (result == RUN_SEARCH_FOUND) {
        snprintf(found, PATH_MAX, "%s", child);
    }
    return result == RUN_SEARCH_NOTHING && depth < RUN_SEARCH_DEPTH
               ? search_below(child, depth + 1, found, message)
               : result;
}

/* `depth` is the depth of the directories in `path`, from 1. found[PATH_MAX] is the whole path. */
static run_search_result search_below(const char *path, unsigned depth, char *found, char *message)
{
    directory_names there;
    if (directory_names_read(&there, AT_FDCWD, path) != 0) {
        return failed(path, message);
    }
    run_search_result result = RUN_SEARCH_NOTHING;
    for (int i = 0; result == RUN_SEARCH_NOTHING && i < there.count; i++) {
        char child[PATH_MAX];
        const char *name = there.all[i]->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            message_join_path(child, sizeof child, path, name, message) != 0) {
            continue;
        }
        result = find_directory(child, message);
        if (result == RUN_SEARCH_FOUND) {
            result = search_child(child, name, depth, found, message);
        }
    }
    directory_names_free(&there);
    return result;
}

run_search_result run_search_below(const char *path, char *found, char *message)
{
    char whole[PATH_MAX];
    const run_search_result result = search_below(path, 1, whole, message);
    if (result == RUN_SEARCH_FOUND) {
        const char *relative = whole + strlen(path);
        snprintf(found, PATH_MAX, "%s", relative + strspn(relative, "/"));
    }
    return result;
}

/* Replaces path by its parent directory; false if it is "/", "." or "..". */
static bool go_up(char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        path[--length] = '\0';
    }
    if (strcmp(path, "/") == 0 || strcmp(path, ".") == 0 || strcmp(path, "..") == 0) {
        return false;
    }
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        snprintf(path, PATH_MAX, ".");
    } else {
        slash[slash == path ? 1 : 0] = '\0';
    }
    return true;
}

run_search_result run_search_above(const char *path, char *found, char *message)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    bool is_above = false; /* is *found a parent, since `path` does not exist? */
    while (realpath(part, found) == NULL) {
        if (!go_up(part)) {
            return RUN_SEARCH_NOTHING;
        }
        is_above = true;
    }
    run_search_result result = is_above ? find_record(found, message) : RUN_SEARCH_NOTHING;
    while (result == RUN_SEARCH_NOTHING && go_up(found)) {
        result = find_record(found, message);
    }
    return result;
}
