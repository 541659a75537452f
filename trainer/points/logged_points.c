#include "logged_points.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "part_events.h"
#include "run_tags.h"

#define TEXT_PLUGIN "text" /* TensorBoard's name */

struct logged_tag {
    char *name;
    int64_t last_step;
    char *last_text; /* NULL if the last point is no text */
};

static struct logged_tag *find_tag(const logged_points *logged, const char *name)
{
    for (size_t i = 0; i < logged->tag_count; i++) {
        if (strcmp(logged->tags[i].name, name) == 0) {
            return &logged->tags[i];
        }
    }
    return NULL;
}

/* A run has some fifty tags, so each addition may grow the array. NULL without memory. */
static struct logged_tag *add_tag(logged_points *logged, const char *name)
{
    struct logged_tag *tags = realloc(logged->tags, (logged->tag_count + 1) * sizeof *tags);
    if (tags == NULL) {
        return NULL;
    }
    logged->tags = tags;
    char *copy = strdup(name);
    if (copy == NULL) {
        return NULL;
    }
    struct logged_tag *tag = &logged->tags[logged->tag_count++];
    *tag = (struct logged_tag){.name = copy, .last_step = -1};
    return tag;
}

/* A text's first string; NULL without memory. */
static char *copy_text(const tblog_value *value)
{
    return value->string_count > 0
               ? strndup((const char *)value->strings[0].data, value->strings[0].count)
               : strdup("");
}

/* NULL without memory. */
static struct logged_tag *find_or_add_tag(logged_points *logged, const char *name)
{
    struct logged_tag *tag = find_tag(logged, name);
    return tag != NULL ? tag : add_tag(logged, name);
}

static int take_graph(logged_points *logged, int64_t step)
{
    struct logged_tag *tag = find_or_add_tag(logged, LOGGED_GRAPH);
    if (tag == NULL) {
        return -1;
    }
    tag->last_step = step;
    return 0;
}

/* Only a tag's first value in a file names its plug-in. That is enough: a run logs each text once
 * in a file. */
static int take_value(logged_points *logged, const tblog_value *value, int64_t step)
{
    struct logged_tag *tag = find_or_add_tag(logged, value->tag);
    if (tag == NULL) {
        return -1;
    }
    if (step < tag->last_step) {
        return 0;
    }
    const bool is_text = strcmp(value->plugin, TEXT_PLUGIN) == 0;
    free(tag->last_text);
    tag->last_step = step;
    tag->last_text = is_text ? copy_text(value) : NULL;
    return is_text && tag->last_text == NULL ? -1 : 0;
}

static int take_pace(logged_points *logged, int64_t epoch, double steps_per_second)
{
    if (epoch < 0 || epoch >= RUN_CONFIG_MAX_EPOCHS) {
        return 0;
    }
    if ((size_t)epoch >= logged->epoch_count) {
        const size_t count = (size_t)epoch + 1;
        double *paces = realloc(logged->steps_per_second, count * sizeof *paces);
        if (paces == NULL) {
            return -1;
        }
        memset(paces + logged->epoch_count, 0, (count - logged->epoch_count) * sizeof *paces);
        logged->steps_per_second = paces;
        logged->epoch_count = count;
    }
    logged->steps_per_second[epoch] = steps_per_second;
    return 0;
}

/* The event files of a part while they are read. */
typedef struct reading {
    logged_points *into;
    const char *directory; /* the run's */
    const note_printer *note;
} reading;

static int take_event(void *context, const tblog_event *event)
{
    logged_points *logged = ((const reading *)context)->into;
    if (strcmp(event->content, "graph_def") == 0 && take_graph(logged, event->step) != 0) {
        return -1;
    }
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (take_value(logged, value, event->step) != 0) {
            return -1;
        }
        if (value->kind == TBLOG_VALUE_SCALAR &&
            strcmp(value->tag, RUN_TAG_STEPS_PER_SECOND) == 0 &&
            take_pace(logged, event->step, value->scalar) != 0) {
            return -1;
        }
    }
    return 0;
}

static void note_problem(void *context, const char *path, const char *problem)
{
    const reading *self = context;
    char line[MESSAGE_BYTES];
    message_set(line, "%s/%s: %s; its points may be lost", self->directory, path, problem);
    self->note->print(self->note->context, line);
}

int logged_points_read(logged_points *out, const char *directory, const char *part,
                       const run_record *past, const note_printer *note, char *message)
{
    *out = (logged_points){0};
    reading self = {.into = out, .directory = directory, .note = note};
    const part_events_reader reader = {
        .take = take_event, .note = note_problem, .context = &self, .continues = true};
    if (part_events_read(&reader, directory, part, past, message) != 0) {
        logged_points_free(out);
        return -1;
    }
    return 0;
}

int64_t logged_points_last_step(const logged_points *logged, const char *tag)
{
    const struct logged_tag *found = find_tag(logged, tag);
    return found != NULL ? found->last_step : -1;
}

const char *logged_points_last_text(const logged_points *logged, const char *tag)
{
    const struct logged_tag *found = find_tag(logged, tag);
    return found != NULL ? found->last_text : NULL;
}

double logged_points_steps_per_second(const logged_points *logged, uint32_t epoch)
{
    return epoch < logged->epoch_count ? logged->steps_per_second[epoch] : 0;
}

void logged_points_free(logged_points *logged)
{
    for (size_t i = 0; i < logged->tag_count; i++) {
        free(logged->tags[i].name);
        free(logged->tags[i].last_text);
    }
    free(logged->tags);
    free(logged->steps_per_second);
    *logged = (logged_points){0};
}
