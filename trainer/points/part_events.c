#include "part_events.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static void note(const part_events_reader *reader, const char *name, const char *problem)
{
    if (reader->note != NULL) {
        reader->note(reader->context, name, problem);
    }
}

static int no_memory(const char *path, char *message)
{
    return message_set(message, "%s: no memory to read it", path);
}

/* What the system does not let us read: -1 with a message if the run is to be continued after it. */
static int unreadable(const part_events_reader *reader, const char *path, const char *name,
                      const char *cause, char *message)
{
    if (reader->continues) {
        return message_set(
            message, "%s cannot be read: %s; without it points would be logged twice", path, cause);
    }
    note(reader, name, cause);
    return 0;
}

static bool is_noted(const part_events_reader *reader, tblog_status status, bool is_newest)
{
    return status == TBLOG_DAMAGED ||
           (status == TBLOG_TRUNCATED && is_newest && !reader->continues);
}

static int read_file(const part_events_reader *reader, const char *path, const char *name,
                     bool is_newest, char *message)
{
    tblog_reader *file;
    const tblog_event *event;
    tblog_status status = tblog_reader_open(&file, path);
    if (status != TBLOG_OK) {
        return status == TBLOG_NO_MEMORY ? no_memory(path, message)
                                         : unreadable(reader, path, name, strerror(errno), message);
    }
    int result = 0;
    while (result == 0 && (status = tblog_reader_next(file, &event)) == TBLOG_OK) {
        result = reader->take(reader->context, event);
    }
    if (result != 0 || status == TBLOG_NO_MEMORY) {
        result = no_memory(path, message);
    } else if (status == TBLOG_IO) {
        result = unreadable(reader, path, name, tblog_reader_message(file), message);
    } else if (is_noted(reader, status, is_newest)) {
        note(reader, name, tblog_reader_message(file));
    }
    tblog_reader_close(file);
    return result;
}

/* The last of the run's own; -1 if there is none. */
static int find_newest(struct dirent **entries, int count, const char *part, const run_record *run)
{
    int newest = count - 1;
    while (newest >= 0 && !run_record_owns(run, part, entries[newest]->d_name)) {
        newest--;
    }
    return newest;
}

int part_events_read(const part_events_reader *reader, const char *directory, const char *part,
                     const run_record *run, char *message)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    struct dirent **entries;
    if (message_join_path(folder, sizeof folder, directory, part, message) != 0) {
        return -1;
    }
    const int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0 && errno == ENOENT) {
        note(reader, part, strerror(errno));
        return 0;
    }
    if (count < 0) {
        return unreadable(reader, folder, part, strerror(errno), message);
    }
    int status = 0;
    const int newest = find_newest(entries, count, part, run);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (status == 0 && run_record_owns(run, part, name)) {
            status = message_join_path(path, sizeof path, folder, name, message);
            if (status == 0) {
                status = read_file(reader, path, name, i == newest, message);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}
