#include "part_events.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory_sync.h"
#include "message.h"
#include "retried_calls.h"

/* A part's directory. */
typedef struct part_folder {
    const part_events_reader *reader;
    const char *part;
    const run_record *run;
    char path[PATH_MAX];
    struct dirent **entries; /* [count], by name */
    int count;
} part_folder;

/* `name` is a file's in the folder; "" is the folder itself. */
static void note(const part_folder *folder, const char *name, const char *problem)
{
    char path[RUN_RECORD_PATH_BYTES];
    const char *slash = folder->part[0] != '\0' && name[0] != '\0' ? "/" : "";
    snprintf(path, sizeof path, "%s%s%s", folder->part, slash, name);
    folder->reader->note(folder->reader->context, path, problem);
}

static int no_memory(const char *path, char *message)
{
    return message_set(message, "%s: no memory to read it", path);
}

/* Handles a file that cannot be read: -1 with a message if the run is to be continued. */
static int unreadable(const part_folder *folder, const char *path, const char *name,
                      const char *cause, char *message)
{
    if (folder->reader->continues) {
        return message_set(
            message, "%s cannot be read: %s; without it points would be logged twice", path, cause);
    }
    note(folder, name, cause);
    return 0;
}

/* Syncs a file or a directory. A killed process may have written it only to the kernel, and a state
 * that includes its points may be saved only after they are on the disk. Costs nothing if it is
 * already synced. */
static int sync_to_disk(const char *path, int (*sync)(int fd), char *message)
{
    const int fd = retried_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    const int result = fd < 0 ? -1 : sync(fd);
    const int cause = errno;
    if (fd >= 0) {
        close(fd);
    }
    return result == 0 ? 0 : message_set(message, "%s cannot be synced: %s", path, strerror(cause));
}

/* The newest file of a run that is still trained ends inside a record whenever it is read between
 * two pieces of a write. */
static bool is_noted(const part_folder *folder, tblog_status status, bool is_newest)
{
    return status == TBLOG_DAMAGED ||
           (status == TBLOG_TRUNCATED && is_newest && !folder->reader->continues &&
            folder->run->state != RUN_RUNNING);
}

static int read_file(const part_folder *folder, const char *name, bool is_newest, char *message)
{
    const part_events_reader *reader = folder->reader;
    char path[PATH_MAX];
    tblog_reader *file;
    const tblog_event *event;
    if (message_join_path(path, sizeof path, folder->path, name, message) != 0) {
        return -1;
    }
    tblog_status status = tblog_reader_open(&file, path);
    if (status != TBLOG_OK) {
        return status == TBLOG_NO_MEMORY ? no_memory(path, message)
                                         : unreadable(folder, path, name, strerror(errno), message);
    }
    int result = 0;
    while (result == 0 && (status = tblog_reader_next(file, &event)) == TBLOG_OK) {
        result = reader->take(reader->context, event);
    }
    if (result != 0 || status == TBLOG_NO_MEMORY) {
        result = no_memory(path, message);
    } else if (status == TBLOG_IO) {
        result = unreadable(folder, path, name, tblog_reader_message(file), message);
    } else if (is_noted(folder, status, is_newest)) {
        note(folder, name, tblog_reader_message(file));
    }
    tblog_reader_close(file);
    return result == 0 && reader->continues ? sync_to_disk(path, descriptor_sync, message) : result;
}

static bool is_own(const part_folder *folder, int index)
{
    return run_record_owns(folder->run, folder->part, folder->entries[index]->d_name);
}

static int read_own_files(const part_folder *folder, char *message)
{
    int newest = folder->count - 1;
    while (newest >= 0 && !is_own(folder, newest)) {
        newest--;
    }
    for (int i = 0; i <= newest; i++) {
        if (is_own(folder, i) &&
            read_file(folder, folder->entries[i]->d_name, i == newest, message) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The name of a file of the folder, by its path in run.json; NULL if it is in another part. */
static const char *name_in_folder(const part_folder *folder, const char *path)
{
    const size_t length = strlen(folder->part);
    const char *slash = strchr(path, '/');
    if (length == 0) {
        return slash == NULL ? path : NULL;
    }
    return slash == path + length && strncmp(path, folder->part, length) == 0 ? slash + 1 : NULL;
}

static bool is_there(const part_folder *folder, const char *name)
{
    for (int i = 0; i < folder->count; i++) {
        if (strcmp(folder->entries[i]->d_name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void note_missing_files(const part_folder *folder)
{
    for (uint32_t i = 0; i < folder->run->event_file_count; i++) {
        const char *name = name_in_folder(folder, folder->run->event_files[i]);
        if (name != NULL && !is_there(folder, name)) {
            note(folder, name, "it is missing");
        }
    }
}

static int list(part_folder *folder, char *message)
{
    folder->count = scandir(folder->path, &folder->entries, NULL, alphasort);
    if (folder->count >= 0) {
        return 0;
    }
    const int cause = errno;
    folder->count = 0;
    folder->entries = NULL;
    return cause == ENOENT ? 0 : unreadable(folder, folder->path, "", strerror(cause), message);
}

int part_events_read(const part_events_reader *reader, const char *directory, const char *part,
                     const run_record *run, char *message)
{
    part_folder folder = {.reader = reader, .part = part, .run = run};
    if (message_join_path(folder.path, sizeof folder.path, directory, part, message) != 0 ||
        list(&folder, message) != 0) {
        return -1;
    }
    note_missing_files(&folder);
    int status = read_own_files(&folder, message);
    if (status == 0 && reader->continues && folder.count > 0) {
        status = sync_to_disk(folder.path, directory_sync, message);
    }
    for (int i = 0; i < folder.count; i++) {
        free(folder.entries[i]);
    }
    free(folder.entries);
    return status;
}
