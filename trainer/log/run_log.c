#include "run_log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_part.h"
#include "message.h"
#include "prediction_pictures.h"
#include "run_log_checked.h"
#include "run_log_network.h"
#include "run_log_session.h"
#include "run_log_text.h"
#include "run_tags.h"

/* The parts are opened in this order. TensorBoard assigns its seven colours in the order in which
 * the runs began. With this order, the nine runs that TensorBoard shows for a sweep of three share
 * colours only with sessions, which have no curves in the same charts. */
typedef enum part_index { TRAINING, SESSION, VALIDATION } part_index;

static const char *const part_names[RUN_PARTS] = {
    [TRAINING] = RUN_TRAINING_PART, [SESSION] = "", [VALIDATION] = RUN_VALIDATION_PART};

struct run_log {
    log_part parts[RUN_PARTS]; /* by part_index */
    run_config config;
    const dataset_part *validation_set; /* the caller's */
    session_totals totals;
};

static int close_all(run_log *log, char *message)
{
    char later[MESSAGE_BYTES];
    int status = 0;
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (log_part_close(&log->parts[i], status == 0 ? message : later) != 0) {
            status = -1;
        }
    }
    free(log);
    return status;
}

static int read_parts(run_log *log, const char *directory, const run_log_head *head, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (log_part_read(&log->parts[i], directory, part_names[i], head, message) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A tag that must be logged from step `first` to step `due`, according to the state. */
typedef struct due_tag {
    part_index part;
    const char *tag;
    int64_t first;
    int64_t due;
} due_tag;

/* Appends the tag to the line if it ends earlier. */
static void add_lost_end(char *line, const run_log *log, const due_tag *self)
{
    const int64_t last = logged_points_last_step(&log->parts[self->part].logged, self->tag);
    const char *part = part_names[self->part];
    if (self->due < self->first || last >= self->due) {
        return;
    }
    message_set(line, "%s%s %s%s%s", line, line[0] != '\0' ? "," : "", part,
                part[0] != '\0' ? "/" : "", self->tag);
    if (last < 0) {
        message_set(line, "%s has no point", line);
    } else {
        message_set(line, "%s ends at step %" PRId64, line, last);
    }
}

/* Notes which tags end before the state's step: the steps between are not trained again. Tags that
 * are logged together end together, so only the last tag of each such group is checked. */
static void note_lost_ends(const run_log *log, const char *directory, const run_log_head *head)
{
    const int64_t steps = (int64_t)head->steps_done;
    const int64_t epochs = head->epochs_done;
    const int64_t every = head->config->log_every;
    const due_tag tags[] = {
        {TRAINING, "batch_loss", 1, every > 0 ? steps - steps % every : 0},
        {TRAINING, RUN_TAG_EPOCH_LOSS, 0, epochs - 1},
        {SESSION, SESSION_BEST_LOSS, 0, epochs - 1},
        {VALIDATION, "evaluation_loss_vs_iterations", 1,
         epochs * run_config_steps_per_epoch(head->config)},
        {VALIDATION, RUN_TAG_EPOCH_LOSS, 0, epochs - 1},
    };
    char ends[MESSAGE_BYTES] = "";
    char line[MESSAGE_BYTES];
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        add_lost_end(ends, log, &tags[i]);
    }
    if (ends[0] != '\0') {
        message_set(line, "%s: the state is after step %" PRId64 ", but%s; points between are lost",
                    directory, steps, ends);
        head->note.print(head->note.context, line);
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
    log->totals.best_loss = NAN;
    for (uint32_t i = 0; i < head->epochs_done; i++) {
        session_totals_add(&log->totals, &head->past->epochs[i]);
    }
    if (read_parts(log, directory, head, message) != 0) {
        close_all(log, ignored); /* ignored: the first error is reported */
        return -1;
    }
    note_lost_ends(log, directory, head);
    *out = log;
    return 0;
}

static int open_parts(run_log *log, const char *directory, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (log_part_open(&log->parts[i], directory, part_names[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_begin(run_log *log, const char *directory, const run_log_head *head, char *message)
{
    return open_parts(log, directory, message) != 0 ||
                   run_log_session_begin(&log->parts[SESSION], head->config, message) != 0 ||
                   run_log_text_add(&log->parts[SESSION], head, message) != 0 ||
                   run_log_network_add(&log->parts[TRAINING], message) != 0
               ? -1
               : 0;
}

int run_log_name_files(const run_log *log, run_record *record)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (run_record_add_event_file(record, part_names[i],
                                      tblog_writer_path(log->parts[i].writer)) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_batch(run_log *log, uint64_t step, double loss, double accuracy, char *message)
{
    const int64_t samples = (int64_t)run_config_samples_seen(&log->config, step);
    const tblog_scalar by_samples[] = {
        {"batch_loss_vs_samples", loss},
        {"batch_accuracy_vs_samples", accuracy},
    };
    const tblog_scalar by_step[] = {{"batch_loss", loss}, {"batch_accuracy", accuracy}};
    log_part *const part = &log->parts[TRAINING];
    /* batch_loss comes last: if a file has it, it has the other tags, too (note_lost_ends). */
    return log_part_add_scalars(part, samples, by_samples, 2, message) != 0
               ? -1
               : log_part_add_scalars(part, (int64_t)step, by_step, 2, message);
}

int run_log_histogram(run_log *log, uint32_t epoch, unsigned index, bool gradient,
                      const engine_histogram *histogram, char *message)
{
    return run_log_network_add_histogram(&log->parts[TRAINING], epoch, index, gradient, histogram,
                                         message);
}

double run_log_training_seconds(const run_log *log, uint32_t epoch)
{
    const double pace = logged_points_steps_per_second(&log->parts[TRAINING].logged, epoch);
    return pace > 0 ? run_config_steps_per_epoch(&log->config) / pace : 0;
}

/* Logs the parts of the noise scale that were measured. */
static int add_noise(run_log *log, uint32_t epoch, const gradient_noise *noise, char *message)
{
    const tblog_scalar scalars[] = {
        {"epoch_gradient_variance", noise->variance},
        {"epoch_gradient_square", noise->square},
        {"epoch_gradient_noise_scale", noise->scale},
    };
    const size_t count = isnan(noise->variance) ? 0 : isnan(noise->scale) ? 2 : 3;
    return log_part_add_scalars(&log->parts[TRAINING], epoch, scalars, count, message);
}

static int add_training(run_log *log, uint32_t epoch, const epoch_figures *figures, char *message)
{
    const double seconds = figures->training_seconds > 0 ? figures->training_seconds : 1e-9;
    const tblog_scalar scalars[] = {
        {RUN_TAG_EPOCH_LOSS, figures->loss},
        {RUN_TAG_EPOCH_ACCURACY, figures->accuracy},
        {"epoch_learning_rate", log->config.learning_rate},
        {RUN_TAG_STEPS_PER_SECOND, run_config_steps_per_epoch(&log->config) / seconds},
        {"epoch_samples_per_second", log->config.training_samples / seconds},
    };
    /* Loss and speed come last: if a file has them, it has the noise scale, too
     * (note_lost_ends). */
    return add_noise(log, epoch, &figures->noise, message) != 0
               ? -1
               : log_part_add_scalars(&log->parts[TRAINING], epoch, scalars, 5, message);
}

static int add_validation(run_log *log, uint32_t epoch, const epoch_figures *figures, char *message)
{
    const uint64_t updates = (epoch + UINT64_C(1)) * run_config_steps_per_epoch(&log->config);
    const tblog_scalar by_epoch[] = {
        {RUN_TAG_EPOCH_LOSS, figures->val_loss},
        {RUN_TAG_EPOCH_ACCURACY, figures->val_accuracy},
    };
    const tblog_scalar by_iteration[] = {
        {"evaluation_loss_vs_iterations", figures->val_loss},
        {"evaluation_accuracy_vs_iterations", figures->val_accuracy},
    };
    log_part *const part = &log->parts[VALIDATION];
    return log_part_add_scalars(part, (int64_t)updates, by_iteration, 2, message) != 0
               ? -1
               : log_part_add_scalars(part, epoch, by_epoch, 2, message);
}

typedef int draw_function(picture *out, const dataset_part *set, const uint8_t *predicted);

static int add_picture(run_log *log, const char *tag, uint32_t epoch, draw_function *draw,
                       const uint8_t *predicted, char *message)
{
    const log_part *part = &log->parts[VALIDATION];
    picture drawn;
    if (log_part_has(part, tag, epoch)) {
        return 0;
    }
    if (draw(&drawn, log->validation_set, predicted) != 0) {
        return message_set(message, "no memory for a picture of the validation");
    }
    const int status = run_log_checked(
        part->writer,
        tblog_add_image(part->writer, tag, epoch, drawn.pixels, drawn.width, drawn.height, 3),
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
    session_totals_add(&log->totals, figures);
    if (add_training(log, epoch, figures, message) != 0 ||
        add_validation(log, epoch, figures, message) != 0 ||
        add_pictures(log, epoch, predicted, message) != 0 ||
        run_log_session_add(&log->parts[SESSION], &log->totals, message) != 0) {
        return -1;
    }
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (log_part_flush(&log->parts[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_sync(run_log *log, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (log_part_sync(&log->parts[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_log_check(run_log *log, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        const char *path = tblog_writer_path(log->parts[i].writer);
        if (access(path, F_OK) != 0) {
            return message_set(message, "the event file %s is gone: %s", path, strerror(errno));
        }
    }
    return 0;
}

int run_log_end_session(run_log *log, bool succeeded, char *message)
{
    log_part *const session = &log->parts[SESSION];
    return run_log_session_end(session, succeeded, message) != 0 ? -1
                                                                 : log_part_flush(session, message);
}

int run_log_close(run_log *log, char *message)
{
    return log == NULL ? 0 : close_all(log, message);
}
