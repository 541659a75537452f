/* trainer train: one run in a directory of its own. */
#include <limits.h>
#include <stdio.h>

#include "command.h"
#include "experiment.h"
#include "message.h"
#include "run_directory.h"
#include "signals.h"

/* May a run begin in `directory`? One line on stderr if not. */
static command_status check_directory(const char *program, const char *directory, bool overwrite)
{
    char message[MESSAGE_BYTES];
    run_record record;
    switch (run_directory_inspect(directory, &record, message)) {
    case RUN_DIRECTORY_FREE:
        return COMMAND_DONE;
    case RUN_DIRECTORY_RUN:
        message_set(message, "%s holds a run already (batch size %u, %u of %u epochs, %s)",
                    directory, (unsigned)record.config.batch_size, (unsigned)record.epoch_count,
                    (unsigned)record.config.epochs, run_state_name(record.state));
        run_record_free(&record);
        break;
    case RUN_DIRECTORY_DAMAGED:
        break;
    case RUN_DIRECTORY_REFUSED:
        fprintf(stderr, "%s: --logdir: %s\n", program, message);
        return COMMAND_FAILED;
    }
    if (overwrite) {
        return COMMAND_DONE;
    }
    fprintf(stderr, "%s: --logdir: %s; --overwrite replaces it\n", program, message);
    return COMMAND_FAILED;
}

static command_status train(const experiment *self, const run_options *options)
{
    char message[MESSAGE_BYTES];
    char default_path[PATH_MAX];
    const char *directory = options->logdir != NULL ? options->logdir : default_path;
    run_config config;
    run_record record;
    command_status status = experiment_configure(self, options->batch_sizes[0], &config);
    if (status != COMMAND_DONE) {
        return status;
    }
    if (experiment_run_path(default_path, "./logs", config.batch_size, message) != 0) {
        fprintf(stderr, "%s: %s\n", self->program, message);
        return COMMAND_FAILED;
    }
    status = check_directory(self->program, directory, options->overwrite);
    if (status != COMMAND_DONE) {
        return status;
    }
    status = experiment_run(self, &config, directory, &record);
    if (status == COMMAND_STOPPED) {
        fprintf(stderr, "%s: stopped by a signal after %u of %u epochs\n", self->program,
                (unsigned)record.epoch_count, (unsigned)config.epochs);
    }
    run_record_free(&record);
    return status;
}

command_status train_command(int argc, char **argv)
{
    run_options options;
    experiment self;
    command_status status = run_options_parse_train(&options, argc, argv);
    if (status != COMMAND_DONE) {
        return status;
    }
    signals_install();
    status = experiment_open(&self, argv[0], &options);
    if (status != COMMAND_DONE) {
        return status;
    }
    status = train(&self, &options);
    experiment_close(&self);
    return status;
}
