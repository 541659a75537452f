/* trainer sweep: a run at each batch size, then the comparison. Everything that would be refused
 * is refused before anything is trained. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "comparison.h"
#include "experiment.h"
#include "message.h"
#include "run_directory.h"
#include "signals.h"

typedef enum planned_state { PLANNED, KEPT, TRAINED, STOPPED, FAILED } planned_state;

typedef struct planned_run {
    run_config config;
    char directory[PATH_MAX];
    planned_state state;
    uint32_t epochs_done; /* of a run that was stopped or failed */
} planned_run;

typedef struct sweep {
    const char *program;
    const run_options *options;
    experiment data;
    planned_run *runs; /* [options->batch_size_count] */
} sweep;

static command_status refuse(const sweep *self, const char *message)
{
    fprintf(stderr, "%s: --logdir: %s\n", self->program, message);
    return COMMAND_FAILED;
}

static run_directory_replace replaceable(const sweep *self)
{
    return self->options->overwrite ? RUN_DIRECTORY_REPLACE_ANY : RUN_DIRECTORY_REPLACE_UNFINISHED;
}

static command_status plan_run(const sweep *self, planned_run *run)
{
    char message[MESSAGE_BYTES];
    switch (run_directory_judge(run->directory, &run->config, replaceable(self), message)) {
    case RUN_DIRECTORY_USABLE:
        break;
    case RUN_DIRECTORY_FINISHED:
        run->state = KEPT;
        break;
    case RUN_DIRECTORY_REFUSED:
        return refuse(self, message);
    }
    return COMMAND_DONE;
}

static command_status plan(sweep *self)
{
    char message[MESSAGE_BYTES];
    for (size_t i = 0; i < self->options->batch_size_count; i++) {
        planned_run *run = &self->runs[i];
        const uint32_t batch_size = self->options->batch_sizes[i];
        command_status status = experiment_configure(&self->data, batch_size, &run->config);
        if (status != COMMAND_DONE) {
            return status;
        }
        if (experiment_run_path(run->directory, self->options->logdir, batch_size, message) != 0) {
            return refuse(self, message);
        }
        status = plan_run(self, run);
        if (status != COMMAND_DONE) {
            return status;
        }
    }
    return COMMAND_DONE;
}

static command_status train_run(sweep *self, planned_run *run)
{
    run_record record;
    const command_status status =
        experiment_run(&self->data, &run->config, run->directory, replaceable(self), &record);
    run->epochs_done = record.epoch_count;
    run_record_free(&record);
    run->state = status == COMMAND_DONE ? TRAINED : status == COMMAND_STOPPED ? STOPPED : FAILED;
    return status;
}

static command_status train_all(sweep *self)
{
    for (size_t i = 0; i < self->options->batch_size_count; i++) {
        planned_run *run = &self->runs[i];
        if (signals_noted() != 0) {
            return COMMAND_STOPPED;
        }
        if (!self->options->quiet && run->state == KEPT) {
            printf("%s: finished already with this configuration, left as it is\n\n",
                   run->directory);
            continue;
        }
        if (run->state == KEPT) {
            continue;
        }
        const command_status status = train_run(self, run);
        if (status != COMMAND_DONE) {
            return status;
        }
        if (!self->options->quiet) {
            putchar('\n');
        }
    }
    return COMMAND_DONE;
}

/* What a sweep that did not come to its end has done, on stderr. */
static void tell_done(const sweep *self)
{
    for (size_t i = 0; i < self->options->batch_size_count; i++) {
        const planned_run *run = &self->runs[i];
        fprintf(stderr, "%s: batch size %u: ", self->program, (unsigned)run->config.batch_size);
        switch (run->state) {
        case KEPT:
        case TRAINED:
            fputs("finished\n", stderr);
            break;
        case STOPPED:
        case FAILED:
            fprintf(stderr, "%s after %u of %u epochs\n",
                    run->state == STOPPED ? "stopped" : "failed", (unsigned)run->epochs_done,
                    (unsigned)run->config.epochs);
            break;
        case PLANNED:
            fputs("not begun\n", stderr);
            break;
        }
    }
}

static command_status compare_runs(const sweep *self)
{
    char message[MESSAGE_BYTES];
    comparison all = {0};
    command_status status = COMMAND_DONE;
    for (size_t i = 0; status == COMMAND_DONE && i < self->options->batch_size_count; i++) {
        const char *directory = self->runs[i].directory;
        if (comparison_add(&all, directory, strrchr(directory, '/') + 1, message) != 0) {
            fprintf(stderr, "%s: %s\n", self->program, message);
            status = COMMAND_FAILED;
        }
    }
    if (status == COMMAND_DONE) {
        comparison_sort(&all);
        if (comparison_print(&all, stdout) != 0) {
            fprintf(stderr, "%s: no memory for the comparison\n", self->program);
            status = COMMAND_FAILED;
        }
    }
    comparison_free(&all);
    return status;
}

static command_status run_sweep(sweep *self)
{
    command_status status = plan(self);
    if (status != COMMAND_DONE) {
        return status;
    }
    status = train_all(self);
    if (status != COMMAND_DONE) {
        fflush(stdout);
        tell_done(self);
        return status;
    }
    return compare_runs(self);
}

command_status sweep_command(int argc, char **argv)
{
    run_options options;
    command_status status = run_options_parse_sweep(&options, argc, argv);
    if (status != COMMAND_DONE) {
        return status;
    }
    signals_install();
    sweep self = {.program = argv[0], .options = &options};
    status = experiment_open(&self.data, argv[0], &options);
    if (status != COMMAND_DONE) {
        return status;
    }
    self.runs = calloc(options.batch_size_count, sizeof *self.runs);
    if (self.runs == NULL) {
        fprintf(stderr, "%s: no memory for the plan\n", argv[0]);
        status = COMMAND_FAILED;
    } else {
        status = run_sweep(&self);
    }
    free(self.runs);
    experiment_close(&self.data);
    return status;
}
