#include "comparison.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keras_run.h"
#include "message.h"
#include "printable.h"
#include "run_check.h"
#include "run_directory.h"
#include "run_search.h"

/* Room for another run. -1 without memory. */
static int make_room(comparison *self)
{
    if (self->count < self->capacity) {
        return 0;
    }
    const size_t capacity = self->capacity == 0 ? 16 : 2 * self->capacity;
    compared_run *runs = realloc(self->runs, capacity * sizeof *runs);
    if (runs == NULL) {
        return -1;
    }
    self->runs = runs;
    self->capacity = capacity;
    return 0;
}

/* Adds the run, whose record it takes in every case. */
static int add_run(comparison *self, compared_run *run, const char *name, char *message)
{
    if (make_room(self) != 0 || compared_run_derive(run) != 0) {
        run_record_free(&run->record);
        return message_set(message, "no memory for another run");
    }
    printable_copy(run->name, sizeof run->name, name);
    self->runs[self->count++] = *run;
    return 0;
}

/* Adds a run of ours, which `directory` holds, and checks it if `checks` is set. */
static int add_own(comparison *self, const run_record *record, const char *directory,
                   const char *name, char *message)
{
    compared_run run = {.record = *record};
    if (add_run(self, &run, name, message) != 0) {
        return -1;
    }
    return self->checks ? run_check(&self->runs[self->count - 1], directory, message) : 0;
}

/* Adds a run of Keras. No other run gets its seed, so that it is not paired. */
static int add_foreign(comparison *self, const run_record *record, const char *note,
                       const char *name, char *message)
{
    compared_run run = {.record = *record, .is_foreign = true};
    run.record.config.seed = self->count;
    printable_copy(run.note, sizeof run.note, note);
    return add_run(self, &run, name, message);
}

int comparison_add(comparison *self, const char *directory, const char *name, char *message)
{
    run_record record;
    switch (run_directory_read(directory, &record, message)) {
    case FILE_READ:
        break;
    case FILE_ABSENT:
        return message_set(message, "%s holds no run (no " RUN_RECORD_FILE ")", directory);
    case FILE_DAMAGED:
    case FILE_UNREADABLE:
        return -1;
    }
    return add_own(self, &record, directory, name, message);
}

/* A search for runs, and where it puts what it finds. */
typedef struct search {
    comparison *into;
    const char *root;
    FILE *warnings;
    char *message;
} search;

static int add_below(const search *self, const char *directory, unsigned depth);

/* Warns that what self->message names cannot be searched. Always 0: the search continues. */
static int leave_out(const search *self)
{
    fprintf(self->warnings, "%s; it is left out\n", self->message);
    return 0;
}

/* Searches a child of a directory; ignores one that is not a directory or is gone again. Does not
 * follow links, so that the search ends. */
static int add_child(const search *self, const char *directory, const char *child, unsigned depth)
{
    char path[PATH_MAX];
    struct stat status;
    if (strcmp(child, ".") == 0 || strcmp(child, "..") == 0) {
        return 0;
    }
    if (message_join_path(path, sizeof path, directory, child, self->message) != 0) {
        return leave_out(self);
    }
    if (lstat(path, &status) != 0) {
        if (errno == ENOENT) {
            return 0;
        }
        message_set(self->message, "%s cannot be read: %s", path, strerror(errno));
        return leave_out(self);
    }
    return S_ISDIR(status.st_mode) ? add_below(self, path, depth + 1) : 0;
}

static bool is_part(const char *name)
{
    return strcmp(name, RUN_TRAINING_PART) == 0 || strcmp(name, RUN_VALIDATION_PART) == 0;
}

/* `has_parts`: the directory is a log that was left out; its parts are not searched. */
static int add_children(const search *self, const char *directory, unsigned depth, bool has_parts)
{
    struct dirent **entries;
    const int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0) {
        message_set(self->message, "%s cannot be read: %s", directory, strerror(errno));
        return depth == 0 ? -1 : leave_out(self);
    }
    int status = 0;
    for (int i = 0; i < count; i++) {
        if (status == 0 && !(has_parts && is_part(entries[i]->d_name))) {
            status = add_child(self, directory, entries[i]->d_name, depth);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* What the comparison calls a directory that was found. */
static const char *name_of(const search *self, const char *directory)
{
    const char *below = directory + strlen(self->root);
    below += strspn(below, "/");
    return self->into->names_roots || below[0] == '\0' ? directory : below;
}

/* Adds the log of Keras in a directory with event files and without run.json. If the log is not of
 * Keras, warns and searches the directories below. */
static int add_log(const search *self, const char *directory, unsigned depth)
{
    run_record record;
    switch (keras_run_read(&record, directory, self->message)) {
    case KERAS_RUN_READ: {
        char note[MESSAGE_BYTES];
        message_set(note, "%s", self->message);
        return add_foreign(self->into, &record, note, name_of(self, directory), self->message);
    }
    case KERAS_RUN_FAILED:
        return -1;
    case KERAS_RUN_ABSENT:
        break;
    }
    fprintf(self->warnings, "%s; it is left out\n", self->message);
    return depth < RUN_SEARCH_DEPTH ? add_children(self, directory, depth, true) : 0;
}

/* `depth` is that of the directory, from 0. */
static int add_below(const search *self, const char *directory, unsigned depth)
{
    run_record record;
    switch (run_directory_read(directory, &record, self->message)) {
    case FILE_READ:
        return add_own(self->into, &record, directory, name_of(self, directory), self->message);
    case FILE_DAMAGED:
    case FILE_UNREADABLE:
        return leave_out(self);
    case FILE_ABSENT:
        break;
    }
    switch (run_search_foreign_events(directory, NULL, self->message)) {
    case RUN_SEARCH_FOUND:
        return add_log(self, directory, depth);
    case RUN_SEARCH_FAILED:
        return depth == 0 ? -1 : leave_out(self);
    case RUN_SEARCH_NOTHING:
        break;
    }
    return depth < RUN_SEARCH_DEPTH ? add_children(self, directory, depth, false) : 0;
}

int comparison_add_below(comparison *self, const char *root, FILE *warnings, char *message)
{
    const search from = {.into = self, .root = root, .warnings = warnings, .message = message};
    return add_below(&from, root, 0);
}

int comparison_add_roots(comparison *self, char *const *roots, size_t count, FILE *warnings,
                         char *message)
{
    self->names_roots = count > 1;
    for (size_t i = 0; i < count; i++) {
        const size_t before = self->count;
        if (comparison_add_below(self, roots[i], warnings, message) != 0) {
            return -1;
        }
        if (self->count == before) {
            return message_set(message, "%s holds no runs; give the --logdir of train or sweep",
                               roots[i]);
        }
    }
    return 0;
}

static int compare_runs(const void *a, const void *b)
{
    const compared_run *left = a;
    const compared_run *right = b;
    const run_config *one = &left->record.config;
    const run_config *other = &right->record.config;
    if (one->batch_size != other->batch_size) {
        return one->batch_size > other->batch_size ? -1 : 1;
    }
    if (one->learning_rate != other->learning_rate) {
        return one->learning_rate < other->learning_rate ? -1 : 1;
    }
    if (one->seed != other->seed) {
        return one->seed < other->seed ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

void comparison_sort(comparison *self)
{
    if (self->count > 1) {
        qsort(self->runs, self->count, sizeof *self->runs, compare_runs);
    }
}

void comparison_free(comparison *self)
{
    for (size_t i = 0; i < self->count; i++) {
        run_record_free(&self->runs[i].record);
    }
    free(self->runs);
    *self = (comparison){0};
}
