/* For people, what the verdict rests on: a row per batch size, and notes. */
#include "comparison_print.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "text_line.h"

enum { CELL_BYTES = 64, MOST_RUN_NOTES = 3, MOST_SIZES = 5, NOTE_WIDTH = 6 };

/* "4", "never", or "6 4/5" if four of five seeds reach the target. */
static void format_epochs(char out[CELL_BYTES], const verdict_row *row)
{
    char epochs[16] = "never";
    if (isfinite(row->epochs)) {
        snprintf(epochs, sizeof epochs, "%g", row->epochs);
    }
    if (row->reached > 0 && row->reached < row->seeds) {
        snprintf(out, CELL_BYTES, "%s %zu/%zu", epochs, row->reached, row->seeds);
    } else {
        snprintf(out, CELL_BYTES, "%s", epochs);
    }
}

/* A number with so many decimals, or "-" if it is not known. */
static void format_figure(char out[CELL_BYTES], double value, int decimals)
{
    if (isfinite(value)) {
        snprintf(out, CELL_BYTES, "%.*f", decimals, value);
    } else {
        snprintf(out, CELL_BYTES, "-");
    }
}

static void print_row(const verdict_row *row, FILE *out)
{
    char rate[CELL_BYTES] = "-";
    char accuracy[CELL_BYTES];
    char interval[CELL_BYTES] = "";
    char best[CELL_BYTES];
    char epochs[CELL_BYTES] = "-";
    char seconds[CELL_BYTES];
    char mebibytes[CELL_BYTES];
    format_figure(accuracy, 100 * row->accuracy.value, 2);
    format_figure(best, 100 * row->best_accuracy.value, 2);
    format_figure(seconds, row->seconds_per_epoch, 2);
    format_figure(mebibytes, row->memory > 0 ? (double)row->memory / (1 << 20) : NAN, 1);
    if (row->learning_rate > 0) {
        snprintf(rate, sizeof rate, "%.3g", row->learning_rate);
    }
    if (row->seeds > 0) {
        format_epochs(epochs, row);
    }
    if (row->seeds > 1) {
        snprintf(interval, sizeof interval, "%.2f-%.2f", 100 * row->accuracy.low,
                 100 * row->accuracy.high);
    }
    fprintf(out, "%6u %8s %5zu  %6s %-13s %6s  %-12s %7s %7s\n", (unsigned)row->batch_size, rate,
            row->seeds, accuracy, interval, best, epochs, seconds, mebibytes);
}

static void print_table(const verdict *answer, FILE *out)
{
    char target[CELL_BYTES];
    snprintf(target, sizeof target, "to %.4g %%", 100 * answer->target);
    fprintf(out, "%6s %8s %5s  %6s %-13s %6s  %-12s %7s %7s\n", "batch", "learning", "", "valid.",
            "", "best", "epochs", "seconds", "memory");
    fprintf(out, "%6s %8s %5s  %6s %-13s %6s  %-12s %7s %7s\n", "size", "rate", "seeds", "%",
            "95 % interval", "epoch", target, "/epoch", "MiB");
    for (size_t i = 0; i < answer->count; i++) {
        print_row(&answer->rows[i], out);
    }
}

__attribute__((format(printf, 2, 3))) static void print_note(FILE *out, const char *format, ...)
{
    text_line text = {.length = 0};
    va_list arguments;
    va_start(arguments, format);
    text_line_append_list(&text, format, arguments);
    va_end(arguments);
    text_line_print(&text, "Note:", NOTE_WIDTH, out);
}

static void print_rate_notes(const verdict *answer, FILE *out)
{
    if (verdict_has_rate(answer, VERDICT_RATE_CONFIRMED)) {
        print_note(out, "of several learning rates a batch size has the one that was best on the "
                        "lower half of the seeds; its figures are those of the other seeds");
    }
    if (verdict_has_rate(answer, VERDICT_RATE_CHOSEN)) {
        print_note(out, "of several learning rates a batch size has the best one; chosen on the "
                        "seeds that it is shown by, it looks a little too good (with 4 seeds or "
                        "more, half of them choose and the others confirm)");
    }
}

/* "diverged: batch size 64 (1 of 5 seeds), 16 (2 of 5 seeds)", and then what that means: of the
 * rows whose number at `offset` is not 0, of many the first ones. */
static void print_missing(const verdict *answer, size_t offset, const char *what,
                          const char *meaning, FILE *out)
{
    text_line text = {.length = 0};
    size_t sizes = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const verdict_row *row = &answer->rows[i];
        const size_t missing = *(const size_t *)((const char *)row + offset);
        if (missing > 0 && ++sizes <= MOST_SIZES) {
            text_line_append(&text, "%s%u (%zu of %zu seeds)", sizes > 1 ? ", " : "",
                             (unsigned)row->batch_size, missing,
                             row->seeds + row->choosing + row->diverged + row->unfinished);
        }
    }
    if (sizes > MOST_SIZES) {
        text_line_append(&text, " and %zu more", sizes - MOST_SIZES);
    }
    if (sizes > 0) {
        print_note(out, "%s: batch size %s%s", what, text.text, meaning);
    }
}

/* Seconds of runs that shared the hardware are not what each would take alone. */
static void print_sharing(const comparison *all, FILE *out)
{
    uint32_t most = 1;
    for (size_t i = 0; i < all->count; i++) {
        const uint32_t at_once = all->runs[i].record.runs_at_once;
        most = at_once > most ? at_once : most;
    }
    if (most > 1) {
        print_note(out, "up to %u runs shared the hardware; alone each takes fewer seconds",
                   (unsigned)most);
    }
}

static void print_run_notes(const comparison *all, FILE *out)
{
    size_t notes = 0;
    for (size_t i = 0; i < all->count; i++) {
        const compared_run *run = &all->runs[i];
        if (run->note[0] != '\0' && ++notes <= MOST_RUN_NOTES) {
            print_note(out, "%s: %s", run->name, run->note);
        }
    }
    if (notes > MOST_RUN_NOTES) {
        print_note(out, "and %zu more runs have a note; --format json has them all",
                   notes - MOST_RUN_NOTES);
    }
}

void comparison_print_table(const comparison *all, const verdict *answer, FILE *out)
{
    print_table(answer, out);
    print_rate_notes(answer, out);
    print_missing(answer, offsetof(verdict_row, diverged), "diverged",
                  "; a batch size with a diverged seed is never first", out);
    print_missing(answer, offsetof(verdict_row, unfinished), "not finished", "", out);
    print_sharing(all, out);
    print_run_notes(all, out);
}
