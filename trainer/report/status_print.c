#include "status_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "real_to_json.h"
#include "runs_json.h"

enum { DURATION_BYTES = 32 };

static const run_state shown_order[] = {RUN_RUNNING, RUN_INTERRUPTED, RUN_DIVERGED, RUN_FINISHED};
enum { STATES = sizeof shown_order / sizeof shown_order[0] };

void status_sort(comparison *all)
{
    compared_run *sorted = malloc((all->count > 0 ? all->count : 1) * sizeof *sorted);
    size_t next = 0;
    if (sorted == NULL) {
        return; /* the order is not essential */
    }
    for (size_t s = 0; s < STATES; s++) {
        for (size_t i = 0; i < all->count; i++) {
            if (all->runs[i].record.state == shown_order[s]) {
                sorted[next++] = all->runs[i];
            }
        }
    }
    free(all->runs);
    all->runs = sorted;
    all->capacity = all->count;
}

static double seconds_per_epoch(const compared_run *run)
{
    return run->record.epoch_count > 0 ? run->seconds / run->record.epoch_count : NAN;
}

static bool has_ended(const compared_run *run)
{
    return run->record.state == RUN_FINISHED || run->record.state == RUN_DIVERGED;
}

/* NaN before the first epoch's end. */
static double seconds_left(const compared_run *run)
{
    const run_record *record = &run->record;
    return has_ended(run) ? 0
                          : (record->config.epochs - record->epoch_count) * seconds_per_epoch(run);
}

/* "42 s", "3 min 07 s", "5 h 02 min", "12 d 04 h"; "" if it is not known. */
static void format_duration(char out[DURATION_BYTES], double seconds)
{
    if (!(seconds >= 0 && seconds < 1e12)) {
        out[0] = '\0';
        return;
    }
    const uint64_t whole = (uint64_t)ceil(seconds);
    if (whole < 60) {
        snprintf(out, DURATION_BYTES, "%" PRIu64 " s", whole);
    } else if (whole < 3600) {
        snprintf(out, DURATION_BYTES, "%" PRIu64 " min %02" PRIu64 " s", whole / 60, whole % 60);
    } else if (whole < 86400) {
        snprintf(out, DURATION_BYTES, "%" PRIu64 " h %02" PRIu64 " min", whole / 3600,
                 whole / 60 % 60);
    } else {
        snprintf(out, DURATION_BYTES, "%" PRIu64 " d %02" PRIu64 " h", whole / 86400,
                 whole / 3600 % 24);
    }
}

static void print_counts(const comparison *all, FILE *out)
{
    fprintf(out, "%zu run%s", all->count, all->count == 1 ? "" : "s");
    const char *separator = ": ";
    for (size_t s = 0; s < STATES; s++) {
        size_t count = 0;
        for (size_t i = 0; i < all->count; i++) {
            count += all->runs[i].record.state == shown_order[s];
        }
        if (count > 0) {
            fprintf(out, "%s%zu %s", separator, count, run_state_name(shown_order[s]));
            separator = ", ";
        }
    }
    fputc('\n', out);
}

static void print_run(const compared_run *run, FILE *out)
{
    const run_record *record = &run->record;
    char epochs[32];
    char pace[32] = "";
    char left[DURATION_BYTES] = "";
    snprintf(epochs, sizeof epochs, "%u/%u", (unsigned)record->epoch_count,
             (unsigned)record->config.epochs);
    if (isfinite(seconds_per_epoch(run))) {
        snprintf(pace, sizeof pace, "%.3g", seconds_per_epoch(run));
    }
    if (!has_ended(run)) {
        format_duration(left, seconds_left(run));
    }
    fprintf(out, "%-11s  %9s  %8s  %12s  %-12s  %s\n", run_state_name(record->state), epochs, pace,
            left, record->host, run->name);
}

void status_print_table(const comparison *all, size_t most, FILE *out)
{
    enum { HEAD_LINES = 2 };
    const size_t room = most > HEAD_LINES + 1 ? most - HEAD_LINES : 1;
    const size_t shown = all->count <= room ? all->count : room - 1;
    print_counts(all, out);
    if (all->count == 0) {
        return;
    }
    fprintf(out, "%-11s  %9s  %8s  %12s  %-12s  %s\n", "state", "epochs", "s/epoch", "time left",
            "host", "run");
    for (size_t i = 0; i < shown; i++) {
        print_run(&all->runs[i], out);
    }
    if (shown < all->count) {
        fprintf(out, "and %zu more\n", all->count - shown);
    }
}

static json_t *run_to_json(const compared_run *run)
{
    const run_record *record = &run->record;
    const char *host = record->host[0] != '\0' ? record->host : NULL;
    json_t *process = record->process > 0 ? json_integer((json_int_t)record->process) : json_null();
    return json_pack("{s:s, s:s, s:s?, s:o, s:I, s:I, s:o, s:o}",               //
                     "name", run->name,                                         //
                     "state", run_state_name(record->state),                    //
                     "host", host,                                              //
                     "process", process,                                        //
                     "epochs", (json_int_t)record->epoch_count,                 //
                     "epochs_planned", (json_int_t)record->config.epochs,       //
                     "seconds_per_epoch", real_to_json(seconds_per_epoch(run)), //
                     "seconds_left", real_to_json(seconds_left(run)));
}

int status_print_json(const comparison *all, FILE *out)
{
    json_t *runs = json_array();
    int status = runs != NULL ? 0 : -1;
    for (size_t i = 0; status == 0 && i < all->count; i++) {
        status = json_array_append_new(runs, run_to_json(&all->runs[i]));
    }
    if (status != 0) {
        json_decref(runs);
        return -1;
    }
    return runs_json_print(runs, out);
}
