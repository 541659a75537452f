/* trainer sweep: a run at each batch size (and learning rate, and seed), then the comparison.
 * Everything that would be refused is refused before anything is trained. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "comparison.h"
#include "comparison_print.h"
#include "experiment.h"
#include "job_queue.h"
#include "lenet.h"
#include "memory_plan.h"
#include "message.h"
#include "number.h"
#include "printable.h"
#include "progress.h"
#include "run_directory.h"
#include "signals.h"
#include "verdict.h"
#include "verdict_plot.h"

#define PICTURE_FILE "comparison.svg"

typedef enum planned_state { PLANNED, KEPT, TRAINED, STOPPED, FAILED } planned_state;

typedef struct sweep sweep;

typedef struct planned_run {
    const sweep *sweep;
    run_config config;
    engine_plan plan;
    char *directory; /* its own */
    planned_state state;
    bool diverged;             /* kept or trained */
    outcome status;            /* of its training */
    char where[MESSAGE_BYTES]; /* it was stopped */
} planned_run;

struct sweep {
    const char *program;
    const run_options *options;
    experiment data;
    planned_run *runs; /* as run_options_choice orders them; its own */
    size_t run_count;
    unsigned at_once; /* runs side by side */
};

static outcome refuse(const sweep *self, const char *message)
{
    fprintf(stderr, "%s: --logdir: %s\n", self->program, message);
    return OUTCOME_FAILED;
}

static outcome no_memory(const sweep *self)
{
    fprintf(stderr, "%s: no memory for the plan\n", self->program);
    return OUTCOME_FAILED;
}

static run_directory_replace replaceable(const sweep *self)
{
    return self->options->overwrite ? RUN_DIRECTORY_REPLACE_ANY : RUN_DIRECTORY_CONTINUE;
}

static outcome plan_run(const sweep *self, planned_run *run)
{
    char message[MESSAGE_BYTES];
    switch (run_directory_judge(run->directory, &run->config, replaceable(self), message)) {
    case RUN_DIRECTORY_USABLE:
        break;
    case RUN_DIRECTORY_DIVERGED:
        run->diverged = true;
        run->state = KEPT;
        break;
    case RUN_DIRECTORY_FINISHED:
        run->state = KEPT;
        break;
    case RUN_DIRECTORY_REFUSED:
        return refuse(self, message);
    }
    return OUTCOME_DONE;
}

static outcome plan(sweep *self)
{
    const run_options *options = self->options;
    char message[MESSAGE_BYTES];
    char path[PATH_MAX];
    for (size_t i = 0; i < self->run_count; i++) {
        planned_run *run = &self->runs[i];
        run->sweep = self;
        outcome status = experiment_configure(&self->data, run_options_choice(options, i),
                                              &run->config, &run->plan);
        if (status != OUTCOME_DONE) {
            return status;
        }
        if (experiment_run_path(path, options->logdir, &run->config, options->seeds > 0, message) !=
            0) {
            return refuse(self, message);
        }
        run->directory = strdup(path);
        if (run->directory == NULL) {
            return no_memory(self);
        }
        status = plan_run(self, run);
        if (status != OUTCOME_DONE) {
            return status;
        }
    }
    const size_t at_once = options->jobs > 0 ? options->jobs : self->runs[0].plan.side_by_side;
    self->at_once = (unsigned)(at_once < self->run_count ? at_once : self->run_count);
    return OUTCOME_DONE;
}

/* What each line of a run's progress begins with, where several run at once. */
static void label_run(const planned_run *run, char label[PROGRESS_LABEL_BYTES])
{
    const run_options *options = run->sweep->options;
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

/* An empty line after a run's progress, if runs take turns. */
static void end_block(const sweep *self)
{
    if (self->at_once == 1 && !self->options->quiet) {
        putchar('\n');
    }
}

/* Or to the step where it diverged, which ends no sweep. */
static bool ran_to_its_end(outcome status)
{
    return status == OUTCOME_DONE || status == OUTCOME_DIVERGED;
}

static bool train_run(void *argument)
{
    planned_run *run = argument;
    const sweep *self = run->sweep;
    char label[PROGRESS_LABEL_BYTES];
    run_record record;
    if (run->state == KEPT) {
        run->status = experiment_leave(&self->data, run->directory, run->diverged);
        end_block(self);
        return true;
    }
    label_run(run, label);
    const experiment_part part = {.config = &run->config,
                                  .directory = run->directory,
                                  .replace = replaceable(self),
                                  .runs_at_once = self->at_once,
                                  .label = label};
    run->status = experiment_run(&self->data, &part, &record, run->where);
    run->diverged = record.state == RUN_DIVERGED;
    run_record_free(&record);
    run->state = ran_to_its_end(run->status)      ? TRAINED
                 : run->status == OUTCOME_STOPPED ? STOPPED
                                                  : FAILED;
    if (run->state == TRAINED) {
        end_block(self);
    }
    return run->state == TRAINED;
}

static bool signalled(void)
{
    return signals_noted() != 0;
}

/* How the first run ended that did not come to its end; if all did, OUTCOME_DIVERGED if that is how
 * one ended, or OUTCOME_DONE. */
static outcome overall_status(const sweep *self)
{
    outcome status = OUTCOME_DONE;
    for (size_t i = 0; i < self->run_count; i++) {
        const planned_run *run = &self->runs[i];
        if (!ran_to_its_end(run->status)) {
            return run->status;
        }
        status = run->status == OUTCOME_DIVERGED ? OUTCOME_DIVERGED : status;
    }
    for (size_t i = 0; i < self->run_count; i++) {
        if (self->runs[i].state == PLANNED) {
            return OUTCOME_STOPPED;
        }
    }
    return status;
}

/* As overall_status, or OUTCOME_FAILED after one line on stderr. */
static outcome train_all(sweep *self)
{
    job *jobs = calloc(self->run_count, sizeof *jobs);
    uint64_t available = 0;
    if (jobs == NULL) {
        fprintf(stderr, "%s: no memory for the runs\n", self->program);
        return OUTCOME_FAILED;
    }
    for (size_t i = 0; i < self->run_count; i++) {
        planned_run *run = &self->runs[i];
        const engine_plan *plan = &run->plan;
        jobs[i] =
            (job){train_run, run, run->state == KEPT ? 0 : plan->memory.total + plan->reserve};
        available = plan->available + plan->reserve; /* which has one run's taken off */
    }
    const int made = job_queue_run(jobs, self->run_count, self->at_once, available, signalled);
    free(jobs);
    if (made != 0) {
        fprintf(stderr, "%s: no thread could be made for another run\n", self->program);
        return OUTCOME_FAILED;
    }
    return overall_status(self);
}

/* A run that has not begun, or one from before that was not resumed. */
static void tell_planned(const planned_run *run)
{
    char message[MESSAGE_BYTES];
    run_record there = {0};
    if (!run->sweep->options->overwrite &&
        run_directory_read(run->directory, &there, message) == RUN_RECORD_READ) {
        fprintf(stderr, "not resumed, with %u of %u epochs\n", (unsigned)there.epoch_count,
                (unsigned)run->config.epochs);
    } else {
        fputs("not begun\n", stderr);
    }
    run_record_free(&there);
}

/* What a sweep that did not come to its end has done, on stderr. */
static void tell_done(const sweep *self)
{
    for (size_t i = 0; i < self->run_count; i++) {
        const planned_run *run = &self->runs[i];
        char label[PROGRESS_LABEL_BYTES];
        label_run(run, label);
        fprintf(stderr, "%s: %s", self->program, label);
        switch (run->state) {
        case KEPT:
        case TRAINED:
            fputs(run->diverged ? "diverged\n" : "finished\n", stderr);
            break;
        case STOPPED:
            fprintf(stderr, "stopped %s\n", run->where);
            break;
        case FAILED:
            fputs("failed\n", stderr);
            break;
        case PLANNED:
            tell_planned(run);
            break;
        }
    }
}

/* The picture of the comparison, beside the runs; a sweep without it is no failure. */
static void draw_runs(const sweep *self, const comparison *all, const verdict *answer)
{
    const char *logdir = self->options->logdir;
    char message[MESSAGE_BYTES];
    char path[PATH_MAX];
    char shown[PATH_MAX];
    const verdict_plot wanted = {
        .path = path, .source = logdir, .axis = VERDICT_AXIS_EPOCHS, .look = &theme_light};
    if (message_join_path(path, sizeof path, logdir, PICTURE_FILE, message) != 0 ||
        verdict_plot_write(&wanted, all, answer, message) != 0) {
        fflush(stdout);
        fprintf(stderr, "%s: no picture: %s\n", self->program, message);
        return;
    }
    printable_copy(shown, sizeof shown, path);
    printf("Picture: %s\n", shown);
}

/* Last the picture and the verdict: the end of a long output is what is seen. */
static int print_answer(const sweep *self, const comparison *all, const verdict *answer)
{
    comparison_print_table(all, answer, stdout);
    putchar('\n');
    experiment_say_view(&self->data, self->options->logdir);
    experiment_say_colours(&self->data);
    draw_runs(self, all, answer);
    putchar('\n');
    return comparison_print_verdict(answer, stdout);
}

/* Compares all runs, and prints the answer; OUTCOME_FAILED after one line on stderr. */
static outcome compare_runs(const sweep *self)
{
    char message[MESSAGE_BYTES];
    comparison all = {0};
    verdict answer = {0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < self->run_count; i++) {
        const char *directory = self->runs[i].directory;
        status = comparison_add(&all, directory, strrchr(directory, '/') + 1, message);
    }
    comparison_sort(&all);
    if (status == 0 &&
        (verdict_make(&answer, &all, 0) != 0 || print_answer(self, &all, &answer) != 0)) {
        status = message_set(message, "no memory for the comparison");
    }
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", self->program, message);
    }
    verdict_free(&answer);
    comparison_free(&all);
    return status == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* What the networks of a sweep over seeds or learning rates will take on the disk: such a sweep may
 * have many runs. */
static void say_models_size(const sweep *self)
{
    const run_options *options = self->options;
    const uint64_t model_bytes = LENET_PARAMETERS * sizeof(float);
    const unsigned models = options->save_best ? 2 : 1;
    char each[MEMORY_SIZE_BYTES];
    char all[MEMORY_SIZE_BYTES];
    unsigned runs = 0;
    for (size_t i = 0; i < self->run_count; i++) {
        runs += self->runs[i].state == PLANNED;
    }
    const bool is_large = options->seeds > 0 || options->learning_rate_count > 1;
    if (!is_large || options->no_model || options->quiet || runs == 0) {
        return;
    }
    memory_size_format(model_bytes, each);
    memory_size_format(model_bytes * models * runs, all);
    printf("%u run%s %s of %s each: %s; --no-model keeps none\n", runs,
           runs == 1 ? " keeps" : "s keep", models == 2 ? "two models" : "a model", each, all);
}

static outcome run_sweep(sweep *self)
{
    outcome status = plan(self);
    if (status != OUTCOME_DONE) {
        return status;
    }
    say_models_size(self);
    status = train_all(self);
    if (!ran_to_its_end(status)) {
        fflush(stdout);
        tell_done(self);
        if (status == OUTCOME_STOPPED) {
            fprintf(stderr, "%s: stopped by %s; the same command%s continues\n", self->program,
                    signals_name(), self->options->overwrite ? " without --overwrite" : "");
        }
        return status;
    }
    const outcome compared = compare_runs(self);
    return compared == OUTCOME_DONE ? status : compared;
}

outcome sweep_command(int argc, char **argv)
{
    run_options options;
    outcome status = run_options_parse_sweep(&options, argc, argv);
    if (status != OUTCOME_DONE) {
        return status;
    }
    signals_install();
    sweep self = {.program = argv[0], .options = &options};
    status = experiment_open(&self.data, argv[0], &options);
    if (status != OUTCOME_DONE) {
        return status;
    }
    self.run_count = run_options_run_count(&options);
    self.runs = calloc(self.run_count, sizeof *self.runs);
    if (self.runs == NULL) {
        status = no_memory(&self);
    } else {
        status = run_sweep(&self);
        for (size_t i = 0; i < self.run_count; i++) {
            free(self.runs[i].directory);
        }
    }
    free(self.runs);
    experiment_close(&self.data);
    return status;
}
