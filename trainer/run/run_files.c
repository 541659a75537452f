#include "run_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint.h"
#include "directory_names.h"
#include "directory_path.h"
#include "file_replace.h"
#include "message.h"
#include "model_files.h"
#include "retried_calls.h"
#include "run_record_file.h"

const char *const run_files_models[RUN_FILES_MODELS] = {MODEL_FILE, MODEL_BEST_FILE};

int run_files_open(const char *path, char *message)
{
    const int directory = directory_open(path);
    return directory >= 0 ? directory
                          : message_set(message, "%s cannot be opened as a run's directory: %s",
                                        path, strerror(errno));
}

static int remove_file(int directory, const char *path, const char *name, char *message)
{
    if (retried_unlinkat(directory, name, 0) != 0 && errno != ENOENT) {
        return message_set(message, "%s/%s cannot be removed: %s", path, name, strerror(errno));
    }
    return 0;
}

int run_files_remove(int directory, const char *path, const char *name, char *message)
{
    char temporary[NAME_MAX + 1];
    snprintf(temporary, sizeof temporary, "%s" FILE_REPLACE_SUFFIX, name);
    return remove_file(directory, path, temporary, message) != 0
               ? -1
               : remove_file(directory, path, name, message);
}

/* The names in a part of the run. 0, or -1 with a message. */
static int list_part(directory_names *out, int directory, const char *path, const char *part,
                     char *message)
{
    return directory_names_read(out, directory, part[0] != '\0' ? part : ".") == 0
               ? 0
               : message_set(message, "%s%s%s cannot be read: %s", path, part[0] != '\0' ? "/" : "",
                             part, strerror(errno));
}

/* Removes the run's event files from path/part, and path/part if nothing else is in it. */
static int remove_event_files(int directory, const char *path, const char *part,
                              const run_record *run, char *message)
{
    char name[NAME_MAX + 32];
    directory_names there;
    if (list_part(&there, directory, path, part, message) != 0) {
        return -1;
    }
    int status = 0;
    for (int i = 0; status == 0 && i < there.count; i++) {
        const char *entry = there.all[i]->d_name;
        if (run_record_owns(run, part, entry)) {
            snprintf(name, sizeof name, "%s%s%s", part, part[0] != '\0' ? "/" : "", entry);
            status = remove_file(directory, path, name, message);
        }
    }
    directory_names_free(&there);
    if (part[0] != '\0') {
        retried_unlinkat(directory, part, AT_REMOVEDIR); /* fails if the user has files there */
    }
    return status;
}

/* Event files first: after a crash in between, run.json still shows that the directory is the
 * trainer's. */
int run_files_remove_all(int directory, const char *path, const run_record *run, char *message)
{
    static const char *const files[] = {MODEL_BEST_FILE, MODEL_FILE, CHECKPOINT_FILE,
                                        RUN_RECORD_FILE};
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (remove_event_files(directory, path, run_parts[i], run, message) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (run_files_remove(directory, path, files[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Names the event files of a part in the record, unless it names them already. 0, or -1 with a
 * message. */
static int name_event_files(int directory, const char *path, const char *part, run_record *run,
                            char *message)
{
    const run_record unnamed = {0}; /* for run_record_owns */
    directory_names there;
    if (list_part(&there, directory, path, part, message) != 0) {
        return -1;
    }
    int status = 0;
    for (int i = 0; status == 0 && i < there.count; i++) {
        const char *entry = there.all[i]->d_name;
        const bool is_named = run->event_file_count > 0 && run_record_owns(run, part, entry);
        if (!is_named && run_record_owns(&unnamed, part, entry) &&
            run_record_add_event_file(run, part, entry) != 0) {
            status = message_set(message, "%s: no memory for the names of event files", path);
        }
    }
    directory_names_free(&there);
    return status;
}

int run_files_name_events(int directory, const char *path, run_record *run, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (name_event_files(directory, path, run_parts[i], run, message) != 0) {
            return -1;
        }
    }
    return 0;
}
