#include "run_log.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <tblog/tblog.h>
#include <unistd.h>

#include "keras_model.h"
#include "message.h"
#include "run_directory.h"

struct run_log {
    tblog_writer *training;
    tblog_writer *validation;
    run_config config;
};

/* The status as 0 or -1 with the writer's own words, which name the file. */
static int checked(tblog_writer *writer, tblog_status status, char *message)
{
    if (status == TBLOG_OK) {
        return 0;
    }
    const char *cause = tblog_writer_message(writer);
    if (cause[0] != '\0') {
        return message_set(message, "the event file cannot be written: %s", cause);
    }
    return message_set(message, "the event file cannot be written: %s: %s",
                       tblog_status_string(status), tblog_writer_path(writer));
}

static int open_writer(tblog_writer **out, const char *directory, const char *name, char *message)
{
    char path[PATH_MAX];
    *out = NULL;
    if (message_join_path(path, sizeof path, directory, name, message) != 0) {
        return -1;
    }
    errno = 0;
    const tblog_status status = tblog_writer_open(out, path, NULL);
    if (status != TBLOG_OK) {
        return message_set(message, "%s: no event file can be made there: %s", path,
                           status == TBLOG_IO && errno != 0 ? strerror(errno)
                                                            : tblog_status_string(status));
    }
    return 0;
}

static int log_network(tblog_writer *writer, char *message)
{
    char *model = keras_model_json();
    if (model == NULL) {
        return message_set(message, "no memory for the network's description");
    }
    const tblog_status status = tblog_add_keras_graph(writer, "keras", 0, model);
    free(model);
    return checked(writer, status, message);
}

/* The path and the latched message die with the handle, so they are taken down first. */
static int close_writer(tblog_writer *writer, char *message)
{
    if (writer == NULL) {
        return 0;
    }
    const tblog_status status = tblog_writer_flush(writer);
    const int flushed = checked(writer, status, message);
    const tblog_status closed = tblog_writer_close(writer);
    if (flushed == 0 && closed != TBLOG_OK) {
        return message_set(message, "an event file cannot be closed: %s",
                           tblog_status_string(closed));
    }
    return flushed;
}

static int close_both(run_log *log, char *message)
{
    char other[MESSAGE_BYTES];
    const int training = close_writer(log->training, message);
    const int validation = close_writer(log->validation, training == 0 ? message : other);
    free(log);
    return training != 0 ? training : validation;
}

int run_log_open(run_log **out, const char *directory, const run_config *config, char *message)
{
    char ignored[MESSAGE_BYTES];
    run_log *log = calloc(1, sizeof *log);
    *out = NULL;
    if (log == NULL) {
        return message_set(message, "no memory for a log");
    }
    log->config = *config;
    if (open_writer(&log->training, directory, RUN_DIRECTORY_TRAINING, message) != 0 ||
        open_writer(&log->validation, directory, RUN_DIRECTORY_VALIDATION, message) != 0 ||
        log_network(log->training, message) != 0) {
        close_both(log, ignored); /* the first error is the one to tell */
        return -1;
    }
    *out = log;
    return 0;
}

void run_log_name_files(const run_log *log, run_record *record)
{
    run_record_add_event_file(record, RUN_DIRECTORY_TRAINING, tblog_writer_path(log->training));
    run_record_add_event_file(record, RUN_DIRECTORY_VALIDATION, tblog_writer_path(log->validation));
}

int run_log_batch(run_log *log, uint64_t step, double loss, double accuracy, char *message)
{
    const tblog_scalar scalars[] = {{"batch_loss", loss}, {"batch_accuracy", accuracy}};
    return checked(log->training, tblog_add_scalars(log->training, (int64_t)step, scalars, 2),
                   message);
}

static int add_epoch(run_log *log, const run_log_epoch_figures *figures, char *message)
{
    const tblog_scalar training[] = {
        {"epoch_loss", figures->loss},
        {"epoch_accuracy", figures->accuracy},
        {"epoch_learning_rate", log->config.learning_rate},
        {"epoch_steps_per_second", figures->steps_per_second},
        {"epoch_samples_per_second", figures->samples_per_second},
    };
    const tblog_scalar validation[] = {
        {"epoch_loss", figures->val_loss},
        {"epoch_accuracy", figures->val_accuracy},
    };
    const tblog_scalar evaluation[] = {
        {"evaluation_loss_vs_iterations", figures->val_loss},
        {"evaluation_accuracy_vs_iterations", figures->val_accuracy},
    };
    tblog_writer *const validation_writer = log->validation;
    if (checked(log->training, tblog_add_scalars(log->training, figures->epoch, training, 5),
                message) != 0 ||
        checked(validation_writer,
                tblog_add_scalars(validation_writer, (int64_t)figures->iterations, evaluation, 2),
                message) != 0) {
        return -1;
    }
    return checked(validation_writer,
                   tblog_add_scalars(validation_writer, figures->epoch, validation, 2), message);
}

int run_log_epoch(run_log *log, const run_log_epoch_figures *figures, char *message)
{
    if (add_epoch(log, figures, message) != 0 ||
        checked(log->training, tblog_writer_flush(log->training), message) != 0) {
        return -1;
    }
    return checked(log->validation, tblog_writer_flush(log->validation), message);
}

int run_log_check(run_log *log, char *message)
{
    tblog_writer *const writers[] = {log->training, log->validation};
    for (size_t i = 0; i < 2; i++) {
        const char *path = tblog_writer_path(writers[i]);
        if (access(path, F_OK) != 0) {
            return message_set(message, "the event file %s has gone: %s", path, strerror(errno));
        }
        if (checked(writers[i], tblog_writer_status(writers[i]), message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_close(run_log *log, char *message)
{
    return log != NULL ? close_both(log, message) : 0;
}
