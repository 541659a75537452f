#include "comparison.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "printable.h"
#include "run_directory.h"
#include "run_search.h"

/* An event file has 32-bit floats: the fraction of `samples` that such a float came from. */
static double exact_accuracy(double accuracy, uint32_t samples)
{
    return isfinite(accuracy) ? round(accuracy * samples) / samples : accuracy;
}

static double standard_error(double accuracy, uint32_t samples)
{
    return sqrt(accuracy * (1 - accuracy) / samples);
}

static compared_figure summarize(const run_point *points, uint32_t count, size_t offset,
                                 bool highest)
{
    compared_figure figure = {.best = NAN};
    for (uint32_t i = 0; i < count; i++) {
        const double value = *(const double *)((const char *)&points[i] + offset);
        figure.final = value;
        if (isfinite(value) &&
            (figure.best_epoch == 0 || (highest ? value > figure.best : value < figure.best))) {
            figure.best = value;
            figure.best_epoch = i + 1;
        }
    }
    return figure;
}

/* The first epoch whose validation accuracy, moved by `shift` standard errors, is at the
 * target; infinite for none. */
static double first_at_target(const compared_run *run, double shift)
{
    for (uint32_t i = 0; i < run->epochs; i++) {
        const double accuracy = run->curves.points[i].val_accuracy;
        const double error = standard_error(accuracy, run->record.config.validation_samples);
        if (accuracy + shift * error >= COMPARISON_TARGET) {
            return i + 1;
        }
    }
    return INFINITY;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Median, least and most of values[count]; sorts them. */
static compared_range spread_of(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return (compared_range){(values[(count - 1) / 2] + values[count / 2]) / 2, values[0],
                            values[count - 1]};
}

static int derive_costs(compared_run *run)
{
    double *seconds = malloc(run->epochs * sizeof *seconds);
    if (seconds == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < run->epochs; i++) {
        const epoch_figures *epoch = &run->record.epochs[i];
        seconds[i] = epoch->training_seconds;
        run->seconds += epoch->training_seconds + epoch->validation_seconds;
    }
    run->seconds_per_epoch = spread_of(seconds, run->epochs);
    for (uint32_t i = 0; i < run->epochs; i++) {
        seconds[i] = run->record.epochs[i].validation_seconds;
    }
    run->validation_seconds_per_epoch = spread_of(seconds, run->epochs);
    free(seconds);
    const double median = run->seconds_per_epoch.value;
    run->samples_per_second = run->record.config.training_samples / (median > 0 ? median : 1e-9);
    return 0;
}

static compared_range accuracy_range(double accuracy, uint32_t samples)
{
    const double error = standard_error(accuracy, samples);
    return (compared_range){accuracy, accuracy - error, accuracy + error};
}

/* Epochs in another unit, of which an epoch has `least`, `usually` or `most`. */
static compared_range in_unit(compared_range epochs, double least, double usually, double most)
{
    return (compared_range){isfinite(epochs.value) ? epochs.value * usually : epochs.value,
                            isfinite(epochs.low) ? epochs.low * least : epochs.low,
                            isfinite(epochs.high) ? epochs.high * most : epochs.high};
}

static void derive_answers(compared_run *run)
{
    const run_config *config = &run->record.config;
    const compared_range pace = run->seconds_per_epoch;
    const double samples = config->training_samples;
    compared_range *answers = run->answers;
    compared_range epochs = {first_at_target(run, 0), first_at_target(run, 1),
                             first_at_target(run, -1)};
    if (!isfinite(epochs.low)) {
        epochs.value = NAN;
    }
    answers[COMPARISON_FEWEST_EPOCHS] = epochs;
    answers[COMPARISON_FEWEST_SAMPLES] = in_unit(epochs, samples, samples, samples);
    answers[COMPARISON_FEWEST_SECONDS] = in_unit(epochs, pace.low, pace.value, pace.high);
    answers[COMPARISON_FIRST_LOSS] = (compared_range){run->curves.points[0].loss, NAN, NAN};
    answers[COMPARISON_FINAL_ACCURACY] =
        accuracy_range(run->val_accuracy.final, config->validation_samples);
    answers[COMPARISON_BEST_ACCURACY] =
        accuracy_range(run->val_accuracy.best, config->validation_samples);
}

/* -1 without memory. */
static int derive(compared_run *run)
{
    const run_config *config = &run->record.config;
    run_point *points = run->curves.points;
    run->steps_per_epoch = run_config_steps_per_epoch(config);
    /* A killed process may have logged an epoch that run.json does not have yet. */
    run->epochs =
        run->curves.epochs < run->record.epoch_count ? run->curves.epochs : run->record.epoch_count;
    if (run->epochs == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < run->epochs; i++) {
        points[i].accuracy = exact_accuracy(points[i].accuracy, config->training_samples);
        points[i].val_accuracy = exact_accuracy(points[i].val_accuracy, config->validation_samples);
    }
    run->loss = summarize(points, run->epochs, offsetof(run_point, loss), false);
    run->accuracy = summarize(points, run->epochs, offsetof(run_point, accuracy), true);
    run->val_loss = summarize(points, run->epochs, offsetof(run_point, val_loss), false);
    run->val_accuracy = summarize(points, run->epochs, offsetof(run_point, val_accuracy), true);
    if (derive_costs(run) != 0) {
        return -1;
    }
    derive_answers(run);
    return 0;
}

static void make_note(compared_run *run)
{
    if (run->curves.note[0] != '\0') {
        printable_copy(run->note, sizeof run->note, run->curves.note);
    } else if (run->curves.epochs < run->record.epoch_count) {
        snprintf(run->note, sizeof run->note, "run.json has %u epochs, but the event files only %u",
                 (unsigned)run->record.epoch_count, (unsigned)run->curves.epochs);
    } else if (run->record.state == RUN_DIVERGED) {
        run_record_format_divergence(run->note, &run->record);
    } else if (run->record.state != RUN_FINISHED) {
        const char *host = run->record.state == RUN_RUNNING ? run->record.host : "";
        snprintf(run->note, sizeof run->note, "not finished (%s%s%s): %u of %u epochs",
                 run_state_name(run->record.state), host[0] != '\0' ? " on " : "", host,
                 (unsigned)run->epochs, (unsigned)run->record.config.epochs);
    }
}

/* Adds the run of this record, which it takes in every case. */
static int add_run(comparison *self, run_record *record, const char *directory, const char *name,
                   char *message)
{
    compared_run run = {.record = *record};
    *record = (run_record){0};
    if (run_reader_read(&run.curves, directory, &run.record, message) != 0) {
        run_record_free(&run.record);
        return -1;
    }
    compared_run *runs = realloc(self->runs, (self->count + 1) * sizeof *runs);
    self->runs = runs != NULL ? runs : self->runs;
    if (runs == NULL || derive(&run) != 0) {
        run_curves_free(&run.curves);
        run_record_free(&run.record);
        return message_set(message, "no memory for another run");
    }
    printable_copy(run.name, sizeof run.name, name);
    make_note(&run);
    runs[self->count++] = run;
    return 0;
}

int comparison_add(comparison *self, const char *directory, const char *name, char *message)
{
    run_record record;
    switch (run_directory_read(directory, &record, message)) {
    case RUN_RECORD_READ:
        break;
    case RUN_RECORD_ABSENT:
        return message_set(message, "%s holds no run (no " RUN_RECORD_FILE ")", directory);
    case RUN_RECORD_DAMAGED:
    case RUN_RECORD_UNREADABLE:
        return -1;
    }
    return add_run(self, &record, directory, name, message);
}

/* A search for runs, and where it puts what it finds. */
typedef struct search {
    comparison *into;
    const char *root;
    FILE *warnings;
    char *message;
} search;

static int add_below(const search *self, const char *directory, unsigned depth);

/* What self->message names cannot be searched. Always 0: the search goes on. */
static int leave_out(const search *self)
{
    fprintf(self->warnings, "%s; it is left out\n", self->message);
    return 0;
}

/* A child of a directory that is searched; not a directory itself, or gone again: nothing. Links are
 * not followed, so that no circle is walked. */
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

static int add_children(const search *self, const char *directory, unsigned depth)
{
    struct dirent **entries;
    const int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0) {
        message_set(self->message, "%s cannot be read: %s", directory, strerror(errno));
        return depth == 0 ? -1 : leave_out(self);
    }
    int status = 0;
    for (int i = 0; i < count; i++) {
        if (status == 0) {
            status = add_child(self, directory, entries[i]->d_name, depth);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* `depth` is that of the directory, from 0. */
static int add_below(const search *self, const char *directory, unsigned depth)
{
    const char *name = directory + strlen(self->root);
    name += strspn(name, "/");
    run_record record;
    switch (run_directory_read(directory, &record, self->message)) {
    case RUN_RECORD_READ:
        return add_run(self->into, &record, directory, name[0] != '\0' ? name : directory,
                       self->message);
    case RUN_RECORD_DAMAGED:
    case RUN_RECORD_UNREADABLE:
        return leave_out(self);
    case RUN_RECORD_ABSENT:
        break;
    }
    return depth < RUN_SEARCH_DEPTH ? add_children(self, directory, depth) : 0;
}

int comparison_add_below(comparison *self, const char *root, FILE *warnings, char *message)
{
    const search from = {.into = self, .root = root, .warnings = warnings, .message = message};
    return add_below(&from, root, 0);
}

static int compare_runs(const void *a, const void *b)
{
    const compared_run *left = a;
    const compared_run *right = b;
    if (left->record.config.batch_size != right->record.config.batch_size) {
        return left->record.config.batch_size > right->record.config.batch_size ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

void comparison_sort(comparison *self)
{
    if (self->count > 1) {
        qsort(self->runs, self->count, sizeof *self->runs, compare_runs);
    }
}

size_t comparison_diverged(const comparison *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        count += self->runs[i].record.state == RUN_DIVERGED;
    }
    return count;
}

void comparison_free(comparison *self)
{
    for (size_t i = 0; i < self->count; i++) {
        run_curves_free(&self->runs[i].curves);
        run_record_free(&self->runs[i].record);
    }
    free(self->runs);
    *self = (comparison){0};
}
