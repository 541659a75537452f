/* trainer sweep: trains a run at each batch size (and learning rate, and seed), then compares them.
 * All errors that can be detected before training are reported before the first run is trained. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "command.h"
#include "experiment.h"
#include "lenet.h"
#include "memory_plan.h"
#include "message.h"
#include "run_options_parse.h"
#include "signals.h"
#include "sweep_answer.h"
#include "sweep_join.h"
#include "sweep_list.h"
#include "sweep_runs.h"
#include "task_share.h"

static outcome refuse(const experiment *data, const char *message)
{
    fprintf(stderr, "%s: --logdir: %s\n", data->program, message);
    return OUTCOME_FAILED;
}

/* Checks that every existing run can be kept, continued or replaced. OUTCOME_FAILED after one line
 * on stderr if one cannot. */
static outcome judge_all(sweep_runs *self)
{
    char message[MESSAGE_BYTES];
    for (size_t i = 0; i < self->count; i++) {
        const run_directory_verdict verdict = sweep_run_judge(&self->runs[i], message);
        if (verdict == RUN_DIRECTORY_HELD || verdict == RUN_DIRECTORY_REFUSED) {
            return refuse(self->data, message);
        }
    }
    return OUTCOME_DONE;
}

static bool leave_or_train(void *argument)
{
    sweep_run *run = argument;
    if (run->state == SWEEP_RUN_KEPT) {
        run->status = experiment_leave(run->all->data, run->listed->directory, run->diverged);
        sweep_runs_end_block(run->all);
    } else {
        sweep_run_train(run);
    }
    return sweep_run_ended(run->status);
}

/* Prints the disk space for the networks of a sweep over seeds or learning rates, since it may have
 * many runs. */
static void say_models_size(const sweep_runs *self)
{
    const run_options *options = self->data->options;
    const uint64_t model_bytes = LENET_PARAMETERS * sizeof(float);
    const unsigned models = options->save_best ? 2 : 1;
    char each[MEMORY_SIZE_BYTES];
    char all[MEMORY_SIZE_BYTES];
    unsigned runs = 0;
    for (size_t i = 0; i < self->count; i++) {
        runs += self->runs[i].state == SWEEP_RUN_PLANNED;
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

static void tell_unfinished(const sweep_runs *self, outcome status)
{
    fflush(stdout);
    sweep_runs_tell(self);
    if (status == OUTCOME_STOPPED) {
        fprintf(stderr, "%s: stopped by %s; the same command%s continues\n", self->data->program,
                signals_name(), self->data->options->overwrite ? " without --overwrite" : "");
    }
}

/* Trains all runs that have not ended. */
static outcome train_alone(sweep_runs *self)
{
    const outcome status = sweep_runs_pass(self, leave_or_train);
    return status == OUTCOME_DONE ? sweep_runs_status(self) : status;
}

/* *answers: compare the runs at the end. A task does not, since it knows only its own runs. */
static outcome train(sweep_runs *self, bool *answers)
{
    const sharing_options *sharing = &self->data->options->sharing;
    outcome status = sharing->join ? sweep_join_look(self) : judge_all(self);
    *answers = !task_share_is_given(&sharing->task);
    if (status != OUTCOME_DONE) {
        return status;
    }
    say_models_size(self);
    status = sharing->join ? sweep_join(self, !sharing->no_wait, answers) : train_alone(self);
    if (!sweep_run_ended(status)) {
        tell_unfinished(self, status);
    }
    return status;
}

/* Prints which runs this process trains, and which environment variables decided that. */
static void say_task(const experiment *data, const sweep_list *list)
{
    const task_share *task = &data->options->sharing.task;
    if (!task_share_is_given(task) || data->options->quiet) {
        return;
    }
    if (task->is_run) {
        printf("Task      run %" PRIu64 " of %zu, by %s\n", task->number, list->whole_count,
               task->rank_variable);
        return;
    }
    printf("Task      %" PRIu64 " of %" PRIu64, task->number, task->count);
    if (task->rank_variable != NULL) {
        printf(", by %s and %s", task->rank_variable, task->count_variable);
    }
    printf(": %zu of %zu runs\n", list->count, list->whole_count);
}

/* Prints that this process, which knows only a part of the runs, compares none. */
static void say_not_compared(const experiment *data)
{
    if (!data->options->quiet) {
        puts(data->options->sharing.join
                 ? "This process is done; the last one prints the comparison"
                 : "This task is done; trainer compare compares the runs of all tasks");
    }
}

static outcome run_sweep(const experiment *data, const sweep_list *list)
{
    sweep_runs self;
    bool answers = false;
    outcome status = sweep_runs_make(&self, data, list);
    if (status != OUTCOME_DONE) {
        return status;
    }
    status = train(&self, &answers);
    if (sweep_run_ended(status) && answers) {
        const outcome compared = sweep_answer(data, list);
        status = compared == OUTCOME_DONE ? status : compared;
    } else if (sweep_run_ended(status)) {
        say_not_compared(data);
    }
    sweep_runs_free(&self);
    return status;
}

static outcome print_list(const char *program, const sweep_list *list, bool json)
{
    if (!json) {
        sweep_list_print_table(list, stdout);
        return OUTCOME_DONE;
    }
    if (sweep_list_print_json(list, stdout) != 0) {
        fprintf(stderr, "%s: no memory for the list\n", program);
        return OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}

/* Trains the listed runs. */
static outcome run_list(const char *program, const run_options *options, const sweep_list *list)
{
    experiment data;
    outcome status = experiment_open(&data, program, options);
    if (status != OUTCOME_DONE) {
        return status;
    }
    say_task(&data, list);
    status = list->count > 0 ? run_sweep(&data, list) : OUTCOME_DONE;
    experiment_close(&data);
    return status;
}

outcome sweep_command(int argc, char **argv)
{
    char message[MESSAGE_BYTES];
    run_options options;
    sweep_list list;
    outcome status = run_options_parse_sweep(&options, argc, argv);
    if (status != OUTCOME_DONE) {
        return status;
    }
    signals_install();
    if (sweep_list_make(&list, &options, message) != 0) {
        fprintf(stderr, "%s: --logdir: %s\n", argv[0], message);
        return OUTCOME_FAILED;
    }
    status = options.sharing.list ? print_list(argv[0], &list, options.sharing.json)
                                  : run_list(argv[0], &options, &list);
    sweep_list_free(&list);
    return status;
}
