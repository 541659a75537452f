/* The evaluation for people: what was evaluated, then its figures, classes and confusion matrix. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation_report.h"
#include "number.h"
#include "printable.h"

enum { LINE_COLUMNS = 80 };

static void print_path(FILE *out, const char *path)
{
    char shown[PATH_MAX];
    printable_copy(shown, sizeof shown, path);
    fputs(shown, out);
}

static void print_training(FILE *out, const model *trained)
{
    const model_origin *origin = &trained->origin;
    const run_config *config = &origin->config;
    if (!trained->has_origin) {
        fputs("not known: the file does not record it", out);
        return;
    }
    if (origin->iterations == (uint64_t)origin->epochs * run_config_steps_per_epoch(config)) {
        fprintf(out, "%u of %u epochs", (unsigned)origin->epochs, (unsigned)config->epochs);
    } else {
        char place[RUN_CONFIG_STEP_BYTES];
        run_config_format_step(place, config, origin->iterations);
        fprintf(out, "to %s", place);
    }
    fprintf(out, ", batch size %u, seed %" PRIu64, (unsigned)config->batch_size, config->seed);
}

/* "Note: " and the text, in lines of at most 80 columns. */
static void print_note(FILE *out, const char *text)
{
    size_t column = strlen("Note:");
    fputs("Note:", out);
    while (*text != '\0') {
        const size_t word = strcspn(text, " ");
        if (column + 1 + word > LINE_COLUMNS) {
            fputs("\n     ", out);
            column = strlen("Note:");
        }
        fprintf(out, " %.*s", (int)word, text);
        column += 1 + word;
        text += word + strspn(text + word, " ");
    }
    putc('\n', out);
}

/* Why the figures may not be those of the run; nothing if they are. */
static void print_doubt(const evaluation_report *self, FILE *out)
{
    if (!self->model->has_origin) {
        return;
    }
    if (!evaluation_report_has_run_data(self)) {
        print_note(out, "it was trained with other data; these figures are not the run's.");
    } else if (self->difference[0] != '\0') {
        print_note(out, self->difference);
    }
}

static void print_head(const evaluation_report *self, FILE *out)
{
    fputs("Model     ", out);
    print_path(out, self->path);
    fputs("\nTrained   ", out);
    print_training(out, self->model);
    fputs("\nData      ", out);
    print_path(out, self->data_path);
    fprintf(out, ", %u validation images\nEngine    ", (unsigned)self->result.accuracy.images);
    fprintf(out, "%s (%s), %s\n", self->engine, self->plan->hardware,
            engine_precision_name(self->plan->precision));
    print_doubt(self, out);
}

/* A share in percent, rounded as number_format does, so that the digits are those of a run. */
static double percent(double share)
{
    char rounded[NUMBER_BYTES];
    number_format(rounded, share);
    return 100 * strtod(rounded, NULL);
}

/* "99.12 % (98.92 to 99.29)" */
static void print_accuracy(FILE *out, const evaluation_accuracy *accuracy)
{
    fprintf(out, "%6.2f %% (%.2f to %.2f)", percent(accuracy->value), percent(accuracy->low),
            percent(accuracy->high));
}

static void print_figures(const evaluation *result, FILE *out)
{
    char loss[NUMBER_BYTES];
    number_format(loss, result->loss);
    fprintf(out, "\nLoss      %s\nAccuracy ", loss);
    print_accuracy(out, &result->accuracy);
    fprintf(out, ", %u correct\n", (unsigned)result->accuracy.correct);
    fputs("          in parentheses: Wilson's 95 % interval\n", out);
}

static void print_classes(const evaluation *result, FILE *out)
{
    fputs("\nClass   images  correct    accuracy\n", out);
    for (unsigned label = 0; label < LENET_CLASSES; label++) {
        const evaluation_accuracy *accuracy = &result->classes[label];
        fprintf(out, "%5u  %7u  ", label, (unsigned)accuracy->images);
        if (accuracy->images == 0) {
            fputs("      -    not in the data\n", out);
            continue;
        }
        fprintf(out, "%7u    ", (unsigned)accuracy->correct);
        print_accuracy(out, accuracy);
        putc('\n', out);
    }
}

static void print_confusion(const evaluation *result, FILE *out)
{
    fputs("\nConfusion matrix: a row for each label, a column for each predicted class\n     ",
          out);
    for (unsigned predicted = 0; predicted < LENET_CLASSES; predicted++) {
        fprintf(out, " %6u", predicted);
    }
    putc('\n', out);
    for (unsigned label = 0; label < LENET_CLASSES; label++) {
        fprintf(out, "%5u", label);
        for (unsigned predicted = 0; predicted < LENET_CLASSES; predicted++) {
            fprintf(out, " %6u", (unsigned)result->confusion[label][predicted]);
        }
        putc('\n', out);
    }
}

void evaluation_report_print(const evaluation_report *self, FILE *out)
{
    print_head(self, out);
    print_figures(&self->result, out);
    print_classes(&self->result, out);
    print_confusion(&self->result, out);
}
