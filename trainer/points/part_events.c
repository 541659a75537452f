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

/* -1 without memory only. */
static int read_file(const part_events_reader *reader, const char *path, const char *name,
                     bool is_newest)
{
    tblog_reader *file;
    const tblog_event *event;
    tblog_status status = tblog_reader_open(&file, path);
    if (status != TBLOG_OK) {
        note(reader, name, tblog_status_string(status));
        return status == TBLOG_NO_MEMORY ? -1 : 0;
    }
    int result = 0;
    while (result == 0 && (status = tblog_reader_next(file, &event)) == TBLOG_OK) {
        result = reader->take(reader->context, event);
    }
    if (status == TBLOG_NO_MEMORY) {
        result = -1;
    } else if (status != TBLOG_OK && status != TBLOG_END &&
               (status != TBLOG_TRUNCATED || is_newest)) {
        note(reader, name, tblog_status_string(status));
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
    if (count < 0) {
        note(reader, part, strerror(errno));
        return 0;
    }
    int status = 0;
    const int newest = find_newest(entries, count, part, run);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (status == 0 && run_record_owns(run, part, name)) {
            status = message_join_path(path, sizeof path, folder, name, message);
            if (status == 0 && read_file(reader, path, name, i == newest) != 0) {
                status = message_set(message, "%s: no memory to read it", path);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}
