#include "run_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_events.h"
#include "run_tags.h"

/* A tag to read, and the field of a point that its values are for. */
typedef struct wanted_tag {
    const char *tag;
    size_t offset; /* in run_point */
    unsigned bit;
} wanted_tag;

static const wanted_tag training_tags[] = {
    {RUN_TAG_EPOCH_LOSS, offsetof(run_point, loss), 1},
    {RUN_TAG_EPOCH_ACCURACY, offsetof(run_point, accuracy), 2},
};
static const wanted_tag validation_tags[] = {
    {RUN_TAG_EPOCH_LOSS, offsetof(run_point, val_loss), 4},
    {RUN_TAG_EPOCH_ACCURACY, offsetof(run_point, val_accuracy), 8},
};
enum { TAGS_A_DIRECTORY = 2, ALL_BITS = 15 };

/* Points as they come in: `seen` has a bit for each figure that an epoch has. */
typedef struct gathering {
    run_point *points; /* [capacity] */
    uint8_t *seen;     /* [capacity] */
    uint32_t capacity;
    const run_record *record;
    run_curves *curves;     /* for its note */
    const wanted_tag *tags; /* of the part that is read */
} gathering;

/* Keeps the first note. */
static void keep_note(void *context, const char *path, const char *problem)
{
    run_curves *curves = ((gathering *)context)->curves;
    if (curves->note[0] == '\0') {
        snprintf(curves->note, sizeof curves->note, "%.180s: %.120s", path, problem);
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

static int take_event(void *context, const tblog_event *event)
{
    gathering *all = context;
    const wanted_tag *tags = all->tags;
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
            if (tags[t].offset == offsetof(run_point, loss)) {
                all->points[epoch].wall_time = event->wall_time;
            }
        }
    }
    return 0;
}

static int read_part(gathering *all, const char *directory, const char *part,
                     const wanted_tag *tags, char *message)
{
    const part_events_reader reader = {.take = take_event, .note = keep_note, .context = all};
    all->tags = tags;
    return part_events_read(&reader, directory, part, all->record, message);
}

int run_reader_read(run_curves *out, const char *directory, const run_record *record, char *message)
{
    *out = (run_curves){0};
    gathering all = {.record = record, .curves = out};
    int status = read_part(&all, directory, RUN_TRAINING_PART, training_tags, message);
    if (status == 0) {
        status = read_part(&all, directory, RUN_VALIDATION_PART, validation_tags, message);
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
