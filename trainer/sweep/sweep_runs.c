#include "sweep_runs.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "number.h"
#include "progress.h"
#include "run_record.h"
#include "signals.h"

static run_directory_replace replaceable(const sweep_runs *self)
{
    return self->data->options->overwrite ? RUN_DIRECTORY_REPLACE_ANY : RUN_DIRECTORY_CONTINUE;
}

/* A plan depends on the batch size but not on learning rate and seed. So a run may copy the plan of
 * the run before it (NULL for none) instead of asking the engine thousands of times. */
static outcome configure(sweep_run *run, const sweep_run *before)
{
    const run_choice choice = run->listed->choice;
    if (before == NULL || before->config.batch_size != choice.batch_size) {
        return experiment_configure(run->all->data, choice, &run->config, &run->plan);
    }
    run->config = before->config;
    run->config.learning_rate = choice.learning_rate;
    run->config.seed = choice.seed;
    run->plan = before->plan;
    return OUTCOME_DONE;
}

/* How many runs may be trained side by side. If they share the processors, each takes longer. That
 * is the default only with several seeds, when the time of the whole sweep matters; otherwise a
 * run's seconds are a result. A process that joins leaves runs and processors to others. */
static size_t most_at_once(const run_options *options, const engine_plan *plan)
{
    if (options->jobs > 0) {
        return options->jobs;
    }
    const bool may_divide = options->seeds > 1 && !options->sharing.join;
    return may_divide || !plan->divides_threads ? plan->side_by_side : 1;
}

outcome sweep_runs_make(sweep_runs *out, const experiment *data, const sweep_list *list)
{
    *out = (sweep_runs){.data = data,
                        .runs = calloc(list->count, sizeof *out->runs),
                        .count = list->count,
                        .is_shared = data->options->sharing.join};
    if (out->runs == NULL) {
        fprintf(stderr, "%s: no memory for the plan\n", data->program);
        return OUTCOME_FAILED;
    }
    for (size_t i = 0; i < list->count; i++) {
        sweep_run *run = &out->runs[i];
        run->all = out;
        run->listed = &list->runs[i];
        const outcome status = configure(run, i > 0 ? &out->runs[i - 1] : NULL);
        if (status != OUTCOME_DONE) {
            sweep_runs_free(out);
            return status;
        }
    }
    const size_t most = most_at_once(data->options, &out->runs[0].plan);
    out->at_once = (unsigned)(most < list->count ? most : list->count);
    return OUTCOME_DONE;
}

void sweep_run_keep(sweep_run *run, bool diverged)
{
    run->state = SWEEP_RUN_KEPT;
    run->diverged = diverged;
    run->status = experiment_kept(run->all->data, diverged);
}

run_directory_verdict sweep_run_judge(sweep_run *run, char *message)
{
    const run_directory_verdict verdict =
        run_directory_judge(run->listed->directory, &run->config, replaceable(run->all), message);
    if (verdict == RUN_DIRECTORY_FINISHED || verdict == RUN_DIRECTORY_DIVERGED) {
        sweep_run_keep(run, verdict == RUN_DIRECTORY_DIVERGED);
    }
    return verdict;
}

/* The beginning of each line of a run's progress, if several runs train at the same time. */
static void label_run(const sweep_run *run, char label[PROGRESS_LABEL_BYTES])
{
    const run_options *options = run->all->data->options;
    char rate[NUMBER_BYTES + 16] = "";
    char seed[32] = "";
    if (options->learning_rate_count > 1) {
        char text[NUMBER_BYTES];
        number_format_exact(text, run->config.learning_rate);
        snprintf(rate, sizeof rate, ", learning rate %s", text);
    }
    if (options->seeds > 0) {
        snprintf(seed, sizeof seed, ", seed %" PRIu64, run->config.seed);
    }
    snprintf(label, PROGRESS_LABEL_BYTES, "batch size %u%s%s: ", (unsigned)run->config.batch_size,
             rate, seed);
}

bool sweep_run_ended(outcome status)
{
    return status == OUTCOME_DONE || status == OUTCOME_DIVERGED;
}

void sweep_runs_end_block(const sweep_runs *self)
{
    if (self->at_once == 1 && !self->data->options->quiet) {
        putchar('\n');
    }
}

static sweep_run_state state_after(outcome status)
{
    switch (status) {
    case OUTCOME_DONE:
    case OUTCOME_DIVERGED:
        return SWEEP_RUN_TRAINED;
    case OUTCOME_STOPPED:
        return SWEEP_RUN_STOPPED;
    case OUTCOME_TAKEN:
        return SWEEP_RUN_HELD;
    case OUTCOME_FAILED:
    case OUTCOME_REFUSED:
        break;
    }
    return SWEEP_RUN_FAILED;
}

void sweep_run_train(sweep_run *run)
{
    const sweep_runs *all = run->all;
    char label[PROGRESS_LABEL_BYTES];
    run_record record;
    label_run(run, label);
    const experiment_part part = {.config = &run->config,
                                  .directory = run->listed->directory,
                                  .number = (size_t)(run - all->runs) + 1,
                                  .run_count = all->count,
                                  .replace = replaceable(all),
                                  .runs_at_once = all->at_once,
                                  .label = label,
                                  .is_shared = all->is_shared};
    run->status = experiment_run(all->data, &part, &record, run->where);
    run->diverged = record.state == RUN_DIVERGED;
    run_record_free(&record);
    run->state = state_after(run->status);
    if (run->state == SWEEP_RUN_TRAINED) {
        sweep_runs_end_block(all);
    }
}

static bool signalled(void)
{
    return signals_noted() != 0;
}

outcome sweep_runs_pass(sweep_runs *self, bool (*each)(void *run))
{
    job *jobs = calloc(self->count, sizeof *jobs);
    uint64_t available = 0;
    if (jobs == NULL) {
        fprintf(stderr, "%s: no memory for the runs\n", self->data->program);
        return OUTCOME_FAILED;
    }
    for (size_t i = 0; i < self->count; i++) {
        sweep_run *run = &self->runs[i];
        const engine_plan *plan = &run->plan;
        const bool is_kept = run->state == SWEEP_RUN_KEPT;
        jobs[i] = (job){each, run, is_kept ? 0 : plan->memory.total + plan->reserve};
        available = plan->available + plan->reserve; /* `available` is without one run's reserve */
    }
    const int made = job_queue_run(jobs, self->count, self->at_once, available, signalled);
    free(jobs);
    if (made != 0) {
        fprintf(stderr, "%s: no thread could be created for another run\n", self->data->program);
        return OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}

outcome sweep_runs_status(const sweep_runs *self)
{
    outcome status = OUTCOME_DONE;
    for (size_t i = 0; i < self->count; i++) {
        const sweep_run *run = &self->runs[i];
        if (!sweep_run_ended(run->status)) {
            return run->status;
        }
        status = run->status == OUTCOME_DIVERGED ? OUTCOME_DIVERGED : status;
    }
    for (size_t i = 0; i < self->count; i++) {
        if (self->runs[i].state == SWEEP_RUN_PLANNED) {
            return OUTCOME_STOPPED;
        }
    }
    return status;
}

/* A run that has not begun, or an earlier one that was not resumed. */
static void tell_planned(const sweep_run *run)
{
    char message[MESSAGE_BYTES];
    run_record there = {0};
    if (!run->all->data->options->overwrite &&
        run_directory_read(run->listed->directory, &there, message) == FILE_READ) {
        fprintf(stderr, "not resumed, with %u of %u epochs\n", (unsigned)there.epoch_count,
                (unsigned)run->config.epochs);
    } else {
        fputs("not begun\n", stderr);
    }
    run_record_free(&there);
}

static void tell_run(const sweep_run *run)
{
    char label[PROGRESS_LABEL_BYTES];
    label_run(run, label);
    fprintf(stderr, "%s: %s", run->all->data->program, label);
    switch (run->state) {
    case SWEEP_RUN_KEPT:
    case SWEEP_RUN_TRAINED:
        fputs(run->diverged ? "diverged\n" : "finished\n", stderr);
        break;
    case SWEEP_RUN_STOPPED:
        fprintf(stderr, "stopped %s\n", run->where);
        break;
    case SWEEP_RUN_HELD:
        fputs("another process trains it\n", stderr);
        break;
    case SWEEP_RUN_FAILED:
        fputs("failed\n", stderr);
        break;
    case SWEEP_RUN_PLANNED:
        tell_planned(run);
        break;
    }
}

void sweep_runs_tell(const sweep_runs *self)
{
    for (size_t i = 0; i < self->count; i++) {
        const sweep_run *run = &self->runs[i];
        if (!self->is_shared || run->state == SWEEP_RUN_STOPPED || run->state == SWEEP_RUN_FAILED) {
            tell_run(run);
        }
    }
}

void sweep_runs_free(sweep_runs *self)
{
    free(self->runs);
    *self = (sweep_runs){0};
}
