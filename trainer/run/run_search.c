#define _XOPEN_SOURCE 700 /* realpath */

#include "run_search.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

static bool has_record(const char *path)
{
    char record[PATH_MAX];
    char message[MESSAGE_BYTES];
    return message_join_path(record, sizeof record, path, RUN_RECORD_FILE, message) == 0 &&
           access(record, F_OK) == 0;
}

/* TensorBoard takes every file with this in its name for an event file. */
static bool is_event_file(const char *name)
{
    return strstr(name, "tfevents") != NULL;
}

/* Is there an event file in path/part that is not the run's? */
static bool has_foreign_events(const char *path, const char *part, const run_record *run)
{
    char directory[PATH_MAX];
    char message[MESSAGE_BYTES];
    bool found = false;
    if (message_join_path(directory, sizeof directory, path, part, message) != 0) {
        return false;
    }
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return false;
    }
    for (const struct dirent *entry; !found && (entry = readdir(stream)) != NULL;) {
        found = is_event_file(entry->d_name) &&
                (run == NULL || !run_record_owns(run, part, entry->d_name));
    }
    closedir(stream);
    return found;
}

bool run_search_foreign_events(const char *path, const run_record *run)
{
    bool found = false;
    for (size_t i = 0; !found && i < RUN_PARTS; i++) {
        found = has_foreign_events(path, run_parts[i], run);
    }
    return found;
}

static bool is_part(const char *name)
{
    return strcmp(name, RUN_TRAINING_PART) == 0 || strcmp(name, RUN_VALIDATION_PART) == 0;
}

/* out[PATH_MAX] = directory/name. False for what is no directory or is reached over a link. */
static bool enter(char *out, const char *directory, const char *name)
{
    char message[MESSAGE_BYTES];
    struct stat status;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           message_join_path(out, PATH_MAX, directory, name, message) == 0 &&
           lstat(out, &status) == 0 && S_ISDIR(status.st_mode);
}

/* `depth` is that of the directories of `path`, from 1. found[PATH_MAX] is the whole path. */
static bool search_below(const char *path, unsigned depth, char *found)
{
    DIR *stream = opendir(path);
    bool is_found = false;
    if (stream == NULL) {
        return false;
    }
    for (const struct dirent *entry; !is_found && (entry = readdir(stream)) != NULL;) {
        char child[PATH_MAX];
        if (!enter(child, path, entry->d_name)) {
            continue;
        }
        const bool is_own = depth == 1 && is_part(entry->d_name);
        if (has_record(child) || (!is_own && has_foreign_events(child, "", NULL))) {
            snprintf(found, PATH_MAX, "%s", child);
            is_found = true;
        } else {
            is_found = depth < RUN_SEARCH_DEPTH && search_below(child, depth + 1, found);
        }
    }
    closedir(stream);
    return is_found;
}

bool run_search_below(const char *path, char *found)
{
    char whole[PATH_MAX];
    if (!search_below(path, 1, whole)) {
        return false;
    }
    const char *relative = whole + strlen(path);
    snprintf(found, PATH_MAX, "%s", relative + strspn(relative, "/"));
    return true;
}

/* path becomes the directory that it is in; false where it is "/", "." or "..". */
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

bool run_search_above(const char *path, char *found)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    bool is_above = false; /* is *found, which is there, above the path already? */
    while (realpath(part, found) == NULL) {
        if (!go_up(part)) {
            return false;
        }
        is_above = true;
    }
    if (is_above && has_record(found)) {
        return true;
    }
    while (go_up(found)) {
        if (has_record(found)) {
            return true;
        }
    }
    return false;
}
