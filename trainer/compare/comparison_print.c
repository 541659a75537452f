/* The comparison for people: two tables of one row a run, the question and its answers. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "number.h"
#include "sign.h"

enum {
    LABEL_WIDTH = 19,
    QUESTION_WIDTH = 31,
    ANSWER_WIDTH = 24,
    MEAN_WIDTH = 16,
    REACHED_WIDTH = 9,
    TEXT_BYTES = 96,
    MOST_ANSWERS = 12
};

static bool shares_batch_size(const comparison *self, const compared_run *run)
{
    for (size_t i = 0; i < self->count; i++) {
        const compared_run *other = &self->runs[i];
        if (other != run && other->record.config.batch_size == run->record.config.batch_size) {
            return true;
        }
    }
    return false;
}

/* What every line calls a run: its batch size, and its number where that is not enough. */
static const char *label(const comparison *self, const compared_run *run, char out[TEXT_BYTES])
{
    const unsigned batch_size = run->record.config.batch_size;
    if (shares_batch_size(self, run)) {
        snprintf(out, TEXT_BYTES, "batch size %u #%zu", batch_size, (size_t)(run - self->runs) + 1);
    } else {
        snprintf(out, TEXT_BYTES, "batch size %u", batch_size);
    }
    return out;
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

/* "4 (4-6)", "never (4-)" or "4 (4-)" where there is no end, "4" where no range is known. */
static void format_range(char out[TEXT_BYTES], compared_range range, int decimals)
{
    if (isnan(range.low)) {
        snprintf(out, TEXT_BYTES, "%.*f", decimals, range.value);
    } else if (!isfinite(range.value)) {
        snprintf(out, TEXT_BYTES, "never (%.*f-)", decimals, range.low);
    } else if (!isfinite(range.high)) {
        snprintf(out, TEXT_BYTES, "%.*f (%.*f-)", decimals, range.value, decimals, range.low);
    } else {
        snprintf(out, TEXT_BYTES, "%.*f (%.*f-%.*f)", decimals, range.value, decimals, range.low,
                 decimals, range.high);
    }
}

/* A column of a table, two blanks from the one before. printf would count bytes. */
static void print_cell(FILE *out, int width, const char *text)
{
    fprintf(out, "  %s%*s", text, width - sign_columns(text), "");
}

static void print_costs(const comparison *self, FILE *out)
{
    char text[TEXT_BYTES];
    fprintf(out, "%-*s %6s %22s %9s", LABEL_WIDTH, "Cost", "steps", "s/epoch (low-high)",
            "samples/s");
    fprintf(out, " %12s %13s  %s\n", "peak memory", "whole run", "directory");
    for (size_t i = 0; i < self->count; i++) {
        const compared_run *run = &self->runs[i];
        const double mebibytes = (double)run->record.memory.total / 1048576.0;
        fprintf(out, "%-*s %6u", LABEL_WIDTH, label(self, run, text),
                (unsigned)run->steps_per_epoch);
        if (run->epochs == 0) {
            fprintf(out, " %22s %9s %8.1f MiB %13s", "-", "-", mebibytes, "-");
        } else {
            format_range(text, run->seconds_per_epoch, 2);
            fprintf(out, " %22s %9.0f %8.1f MiB", text, run->samples_per_second, mebibytes);
            format_duration(text, run->seconds);
            fprintf(out, " %13s", text);
        }
        fprintf(out, "  %s\n", run->name);
    }
    fputs(
        "  steps: an epoch's; s/epoch: training only, the median epoch (the fastest-the slowest); "
        "samples/s: at the\n  median; peak memory: by the engine's own account; whole run: "
        "training and validation of all epochs\n",
        out);
}

/* "0.0123 0.0101 @12" */
static void print_figure(FILE *out, const compared_figure *figure, int width)
{
    char final[NUMBER_BYTES];
    char best[NUMBER_BYTES];
    char text[TEXT_BYTES];
    number_format(final, figure->final);
    number_format(best, figure->best);
    if (figure->best_epoch == 0) {
        snprintf(text, sizeof text, "%6s %6s", final, "-");
    } else {
        snprintf(text, sizeof text, "%6s %6s @%u", final, best, (unsigned)figure->best_epoch);
    }
    print_cell(out, width, text);
}

/* A loss may be 1.234e+30, an accuracy is at most 1.0000. */
enum { LOSS_WIDTH = 23, ACCURACY_WIDTH = 17 };

static void print_figures_head(FILE *out)
{
    static const struct {
        const char *title;
        int width;
    } columns[] = {{"training loss", LOSS_WIDTH},
                   {"training accuracy", ACCURACY_WIDTH},
                   {"validation loss", LOSS_WIDTH},
                   {"val. accuracy", ACCURACY_WIDTH}};
    enum { COLUMNS = sizeof columns / sizeof columns[0] };
    fprintf(out, "\n%-*s", LABEL_WIDTH, "Result");
    for (size_t i = 0; i < COLUMNS; i++) {
        print_cell(out, columns[i].width, columns[i].title);
    }
    fprintf(out, "  to 99 %%\n%-*s", LABEL_WIDTH, "");
    for (size_t i = 0; i < COLUMNS; i++) {
        print_cell(out, columns[i].width, " final   best @ep");
    }
    fputs("  epochs\n", out);
}

static void print_figures(const comparison *self, FILE *out)
{
    char text[TEXT_BYTES];
    print_figures_head(out);
    for (size_t i = 0; i < self->count; i++) {
        const compared_run *run = &self->runs[i];
        const compared_range target = run->answers[COMPARISON_FEWEST_EPOCHS];
        const bool diverged = run->record.state == RUN_DIVERGED;
        fprintf(out, "%-*s", LABEL_WIDTH, label(self, run, text));
        if (run->epochs == 0) {
            fputs(diverged ? "  no epoch, diverged\n" : "  no epoch yet\n", out);
            continue;
        }
        print_figure(out, &run->loss, LOSS_WIDTH);
        print_figure(out, &run->accuracy, ACCURACY_WIDTH);
        print_figure(out, &run->val_loss, LOSS_WIDTH);
        print_figure(out, &run->val_accuracy, ACCURACY_WIDTH);
        format_range(text, target, 0);
        fprintf(out, "  %s\n", diverged ? "diverged" : isnan(target.value) ? "never" : text);
    }
    fputs("  @ep: the best one's epoch, counted from 1 (TensorBoard's axis counts from 0); to 99 "
          "%: the first epoch with\n  99 % validation accuracy, and from where to where it would "
          "lie were every accuracy one standard error off\n",
          out);
}

static void format_answer(char text[TEXT_BYTES], comparison_question question,
                          compared_range answer)
{
    switch (question) {
    case COMPARISON_FEWEST_EPOCHS:
    case COMPARISON_FEWEST_SAMPLES:
        format_range(text, answer, 0);
        break;
    case COMPARISON_FEWEST_SECONDS:
        format_range(text, answer, 1);
        break;
    case COMPARISON_FIRST_LOSS:
        number_format(text, answer.value);
        break;
    case COMPARISON_FINAL_ACCURACY:
    case COMPARISON_BEST_ACCURACY:
        snprintf(text, TEXT_BYTES, "%.2f %% %s %.2f", 100 * answer.value, sign_plus_minus(),
                 100 * (answer.high - answer.value));
        break;
    case COMPARISON_QUESTIONS:
        break;
    }
}

static const char *standing_text(comparison_question question, const comparison_entry *entries,
                                 size_t count, size_t i)
{
    switch (entries[i].standing) {
    case COMPARISON_FIRST:
        if (count == 1) {
            return "the only one";
        }
        if (question == COMPARISON_FIRST_LOSS) {
            return "lowest, error unknown";
        }
        return entries[1].standing == COMPARISON_BEHIND ||
                       entries[1].standing == COMPARISON_UNRELIABLE
                   ? "first"
                   : "first, not clearly";
    case COMPARISON_EQUAL:
        return "equally first";
    case COMPARISON_UNSURE:
        return "cannot be told apart";
    case COMPARISON_UNKNOWN:
        return "error unknown";
    case COMPARISON_UNRELIABLE:
        return "diverges with another seed";
    case COMPARISON_BEHIND:
        break;
    }
    return "behind";
}

/* One line a run, the best first; of very many (seeds) the first ones. */
static void print_answer(const comparison *self, FILE *out, comparison_entry *entries,
                         const char *title, comparison_question question)
{
    char name[TEXT_BYTES];
    char value[TEXT_BYTES];
    const size_t count = comparison_ask(self, question, entries);
    if (count == 0) {
        fprintf(out, "  %-*s  no finished run%s\n", QUESTION_WIDTH, title,
                question <= COMPARISON_FEWEST_SECONDS ? " has reached it" : " has a figure");
    }
    for (size_t i = 0; i < count; i++) {
        if (i == MOST_ANSWERS && count > MOST_ANSWERS + 1) {
            fprintf(out, "  %-*s  and %zu more\n", QUESTION_WIDTH, "", count - i);
            break;
        }
        format_answer(value, question, entries[i].answer);
        print_cell(out, QUESTION_WIDTH, i == 0 ? title : "");
        print_cell(out, LABEL_WIDTH, label(self, entries[i].run, name));
        print_cell(out, ANSWER_WIDTH, value);
        fprintf(out, "  %s\n", standing_text(question, entries, count, i));
    }
}

static void print_answers(const comparison *self, FILE *out, comparison_entry *entries)
{
    fputs("\nFastest to converge, to 99 % validation accuracy (and the range)\n", out);
    print_answer(self, out, entries, "fewest epochs", COMPARISON_FEWEST_EPOCHS);
    print_answer(self, out, entries, "fewest samples", COMPARISON_FEWEST_SAMPLES);
    print_answer(self, out, entries, "fewest seconds of training", COMPARISON_FEWEST_SECONDS);
    print_answer(self, out, entries, "lowest training loss of epoch 1", COMPARISON_FIRST_LOSS);
    fprintf(out, "Best validated, %s the standard error of the sample\n", sign_plus_minus());
    print_answer(self, out, entries, "after the last epoch", COMPARISON_FINAL_ACCURACY);
    print_answer(self, out, entries, "best of all epochs", COMPARISON_BEST_ACCURACY);
}

/* The next run from the one at `i` on whose costs are worth comparing; at the count if none is. */
static size_t next_with_costs(const comparison *self, size_t i)
{
    while (i < self->count &&
           (self->runs[i].epochs == 0 || self->runs[i].record.state == RUN_DIVERGED)) {
        i++;
    }
    return i;
}

/* Each run's costs as a multiple of the first one's. */
static void print_relative_costs(const comparison *self, FILE *out)
{
    char name[TEXT_BYTES];
    const size_t first_at = next_with_costs(self, 0);
    size_t i = next_with_costs(self, first_at + 1);
    if (i >= self->count) {
        return; /* there are no two */
    }
    const compared_run *first = &self->runs[first_at];
    const double seconds = first->seconds_per_epoch.value;
    const double bytes = (double)first->record.memory.total;
    if (!(seconds > 0) || !(bytes > 0)) {
        return;
    }
    fprintf(out, "What it costs, against %s, at the median epochs\n", label(self, first, name));
    for (; i < self->count; i = next_with_costs(self, i + 1)) {
        const compared_run *run = &self->runs[i];
        fprintf(out, "  %-*s  %.2f times the time an epoch, %.2f times the memory\n",
                QUESTION_WIDTH, label(self, run, name), run->seconds_per_epoch.value / seconds,
                (double)run->record.memory.total / bytes);
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

static void print_diverged(const comparison *self, FILE *out)
{
    const size_t diverged = comparison_diverged(self);
    if (diverged > 0) {
        fprintf(out, "Note: %zu of %zu runs diverged; they are in no mean and no answer\n",
                diverged, self->count);
    }
}

/* Seconds of runs that shared the hardware say what they took together, not what each would
 * take. */
static void print_sharing(const comparison *self, FILE *out)
{
    uint32_t most = 1;
    for (size_t i = 0; i < self->count; i++) {
        const uint32_t at_once = self->runs[i].record.runs_at_once;
        most = at_once > most ? at_once : most;
    }
    if (most > 1) {
        fprintf(out,
                "Note: up to %u runs shared the hardware: their seconds are not what each would "
                "take alone (sweep --jobs 1)\n",
                (unsigned)most);
    }
}

static void print_notes(const comparison *self, FILE *out)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->runs[i].note[0] != '\0') {
            fprintf(out, "Note: %s: %s\n", self->runs[i].name, self->runs[i].note);
        }
    }
    print_diverged(self, out);
    print_sharing(self, out);
    print_differences(self, out);
}

/* "99.21 ± 0.03", times `scale`. */
static void format_mean(char text[TEXT_BYTES], compared_mean mean, double scale, int decimals)
{
    if (mean.runs == 0) {
        snprintf(text, TEXT_BYTES, "-");
    } else if (isnan(mean.error)) {
        snprintf(text, TEXT_BYTES, "%.*f", decimals, scale * mean.value);
    } else {
        snprintf(text, TEXT_BYTES, "%.*f %s %.*f", decimals, scale * mean.value, sign_plus_minus(),
                 decimals, scale * mean.error);
    }
}

static void print_mean(FILE *out, compared_mean mean, double scale, int decimals)
{
    char text[TEXT_BYTES];
    format_mean(text, mean, scale, decimals);
    print_cell(out, MEAN_WIDTH, text);
}

/* What many seeds say together, a line a batch size. */
static void print_seeds(FILE *out, const compared_batch_size *sizes, size_t count)
{
    static const char *const titles[] = {"val. acc. last %", "best epoch %", "loss of epoch 1",
                                         "epochs to 99 %"};
    char text[TEXT_BYTES];
    fprintf(out, "\n%-*s  %4s", LABEL_WIDTH, "Over the seeds", "runs");
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        print_cell(out, MEAN_WIDTH, titles[i]);
    }
    print_cell(out, REACHED_WIDTH, "reached");
    fputs("  diverged\n", out);
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "batch size %u", (unsigned)sizes[i].batch_size);
        fprintf(out, "%-*s  %4u", LABEL_WIDTH, text, (unsigned)sizes[i].runs);
        print_mean(out, sizes[i].final_accuracy, 100, 3);
        print_mean(out, sizes[i].best_accuracy, 100, 3);
        print_mean(out, sizes[i].first_loss, 1, 4);
        print_mean(out, sizes[i].epochs_to_target, 1, 2);
        snprintf(text, sizeof text, "%u of %u", (unsigned)sizes[i].epochs_to_target.runs,
                 (unsigned)sizes[i].runs);
        print_cell(out, REACHED_WIDTH, text);
        fprintf(out, "  %u\n", (unsigned)sizes[i].diverged);
    }
    fprintf(out,
            "  means of the finished runs %s the standard error of the mean over the seeds; epochs "
            "to 99 %%: of those that\n  reached it\n",
            sign_plus_minus());
}

/* Is there a batch size with several runs that ended? */
static bool has_seeds(const compared_batch_size *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sizes[i].runs + sizes[i].diverged > 1) {
            return true;
        }
    }
    return false;
}

int comparison_print(const comparison *self, FILE *out)
{
    comparison_entry *entries = calloc(self->count + 1, sizeof *entries);
    compared_batch_size *sizes = calloc(self->count + 1, sizeof *sizes);
    if (entries == NULL || sizes == NULL) {
        free(entries);
        free(sizes);
        return -1;
    }
    const size_t size_count = comparison_by_batch_size(self, sizes);
    print_costs(self, out);
    print_figures(self, out);
    if (has_seeds(sizes, size_count)) {
        print_seeds(out, sizes, size_count);
    }
    free(sizes);
    print_answers(self, out, entries);
    print_relative_costs(self, out);
    fputs(
        "Cannot be told apart (from a first): the ranges touch, or the accuracies are within two "
        "standard errors of their\ndifference. Seconds: the epochs at the median pace, their "
        "range from the fastest to the slowest epoch's pace. Each\nrun is one seed: what another "
        "seed would change is in none of these errors, and of the first epoch's training loss\n"
        "no error is known at all. The best of all epochs is picked on the validation set itself, "
        "and so a little too good.\n",
        out);
    print_notes(self, out);
    free(entries);
    return 0;
}
