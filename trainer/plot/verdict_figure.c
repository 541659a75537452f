#include "verdict_figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "printable.h"

const char *const verdict_axis_names[VERDICT_AXES] = {"epochs", "steps", "samples", "seconds"};

static const char *const axis_titles[VERDICT_AXES] = {
    "epochs", "training steps", "training samples seen", "seconds of training"};

static const double percent = 100;

/* Numbers are counted in thousands from ten thousand on, and so on. */
typedef struct unit {
    double from;
    double size;
    const char *name;
} unit;

static const unit units[] = {
    {1e10, 1e9, " (billions)"}, {1e7, 1e6, " (millions)"}, {1e4, 1e3, " (thousands)"}, {0, 1, ""}};

__attribute__((format(printf, 2, 3))) static void append(char text[FIGURE_TEXT_BYTES],
                                                         const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, FIGURE_TEXT_BYTES - length, format, arguments);
    va_end(arguments);
}

static void append_reason(char out[FIGURE_TEXT_BYTES], const char *reason, size_t runs)
{
    if (runs > 0) {
        append(out, "%s%s (%zu)", out[0] == '\0' ? "" : ", ", reason, runs);
    }
}

void verdict_figure_left_out(const comparison *all, const verdict *of, char out[FIGURE_TEXT_BYTES])
{
    size_t diverged = 0;
    size_t unfinished = 0;
    size_t others = all->count; /* neither in a row nor out of the family */
    out[0] = '\0';
    for (family_place place = FAMILY_MEMBER + 1; place < FAMILY_PLACES; place++) {
        append_reason(out, family_place_reason(place), of->left_out[place]);
        others -= of->left_out[place];
    }
    for (size_t i = 0; i < of->count; i++) {
        const verdict_row *row = &of->rows[i];
        diverged += row->diverged;
        unfinished += row->unfinished;
        others -= row->seeds + row->diverged + row->unfinished;
    }
    append_reason(out, "used to choose the learning rate", others);
    append_reason(out, "diverged", diverged);
    append_reason(out, "unfinished", unfinished);
}

static double value_of(const epoch_figures *epoch, figure_panel in)
{
    switch (in) {
    case FIGURE_LOSS:
        return epoch->loss;
    case FIGURE_ACCURACY:
        return percent * epoch->accuracy;
    case FIGURE_VAL_LOSS:
        return epoch->val_loss;
    case FIGURE_VAL_ACCURACY:
        return percent * epoch->val_accuracy;
    case FIGURE_PANELS:
        break;
    }
    return NAN;
}

/* The epochs that all runs of the row have. */
static size_t common_epochs(const verdict_row *row)
{
    size_t fewest = row->runs[0]->record.epoch_count;
    for (size_t i = 1; i < row->seeds; i++) {
        const size_t count = row->runs[i]->record.epoch_count;
        fewest = count < fewest ? count : fewest;
    }
    return fewest;
}

/* Seconds of training until the end of an epoch. */
static double mean_seconds(const verdict_row *row, size_t epoch)
{
    double sum = 0;
    for (size_t i = 0; i < row->seeds; i++) {
        for (size_t j = 0; j <= epoch; j++) {
            sum += row->runs[i]->record.epochs[j].training_seconds;
        }
    }
    return sum / (double)row->seeds;
}

/* How far the runs were at the end of an epoch, from 0. */
static double place_on(verdict_axis axis, const verdict_row *row, size_t epoch)
{
    const run_config *config = &row->runs[0]->record.config;
    const double epochs = (double)epoch + 1;
    switch (axis) {
    case VERDICT_AXIS_EPOCHS:
        return epochs;
    case VERDICT_AXIS_STEPS:
        return epochs * run_config_steps_per_epoch(config);
    case VERDICT_AXIS_SAMPLES:
        return epochs * config->training_samples;
    case VERDICT_AXIS_SECONDS:
        return mean_seconds(row, epoch);
    case VERDICT_AXES:
        break;
    }
    return NAN;
}

static curve_point point_of(const verdict_row *row, figure_panel in, size_t epoch)
{
    curve_point point = {.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < row->seeds; i++) {
        const double value = value_of(&row->runs[i]->record.epochs[epoch], in);
        point.mean += value / (double)row->seeds;
        point.low = fmin(point.low, value);
        point.high = fmax(point.high, value);
    }
    return point;
}

/* -1 without memory. */
static int make_line(curve *out, const verdict_row *row, figure_panel in, verdict_axis axis)
{
    out->count = common_epochs(row);
    out->has_band = row->seeds > 1;
    out->points = malloc(out->count * sizeof *out->points);
    if (out->points == NULL) {
        return -1;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->points[i] = point_of(row, in, i);
        out->points[i].x = place_on(axis, row, i);
    }
    return 0;
}

static void make_label(char out[FIGURE_LABEL_BYTES], const verdict_row *row, bool with_rate)
{
    char rate[FIGURE_LABEL_BYTES / 2] = "";
    if (with_rate) {
        snprintf(rate, sizeof rate, ", learning rate %g", row->learning_rate);
    }
    snprintf(out, FIGURE_LABEL_BYTES, "batch size %u%s (%zu seed%s)", (unsigned)row->batch_size,
             rate, row->seeds, row->seeds == 1 ? "" : "s");
}

/* Room for all rows. -1 without memory, and what was made is in the figure. */
static int make_room(figure *out, size_t rows)
{
    out->labels = calloc(rows + 1, sizeof *out->labels);
    if (out->labels == NULL) {
        return -1;
    }
    for (figure_panel in = 0; in < FIGURE_PANELS; in++) {
        out->lines[in] = calloc(rows + 1, sizeof *out->lines[in]);
        if (out->lines[in] == NULL) {
            return -1;
        }
    }
    return 0;
}

static int add_row(figure *out, const verdict_row *row, verdict_axis axis, bool with_rate)
{
    const size_t i = out->count++;
    make_label(out->labels[i], row, with_rate);
    for (figure_panel in = 0; in < FIGURE_PANELS; in++) {
        if (make_line(&out->lines[in][i], row, in, axis) != 0) {
            return -1;
        }
    }
    return 0;
}

static double farthest_point(const curve *lines, size_t count)
{
    double farthest = 0;
    for (size_t i = 0; i < count; i++) {
        farthest = fmax(farthest, lines[i].points[lines[i].count - 1].x);
    }
    return farthest;
}

static void divide_x(curve *lines, size_t count, double by)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < lines[i].count; j++) {
            lines[i].points[j].x /= by;
        }
    }
}

/* Counts in the largest unit that suits the farthest point, and names it on the axis. */
static void choose_unit(figure *out, verdict_axis axis, double farthest)
{
    const unit *in = units;
    while (farthest < in->from) {
        in++;
    }
    for (figure_panel panel = 0; panel < FIGURE_PANELS; panel++) {
        divide_x(out->lines[panel], out->count, in->size);
    }
    snprintf(out->x_title, sizeof out->x_title, "%s%s", axis_titles[axis], in->name);
    out->x_is_whole = axis != VERDICT_AXIS_SECONDS && in->size == 1;
}

/* What all lines have in common. */
static void describe(char out[FIGURE_TEXT_BYTES], const verdict *of, const run_config *config)
{
    append(out, "%u training and %u validation samples, ", (unsigned)config->training_samples,
           (unsigned)config->validation_samples);
    if (!verdict_rates_differ(of)) {
        append(out, "learning rate %g, ", of->rows[0].learning_rate);
    }
    append(out, "%s engine, %s; ", config->engine, engine_precision_name(config->precision));
}

static void make_titles(figure *out, const verdict *of, const run_config *config,
                        const char *source)
{
    append(out->title, "Loss and accuracy by batch size over %u epoch%s", (unsigned)config->epochs,
           config->epochs == 1 ? "" : "s");
    if (config->training_samples > 0) { /* else none of this is known */
        describe(out->subtitle, of, config);
    }
    append(out->subtitle, "runs in ");
    const size_t length = strlen(out->subtitle);
    printable_copy(out->subtitle + length, sizeof out->subtitle - length, source);
}

/* Explains the lines and bands; each line has from `fewest` to `most` seeds. */
static void caption_lines(char out[FIGURE_TEXT_BYTES], size_t fewest, size_t most)
{
    if (most == 1) {
        append(out, "Lines: one seed each; another seed gives other lines.");
    } else if (fewest == most) {
        append(out, "Lines: mean of %zu seeds. Bands: lowest to highest.", most);
    } else {
        append(out, "Lines: mean over the seeds. Bands: lowest to highest.");
    }
}

static void make_captions(figure *out, const comparison *all, const verdict *of, verdict_axis axis)
{
    char left_out[FIGURE_TEXT_BYTES];
    size_t fewest = SIZE_MAX;
    size_t most = 0;
    for (size_t i = 0; i < of->count; i++) {
        const size_t seeds = of->rows[i].seeds;
        fewest = seeds > 0 && seeds < fewest ? seeds : fewest;
        most = seeds > most ? seeds : most;
    }
    caption_lines(out->captions[0], fewest, most);
    verdict_figure_left_out(all, of, left_out);
    if (left_out[0] != '\0') {
        append(out->captions[0], " Not drawn: %s.", left_out);
    }
    append(out->captions[1], "Training: mean over the epoch, with dropout. Validation: after the "
                             "epoch, without.");
    if (axis == VERDICT_AXIS_SECONDS && !of->same_hardware) {
        append(out->captions[1], " Hardware or runs at once differ.");
    }
}

static int make_lines(figure *out, const verdict *of, verdict_axis axis)
{
    const bool with_rates = verdict_rates_differ(of);
    if (make_room(out, of->count) != 0) {
        return -1;
    }
    for (size_t i = 0; i < of->count; i++) {
        const verdict_row *row = &of->rows[i];
        if (row->seeds > 0 && add_row(out, row, axis, with_rates) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The first run that is drawn; NULL for none. */
static const compared_run *first_run(const verdict *of)
{
    for (size_t i = 0; i < of->count; i++) {
        if (of->rows[i].seeds > 0) {
            return of->rows[i].runs[0];
        }
    }
    return NULL;
}

int verdict_figure_make(figure *out, const comparison *all, const verdict *of, const char *source,
                        verdict_axis axis)
{
    const compared_run *first = first_run(of);
    *out = (figure){0};
    if (first == NULL) {
        return 0;
    }
    if (make_lines(out, of, axis) != 0) {
        figure_free(out);
        return -1;
    }
    const double farthest = farthest_point(out->lines[0], out->count);
    if (!(farthest > 0)) { /* it is not known how far the runs went */
        figure_free(out);
        return 0;
    }
    choose_unit(out, axis, farthest);
    make_titles(out, of, &first->record.config, source);
    make_captions(out, all, of, axis);
    return 0;
}
