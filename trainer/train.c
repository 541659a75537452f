/* trainer train: one run in its own directory. */
#include <limits.h>
#include <stdio.h>

#include "command.h"
#include "experiment.h"
#include "message.h"
#include "run_directory.h"
#include "run_options_parse.h"
#include "run_record.h"
#include "signals.h"

/* A resumed run keeps its number of epochs if no other is given. A run that cannot be read is
 * refused later. */
static void keep_epochs(const run_options *options, const char *directory, run_config *config)
{
    char message[MESSAGE_BYTES];
    run_record there;
    if (!options->resume || options->epochs_given) {
        return;
    }
    if (run_record_read(&there, directory, message) == FILE_READ) {
        config->epochs = there.config.epochs;
    }
    run_record_free(&there);
}

/* `record` is empty if there is nothing to resume. */
static void tell_stopped(const experiment *self, const run_record *record, const char *where)
{
    fprintf(stderr, "%s: stopped by %s %s", self->program, signals_name(), where);
    if (record->state == RUN_DIVERGED) {
        fputs("; it diverged, so it is not resumed", stderr);
    } else if (record->state != RUN_RUNNING) {
        fprintf(stderr, "; the same command with --resume%s continues",
                self->options->overwrite ? " instead of --overwrite" : "");
    }
    fputc('\n', stderr);
}

static outcome train(const experiment *self, const run_options *options)
{
    char message[MESSAGE_BYTES];
    char default_path[PATH_MAX];
    const char *directory = options->logdir != NULL ? options->logdir : default_path;
    const run_directory_replace replace = options->overwrite ? RUN_DIRECTORY_REPLACE_ANY
                                          : options->resume  ? RUN_DIRECTORY_CONTINUE
                                                             : RUN_DIRECTORY_REPLACE_NONE;
    run_config config;
    engine_plan plan;
    run_record record;
    const run_choice choice = run_options_choice(options, 0);
    outcome status = experiment_configure(self, choice, &config, &plan);
    if (status != OUTCOME_DONE) {
        return status;
    }
    if (experiment_run_path(default_path, "./logs", choice, false, message) != 0) {
        fprintf(stderr, "%s: %s\n", self->program, message);
        return OUTCOME_FAILED;
    }
    keep_epochs(options, directory, &config);
    const run_directory_verdict verdict = run_directory_judge(directory, &config, replace, message);
    if (verdict == RUN_DIRECTORY_FINISHED || verdict == RUN_DIRECTORY_DIVERGED) {
        return experiment_leave(self, directory, verdict == RUN_DIRECTORY_DIVERGED);
    }
    if (verdict != RUN_DIRECTORY_USABLE) {
        fprintf(stderr, "%s: --logdir: %s\n", self->program, message);
        return OUTCOME_FAILED;
    }
    const experiment_part part = {
        .config = &config, .directory = directory, .replace = replace, .runs_at_once = 1};
    status = experiment_run(self, &part, &record, message);
    if (status == OUTCOME_STOPPED) {
        tell_stopped(self, &record, message);
    } else if (status == OUTCOME_DONE) {
        if (record.state == RUN_FINISHED) {
            experiment_print_models(self, directory);
        }
        experiment_print_view(self, directory);
    }
    run_record_free(&record);
    return status;
}

outcome train_command(int argc, char **argv)
{
    run_options options;
    experiment self;
    outcome status = run_options_parse_train(&options, argc, argv);
    if (status != OUTCOME_DONE) {
        return status;
    }
    signals_install();
    status = experiment_open(&self, argv[0], &options);
    if (status != OUTCOME_DONE) {
        return status;
    }
    status = train(&self, &options);
    experiment_close(&self);
    return status;
}
