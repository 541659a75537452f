/* The comparison for people: two tables of one row a run, the question and its answers. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"

enum { NAME_WIDTH = 26, TEXT_BYTES = 96 };

static bool batch_sizes_differ(const comparison *self)
{
    for (size_t i = 1; i < self->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (self->runs[i].record.config.batch_size == self->runs[j].record.config.batch_size) {
                return false;
            }
        }
    }
    return true;
}

/* How the answers call a run: by its batch size where that is enough. */
static const char *label(const comparison *self, const compared_run *run, char out[TEXT_BYTES])
{
    if (batch_sizes_differ(self)) {
        snprintf(out, TEXT_BYTES, "batch size %u", (unsigned)run->record.config.batch_size);
    } else {
        snprintf(out, TEXT_BYTES, "%.90s", run->name);
    }
    return out;
}

/* The end of a name that is too long for its column: it is where runs differ. */
static const char *short_name(const compared_run *run)
{
    const size_t length = strlen(run->name);
    return length > NAME_WIDTH ? run->name + length - NAME_WIDTH : run->name;
}

static void format_duration(char out[TEXT_BYTES], double seconds)
{
    if (seconds < 60) {
        snprintf(out, TEXT_BYTES, "%.1f s", seconds);
        return;
    }
    const unsigned long whole = (unsigned long)(seconds + 0.5);
    snprintf(out, TEXT_BYTES, "%lu min %02lu s", whole / 60, whole % 60);
}

static void print_costs(const comparison *self, FILE *out)
{
    char duration[TEXT_BYTES];
    fprintf(out, "%-*s %6s %11s %10s %10s %12s %15s  %s\n", NAME_WIDTH, "Cost", "batch",
            "steps/epoch", "s/epoch", "samples/s", "peak memory", "run", "state");
    for (size_t i = 0; i < self->count; i++) {
        const compared_run *run = &self->runs[i];
        const double mebibytes = (double)run->record.memory.total / 1048576.0;
        fprintf(out, "%-*s %6u %11u", NAME_WIDTH, short_name(run),
                (unsigned)run->record.config.batch_size, (unsigned)run->steps_per_epoch);
        if (run->epochs == 0) {
            fprintf(out, " %10s %10s %8.1f MiB %15s", "-", "-", mebibytes, "-");
        } else {
            format_duration(duration, (run->seconds_per_epoch + run->validation_seconds_per_epoch) *
                                          run->epochs);
            fprintf(out, " %10.2f %10.0f %8.1f MiB %15s", run->seconds_per_epoch,
                    run->samples_per_second, mebibytes, duration);
        }
        fprintf(out, "  %s\n", run_state_name(run->record.state));
    }
    fputs("  s/epoch and samples/s: training only; run: with validation; peak memory: by the "
          "engine's own account\n",
          out);
}

/* "0.0123 0.0101 @12", 17 columns. */
static void print_figure(FILE *out, const compared_figure *figure)
{
    fprintf(out, "  %6.4f %6.4f @%-2u", figure->final, figure->best, (unsigned)figure->best_epoch);
}

static void print_target(FILE *out, const compared_run *run)
{
    if (run->target_epoch == 0) {
        fputs("  never", out);
    } else if (run->target_epoch_latest == 0) {
        fprintf(out, "  %u (%u-)", (unsigned)run->target_epoch,
                (unsigned)run->target_epoch_earliest);
    } else {
        fprintf(out, "  %u (%u-%u)", (unsigned)run->target_epoch,
                (unsigned)run->target_epoch_earliest, (unsigned)run->target_epoch_latest);
    }
}

static void print_figures(const comparison *self, FILE *out)
{
    fprintf(out, "\n%-*s %6s  %-17s  %-17s  %-17s  %-17s  %s\n", NAME_WIDTH, "Result", "batch",
            "training loss", "training accuracy", "validation loss", "val. accuracy", "to 99 %");
    fprintf(out, "%-*s %6s  %-17s  %-17s  %-17s  %-17s  %s\n", NAME_WIDTH, "", "",
            "final  best   @ep", "final  best   @ep", "final  best   @ep", "final  best   @ep",
            "epochs");
    for (size_t i = 0; i < self->count; i++) {
        const compared_run *run = &self->runs[i];
        fprintf(out, "%-*s %6u", NAME_WIDTH, short_name(run),
                (unsigned)run->record.config.batch_size);
        if (run->epochs == 0) {
            fputs("  no epoch yet\n", out);
            continue;
        }
        print_figure(out, &run->loss);
        print_figure(out, &run->accuracy);
        print_figure(out, &run->val_loss);
        print_figure(out, &run->val_accuracy);
        print_target(out, run);
        fputc('\n', out);
    }
    fputs("  @ep: the best one's epoch, counted from 1 (TensorBoard's axis counts from 0); to 99 "
          "%: the first epoch with\n  99 % validation accuracy, and from where to where it would "
          "lie were every accuracy one standard error off\n",
          out);
}

static void format_value(char text[TEXT_BYTES], comparison_question question, double value,
                         const compared_run *run)
{
    switch (question) {
    case COMPARISON_FEWEST_EPOCHS:
        snprintf(text, TEXT_BYTES, "%.0f %s", value, value > 1 ? "epochs" : "epoch");
        break;
    case COMPARISON_FEWEST_SAMPLES:
        snprintf(text, TEXT_BYTES, "%.0f samples", value);
        break;
    case COMPARISON_FEWEST_SECONDS:
        snprintf(text, TEXT_BYTES, "%.1f s", value);
        break;
    case COMPARISON_FIRST_LOSS:
        snprintf(text, TEXT_BYTES, "%.4f", value);
        break;
    case COMPARISON_FINAL_ACCURACY:
        snprintf(text, TEXT_BYTES, "%.2f %% ± %.2f", 100 * value, 100 * run->final_error);
        break;
    case COMPARISON_BEST_ACCURACY:
        snprintf(text, TEXT_BYTES, "%.2f %% ± %.2f", 100 * value, 100 * run->best_error);
        break;
    case COMPARISON_QUESTIONS:
        break;
    }
}

static void print_answer(const comparison *self, FILE *out, const char *title,
                         comparison_question question)
{
    char name[TEXT_BYTES];
    char value[TEXT_BYTES];
    const comparison_answer answer = comparison_ask(self, question);
    fprintf(out, "  %-32s ", title);
    if (answer.winner == NULL) {
        fputs(question <= COMPARISON_FEWEST_SECONDS ? "no finished run has reached it\n"
                                                    : "no finished run\n",
              out);
        return;
    }
    format_value(value, question, answer.winner_value, answer.winner);
    fprintf(out, "%s: %s", label(self, answer.winner, name), value);
    if (answer.next != NULL) {
        format_value(value, question, answer.next_value, answer.next);
        fprintf(out, "; next %s: %s%s", label(self, answer.next, name), value,
                answer.tie ? " (a tie)" : "");
    }
    fputc('\n', out);
}

/* Each run's cost as a multiple of the first one's. */
static void print_relative_costs(const comparison *self, FILE *out)
{
    char name[TEXT_BYTES];
    const compared_run *first = &self->runs[0];
    if (self->count < 2 || first->epochs == 0 || !(first->seconds_per_epoch > 0)) {
        return;
    }
    fprintf(out, "What it costs, against %s\n", label(self, first, name));
    for (size_t i = 1; i < self->count; i++) {
        const compared_run *run = &self->runs[i];
        if (run->epochs > 0) {
            fprintf(out, "  %-32s %.2f times the time an epoch, %.2f times the memory\n",
                    label(self, run, name), run->seconds_per_epoch / first->seconds_per_epoch,
                    (double)run->record.memory.total / (double)first->record.memory.total);
        }
    }
}

/* Runs that differ in more than what they are compared by. */
static void print_differences(const comparison *self, FILE *out)
{
    char text[512];
    for (size_t i = 1; i < self->count; i++) {
        const run_config *first = &self->runs[0].record.config;
        run_config other = self->runs[i].record.config;
        other.batch_size = first->batch_size;
        other.log_every = first->log_every;
        other.seed = first->seed;
        if (run_config_difference(&other, first, text, sizeof text) > 0) {
            fprintf(out, "Note: %s differs from %s in more than its batch size: %s\n",
                    self->runs[i].name, self->runs[0].name, text);
        }
    }
}

static void print_notes(const comparison *self, FILE *out)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->runs[i].note[0] != '\0') {
            fprintf(out, "Note: %s: %s\n", self->runs[i].name, self->runs[i].note);
        }
    }
    print_differences(self, out);
}

void comparison_print(const comparison *self, FILE *out)
{
    print_costs(self, out);
    print_figures(self, out);
    fputs("\nFastest to converge, to 99 % validation accuracy\n", out);
    print_answer(self, out, "fewest epochs", COMPARISON_FEWEST_EPOCHS);
    print_answer(self, out, "fewest samples", COMPARISON_FEWEST_SAMPLES);
    print_answer(self, out, "fewest seconds of training", COMPARISON_FEWEST_SECONDS);
    print_answer(self, out, "lowest training loss of epoch 1", COMPARISON_FIRST_LOSS);
    fputs("Best validated, ± the standard error of the sample\n", out);
    print_answer(self, out, "after the last epoch", COMPARISON_FINAL_ACCURACY);
    print_answer(self, out, "best of all epochs", COMPARISON_BEST_ACCURACY);
    print_relative_costs(self, out);
    fputs("A tie: nearer than the uncertainty (ranges that touch; accuracies within two standard "
          "errors of their difference).\nEach run is one seed: how much another seed would change "
          "it is in none of these errors. The best of all epochs\nis picked on the validation set "
          "itself, and so a little too good.\n",
          out);
    print_notes(self, out);
}
