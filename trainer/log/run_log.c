#include "run_log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "prediction_pictures.h"
#include "run_log_checked.h"
#include "run_log_network.h"
#include "run_log_session.h"
#include "run_log_text.h"

struct run_log {
    tblog_writer *session; /* of the run's own directory */
    tblog_writer *training;
    tblog_writer *validation;
    run_config config;
    const dataset_part *validation_set; /* the caller's */
    session_totals totals;
};

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
    log->totals.best_loss = NAN;
    for (uint32_t i = 0; head->resumed != NULL && i < head->resumed->epoch_count; i++) {
        session_totals_add(&log->totals, &head->resumed->epochs[i]);
    }
    /* TensorBoard gives its seven colors to runs in the order of their beginnings. In this one the
     * three times three of a sweep share colors only with a session, which has no curve in their
     * charts. */
    if (open_part(&log->training, directory, RUN_TRAINING_PART, message) != 0 ||
        open_writer(&log->session, directory, message) != 0 ||
        open_part(&log->validation, directory, RUN_VALIDATION_PART, message) != 0 ||
        run_log_session_begin(log->session, head->config, message) != 0 ||
        run_log_text_add(log->session, head, message) != 0 ||
        run_log_network_add(log->training, message) != 0) {
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

int run_log_histogram(run_log *log, uint32_t epoch, unsigned index, bool gradient,
                      const engine_histogram *histogram, char *message)
{
    return run_log_network_add_histogram(log->training, epoch, index, gradient, histogram, message);
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

typedef int draw_function(picture *out, const dataset_part *set, const uint8_t *predicted);

static int add_picture(run_log *log, const char *tag, uint32_t epoch, draw_function *draw,
                       const uint8_t *predicted, char *message)
{
    picture drawn;
    if (draw(&drawn, log->validation_set, predicted) != 0) {
        return message_set(message, "no memory for a picture of the validation");
    }
    const int status = run_log_checked(
        log->validation,
        tblog_add_image(log->validation, tag, epoch, drawn.pixels, drawn.width, drawn.height, 3),
        message);
    picture_free(&drawn);
    return status;
}

/* The confusion matrix and the mistakes. */
static int add_pictures(run_log *log, uint32_t epoch, const uint8_t *predicted, char *message)
{
    return add_picture(log, "confusion_matrix", epoch, prediction_picture_confusion, predicted,
                       message) != 0
               ? -1
               : add_picture(log, "mistakes", epoch, prediction_picture_mistakes, predicted,
                             message);
}

int run_log_epoch(run_log *log, uint32_t epoch, const epoch_figures *figures,
                  const uint8_t *predicted, char *message)
{
    tblog_writer *const writers[] = {log->training, log->validation, log->session};
    session_totals_add(&log->totals, figures);
    if (add_training(log, epoch, figures, message) != 0 ||
        add_validation(log, epoch, figures, message) != 0 ||
        add_pictures(log, epoch, predicted, message) != 0 ||
        run_log_session_add(log->session, &log->totals, message) != 0) {
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
