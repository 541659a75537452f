#include "run_log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "run_log_internal.h"

int run_log_checked(tblog_writer *writer, tblog_status status, char *message)
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

static int open_writer(tblog_writer **out, const char *path, char *message)
{
    errno = 0;
    const tblog_status status = tblog_writer_open(out, path, NULL);
    if (status != TBLOG_OK) {
        return message_set(message, "%s: no event file can be made there: %s", path,
                           status == TBLOG_IO && errno != 0 ? strerror(errno)
                                                            : tblog_status_string(status));
    }
    return 0;
}

static int open_part(tblog_writer **out, const char *directory, const char *part, char *message)
{
    char path[PATH_MAX];
    return message_join_path(path, sizeof path, directory, part, message) == 0
               ? open_writer(out, path, message)
               : -1;
}

/* The path and the latched message die with the handle, so they are taken down first. */
static int close_writer(tblog_writer *writer, char *message)
{
    if (writer == NULL) {
        return 0;
    }
    const tblog_status status = tblog_writer_flush(writer);
    const int flushed = run_log_checked(writer, status, message);
    const tblog_status closed = tblog_writer_close(writer);
    if (flushed == 0 && closed != TBLOG_OK) {
        return message_set(message, "an event file cannot be closed: %s",
                           tblog_status_string(closed));
    }
    return flushed;
}

static int close_all(run_log *log, char *message)
{
    tblog_writer *const writers[] = {log->training, log->session, log->validation};
    char later[MESSAGE_BYTES];
    int status = 0;
    for (size_t i = 0; i < 3; i++) {
        if (close_writer(writers[i], status == 0 ? message : later) != 0) {
            status = -1;
        }
    }
    free(log);
    return status;
}

/* What the session's scalars tell of epochs that were logged before; NULL for none. */
static void take_up(run_log *log, const run_record *resumed)
{
    for (uint32_t i = 0; resumed != NULL && i < resumed->epoch_count; i++) {
        log->best_loss = fmin(log->best_loss, resumed->epochs[i].val_loss);
        log->best_accuracy = fmax(log->best_accuracy, resumed->epochs[i].val_accuracy);
        log->training_seconds += resumed->epochs[i].training_seconds;
    }
}

int run_log_open(run_log **out, const char *directory, const run_log_head *head, char *message)
{
    char ignored[MESSAGE_BYTES];
    run_log *log = calloc(1, sizeof *log);
    *out = NULL;
    if (log == NULL) {
        return message_set(message, "no memory for a log");
    }
    log->config = *head->config;
    log->validation_set = &head->data->validation;
    log->best_loss = NAN;
    take_up(log, head->resumed);
    /* TensorBoard gives its seven colors to runs in the order of their beginnings. In this one the
     * three times three of a sweep share colors only with a session, which has no curve in their
     * charts. */
    if (open_part(&log->training, directory, RUN_TRAINING_PART, message) != 0 ||
        open_writer(&log->session, directory, message) != 0 ||
        open_part(&log->validation, directory, RUN_VALIDATION_PART, message) != 0 ||
        run_log_start_session(log->session, head->config, message) != 0 ||
        run_log_describe(log->session, head, message) != 0 ||
        run_log_network(log->training, message) != 0) {
        close_all(log, ignored); /* the first error is the one to tell */
        return -1;
    }
    *out = log;
    return 0;
}

void run_log_name_files(const run_log *log, run_record *record)
{
    run_record_add_event_file(record, "", tblog_writer_path(log->session));
    run_record_add_event_file(record, RUN_TRAINING_PART, tblog_writer_path(log->training));
    run_record_add_event_file(record, RUN_VALIDATION_PART, tblog_writer_path(log->validation));
}

int run_log_batch(run_log *log, uint64_t step, double loss, double accuracy, char *message)
{
    const tblog_scalar scalars[] = {{"batch_loss", loss}, {"batch_accuracy", accuracy}};
    return run_log_checked(log->training,
                           tblog_add_scalars(log->training, (int64_t)step, scalars, 2), message);
}

static int add_training(run_log *log, uint32_t epoch, const epoch_figures *figures, char *message)
{
    const double seconds = figures->training_seconds > 0 ? figures->training_seconds : 1e-9;
    const tblog_scalar scalars[] = {
        {"epoch_loss", figures->loss},
        {"epoch_accuracy", figures->accuracy},
        {"epoch_learning_rate", log->config.learning_rate},
        {"epoch_steps_per_second", run_config_steps_per_epoch(&log->config) / seconds},
        {"epoch_samples_per_second", log->config.training_samples / seconds},
    };
    return run_log_checked(log->training, tblog_add_scalars(log->training, epoch, scalars, 5),
                           message);
}

static int add_validation(run_log *log, uint32_t epoch, const epoch_figures *figures, char *message)
{
    const uint64_t updates = (epoch + UINT64_C(1)) * run_config_steps_per_epoch(&log->config);
    const tblog_scalar by_epoch[] = {
        {"epoch_loss", figures->val_loss},
        {"epoch_accuracy", figures->val_accuracy},
    };
    const tblog_scalar by_iteration[] = {
        {"evaluation_loss_vs_iterations", figures->val_loss},
        {"evaluation_accuracy_vs_iterations", figures->val_accuracy},
    };
    tblog_writer *const writer = log->validation;
    const int status = run_log_checked(
        writer, tblog_add_scalars(writer, (int64_t)updates, by_iteration, 2), message);
    return status != 0
               ? status
               : run_log_checked(writer, tblog_add_scalars(writer, epoch, by_epoch, 2), message);
}

/* What the HParams page shows is a tag's last point, so each point tells of all epochs so far. A
 * loss that is NaN is never the best. */
static int add_session(run_log *log, uint32_t epoch, const epoch_figures *figures, char *message)
{
    log->best_loss = fmin(log->best_loss, figures->val_loss);
    log->best_accuracy = fmax(log->best_accuracy, figures->val_accuracy);
    log->training_seconds += figures->training_seconds;
    const tblog_scalar scalars[] = {
        {RUN_LOG_BEST_LOSS, log->best_loss},
        {RUN_LOG_BEST_ACCURACY, log->best_accuracy},
        {RUN_LOG_EPOCH_SECONDS, log->training_seconds / (epoch + 1.0)},
    };
    return run_log_checked(log->session, tblog_add_scalars(log->session, epoch, scalars, 3),
                           message);
}

int run_log_epoch(run_log *log, uint32_t epoch, const epoch_figures *figures,
                  const uint8_t *predicted, char *message)
{
    tblog_writer *const writers[] = {log->training, log->validation, log->session};
    if (add_training(log, epoch, figures, message) != 0 ||
        add_validation(log, epoch, figures, message) != 0 ||
        run_log_pictures(log, epoch, predicted, message) != 0 ||
        add_session(log, epoch, figures, message) != 0) {
        return -1;
    }
    for (size_t i = 0; i < 3; i++) {
        if (run_log_checked(writers[i], tblog_writer_flush(writers[i]), message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_check(run_log *log, char *message)
{
    tblog_writer *const writers[] = {log->training, log->validation, log->session};
    for (size_t i = 0; i < 3; i++) {
        const char *path = tblog_writer_path(writers[i]);
        if (access(path, F_OK) != 0) {
            return message_set(message, "the event file %s has gone: %s", path, strerror(errno));
        }
        if (run_log_checked(writers[i], tblog_writer_status(writers[i]), message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_close(run_log *log, run_log_end end, char *message)
{
    if (log == NULL) {
        return 0;
    }
    char later[MESSAGE_BYTES];
    int ended = 0;
    if (end != RUN_LOG_INTERRUPTED) {
        ended = run_log_checked(log->session,
                                tblog_add_session_end(log->session, end == RUN_LOG_SUCCEEDED
                                                                        ? TBLOG_SESSION_SUCCEEDED
                                                                        : TBLOG_SESSION_FAILED),
                                message);
    }
    const int closed = close_all(log, ended == 0 ? message : later);
    return ended != 0 ? ended : closed;
}
