/* The runs as a table for other programs: a header, then a row per run. Fields as in the JSON
 * (comparison_json.c); a figure that is not there or not finite is empty. Lines end in a line feed;
 * text with a comma, a quote or a line's end is quoted as RFC 4180 has it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "comparison_print.h"

static void print_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, out);
    }
    fputc('"', out);
}

static void print_real(FILE *out, double value)
{
    fputc(',', out);
    if (isfinite(value)) {
        fprintf(out, "%.10g", value);
    }
}

static void print_run(const compared_run *run, family_place place, double target, FILE *out)
{
    const run_record *record = &run->record;
    const run_config *config = &record->config;
    const bool has_figures = record->epoch_count > 0;
    const double figures[] = {run->loss.final,
                              run->accuracy.final,
                              run->val_loss.final,
                              run->val_accuracy.final,
                              run->val_accuracy.best,
                              run->val_accuracy.best_epoch,
                              compared_run_epochs_to(run, target),
                              compared_run_seconds_to(run, target),
                              run->seconds_per_epoch,
                              run->seconds};
    print_text(out, run->name);
    fprintf(out, ",%u", (unsigned)config->batch_size);
    if (run->is_foreign) {
        fputs(",,", out);
    } else {
        print_real(out, config->learning_rate);
        fprintf(out, ",%" PRIu64, config->seed);
    }
    fprintf(out, ",%s,%s,%u", run_state_name(record->state), family_place_key(place),
            (unsigned)record->epoch_count);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        print_real(out, has_figures ? figures[i] : NAN);
    }
    fputc(',', out);
    if (!run->is_foreign) {
        fprintf(out, "%" PRIu64, record->memory.total);
    }
    fputc('\n', out);
}

void comparison_print_csv(const comparison *all, const verdict *answer, FILE *out)
{
    fputs(
        "name,batch_size,learning_rate,seed,state,place,epochs,loss,accuracy,val_loss,val_accuracy,"
        "best_val_accuracy,best_epoch,epochs_to_target,seconds_to_target,seconds_per_epoch,"
        "seconds,peak_bytes\n",
        out);
    for (size_t i = 0; i < all->count; i++) {
        print_run(&all->runs[i], answer->places[i], answer->target, out);
    }
}
