#include "run_reader.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tblog/tblog.h>

#include "message.h"

/* Which tag of which directory goes where in a point. */
typedef struct wanted_tag {
    const char *tag;
    size_t offset; /* in run_point */
    unsigned bit;
} wanted_tag;

static const wanted_tag training_tags[] = {
    {"epoch_loss", offsetof(run_point, loss), 1},
    {"epoch_accuracy", offsetof(run_point, accuracy), 2},
};
static const wanted_tag validation_tags[] = {
    {"epoch_loss", offsetof(run_point, val_loss), 4},
    {"epoch_accuracy", offsetof(run_point, val_accuracy), 8},
};
enum { TAGS_A_DIRECTORY = 2, ALL_BITS = 15 };

/* Points as they come in: `seen` has a bit for each figure that an epoch has. */
typedef struct gathering {
    run_point *points; /* [capacity] */
    uint8_t *seen;     /* [capacity] */
    uint32_t capacity;
    const run_record *record;
    run_curves *curves; /* for its note */
} gathering;

/* Keeps the first note. */
static void note(run_curves *curves, const char *path, const char *what)
{
    if (curves->note[0] == '\0') {
        const char *name = strrchr(path, '/');
        snprintf(curves->note, sizeof curves->note, "%.180s: %.60s", name != NULL ? name + 1 : path,
                 what);
    }
}

static int make_room(gathering *all, uint32_t epoch)
{
    if (epoch < all->capacity) {
        return 0;
    }
    uint32_t capacity = all->capacity == 0 ? 16 : all->capacity;
    while (capacity <= epoch) {
        capacity *= 2; /* at most 2^20: an epoch is below RUN_CONFIG_MAX_EPOCHS */
    }
    run_point *points = realloc(all->points, capacity * sizeof *points);
    if (points == NULL) {
        return -1;
    }
    all->points = points;
    uint8_t *seen = realloc(all->seen, capacity);
    if (seen == NULL) {
        return -1;
    }
    memset(seen + all->capacity, 0, capacity - all->capacity);
    all->seen = seen;
    all->capacity = capacity;
    return 0;
}

static int take_event(gathering *all, const wanted_tag *tags, const tblog_event *event)
{
    if (event->step < 0 || event->step >= all->record->config.epochs) {
        return 0;
    }
    const uint32_t epoch = (uint32_t)event->step;
    for (size_t v = 0; v < event->value_count; v++) {
        const tblog_value *value = event->values[v];
        for (size_t t = 0; t < TAGS_A_DIRECTORY; t++) {
            if (value->kind != TBLOG_VALUE_SCALAR || strcmp(value->tag, tags[t].tag) != 0) {
                continue;
            }
            if (make_room(all, epoch) != 0) {
                return -1;
            }
            *(double *)((char *)&all->points[epoch] + tags[t].offset) = value->scalar;
            all->seen[epoch] |= (uint8_t)tags[t].bit;
        }
    }
    return 0;
}

/* -1 without memory only. */
static int read_file(gathering *all, const char *path, const wanted_tag *tags)
{
    tblog_reader *reader;
    const tblog_event *event;
    tblog_status status = tblog_reader_open(&reader, path);
    if (status != TBLOG_OK) {
        note(all->curves, path, tblog_status_string(status));
        return status == TBLOG_NO_MEMORY ? -1 : 0;
    }
    int result = 0;
    while (result == 0 && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        result = take_event(all, tags, event);
    }
    if (status == TBLOG_NO_MEMORY) {
        result = -1;
    } else if (status != TBLOG_OK && status != TBLOG_END) {
        note(all->curves, path, tblog_status_string(status));
    }
    tblog_reader_close(reader);
    return result;
}

static int read_directory(gathering *all, const char *directory, const char *name,
                          const wanted_tag *tags, char *message)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    struct dirent **entries;
    if (message_join_path(folder, sizeof folder, directory, name, message) != 0) {
        return -1;
    }
    const int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        note(all->curves, name, strerror(errno));
        return 0;
    }
    int status = 0;
    for (int i = 0; i < count; i++) {
        if (status == 0 && run_record_owns(all->record, name, entries[i]->d_name)) {
            status = message_join_path(path, sizeof path, folder, entries[i]->d_name, message);
            if (status == 0 && read_file(all, path, tags) != 0) {
                status = message_set(message, "%s: no memory to read it", path);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

int run_reader_read(run_curves *out, const char *directory, const run_record *record, char *message)
{
    *out = (run_curves){0};
    gathering all = {.record = record, .curves = out};
    int status = read_directory(&all, directory, RUN_TRAINING_PART, training_tags, message);
    if (status == 0) {
        status = read_directory(&all, directory, RUN_VALIDATION_PART, validation_tags, message);
    }
    while (status == 0 && out->epochs < all.capacity && all.seen[out->epochs] == ALL_BITS) {
        out->epochs++;
    }
    free(all.seen);
    if (status != 0) {
        free(all.points);
        return -1;
    }
    out->points = all.points;
    return 0;
}

void run_curves_free(run_curves *curves)
{
    free(curves->points);
    *curves = (run_curves){0};
}
