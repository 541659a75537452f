#include "compared_run.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "median.h"

static compared_figure summarize(const run_record *record, size_t offset, bool highest)
{
    compared_figure figure = {.best = NAN};
    for (uint32_t i = 0; i < record->epoch_count; i++) {
        const double value = *(const double *)((const char *)&record->epochs[i] + offset);
        figure.final = value;
        if (isfinite(value) &&
            (figure.best_epoch == 0 || (highest ? value > figure.best : value < figure.best))) {
            figure.best = value;
            figure.best_epoch = i + 1;
        }
    }
    return figure;
}

/* -1 without memory. */
static int derive_costs(compared_run *run)
{
    const run_record *record = &run->record;
    double *seconds = malloc(record->epoch_count * sizeof *seconds);
    size_t known = 0;
    if (seconds == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < record->epoch_count; i++) {
        const epoch_figures *epoch = &record->epochs[i];
        run->seconds += epoch->training_seconds + epoch->validation_seconds;
        if (isfinite(epoch->training_seconds)) {
            seconds[known++] = epoch->training_seconds;
        }
    }
    run->seconds_per_epoch = median(seconds, known); /* which sorts them */
    run->fastest_epoch = known > 0 ? seconds[0] : NAN;
    run->slowest_epoch = known > 0 ? seconds[known - 1] : NAN;
    free(seconds);
    return 0;
}

static void note_state(compared_run *run)
{
    const run_record *record = &run->record;
    if (record->state == RUN_DIVERGED) {
        run_record_format_divergence(run->note, record);
    } else if (record->state != RUN_FINISHED) {
        const char *host = record->state == RUN_RUNNING ? record->host : "";
        snprintf(run->note, sizeof run->note, "not finished (%s%s%s): %u of %u epochs",
                 run_state_name(record->state), host[0] != '\0' ? " on " : "", host,
                 (unsigned)record->epoch_count, (unsigned)record->config.epochs);
    }
}

int compared_run_derive(compared_run *run)
{
    const run_record *record = &run->record;
    note_state(run);
    if (record->epoch_count == 0) {
        return 0;
    }
    run->loss = summarize(record, offsetof(epoch_figures, loss), false);
    run->accuracy = summarize(record, offsetof(epoch_figures, accuracy), true);
    run->val_loss = summarize(record, offsetof(epoch_figures, val_loss), false);
    run->val_accuracy = summarize(record, offsetof(epoch_figures, val_accuracy), true);
    return derive_costs(run);
}

bool compared_run_counts(const compared_run *run)
{
    return run->record.state == RUN_FINISHED && run->record.epoch_count > 0;
}

/* For the same number of images, a given percentage and an accuracy that Keras logs in single
 * precision may differ in the last bits. `rounding` allows for that, and is less than one image of
 * ten million. */
static bool reaches(const epoch_figures *epoch, double accuracy)
{
    const double rounding = 1e-7;
    return epoch->val_accuracy >= accuracy - rounding;
}

double compared_run_epochs_to(const compared_run *run, double accuracy)
{
    for (uint32_t i = 0; i < run->record.epoch_count; i++) {
        if (reaches(&run->record.epochs[i], accuracy)) {
            return i + 1;
        }
    }
    return INFINITY;
}

double compared_run_seconds_to(const compared_run *run, double accuracy)
{
    double seconds = 0;
    for (uint32_t i = 0; i < run->record.epoch_count; i++) {
        seconds += run->record.epochs[i].training_seconds;
        if (reaches(&run->record.epochs[i], accuracy)) {
            return seconds;
        }
    }
    return INFINITY;
}

double compared_run_grain(const compared_run *run)
{
    const uint32_t samples = run->record.config.validation_samples;
    return samples > 0 ? 1.0 / samples : 0;
}

double compared_run_samples_per_second(const compared_run *run)
{
    const uint32_t samples = run->record.config.training_samples;
    return samples > 0 ? samples / fmax(run->seconds_per_epoch, 1e-9) : NAN;
}
