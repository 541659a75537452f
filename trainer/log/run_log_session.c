#include "run_log_session.h"

#include <math.h>

#include "run_log_checked.h"
#include "run_record.h"
#include "run_tags.h"

/* The page shows the first five by name, and the others on request. The seed is more important for
 * a comparison than the precision. */
#define BATCH_SIZE    "batch_size"
#define ENGINE        "engine"
#define EPOCHS        "epochs"
#define LEARNING_RATE "learning_rate"
#define SEED          "seed"
#define PRECISION     "training_precision"

/* Tags of the session's own scalars. */
#define BEST_ACCURACY "hparams/best_validation_accuracy"
#define EPOCH_SECONDS "hparams/seconds_per_epoch"

/* TensorBoard uses the first such record that it finds for all runs, and runs may be started one at
 * a time. So each run logs the same complete record. It has no ranges of numbers, since they would
 * have to include those of later runs. */
static const tblog_hparam_info hparams[] = {
    {.name = BATCH_SIZE, .type = TBLOG_HPARAM_NUMBER},
    {.name = ENGINE, .type = TBLOG_HPARAM_STRING},
    {.name = EPOCHS, .type = TBLOG_HPARAM_NUMBER},
    {.name = LEARNING_RATE, .type = TBLOG_HPARAM_NUMBER},
    {.name = SEED, .type = TBLOG_HPARAM_NUMBER},
    {.name = PRECISION, .type = TBLOG_HPARAM_STRING},
};

/* The page has five columns. */
static const tblog_metric_info metrics[] = {
    {.tag = RUN_TAG_EPOCH_LOSS,
     .group = RUN_VALIDATION_PART,
     .display_name = "validation loss",
     .description = "after the last epoch so far"},
    {.tag = RUN_TAG_EPOCH_ACCURACY,
     .group = RUN_VALIDATION_PART,
     .display_name = "validation accuracy",
     .description = "after the last epoch so far"},
    {.tag = SESSION_BEST_LOSS,
     .display_name = "best validation loss",
     .description = "of all epochs so far"},
    {.tag = BEST_ACCURACY,
     .display_name = "best validation accuracy",
     .description = "of all epochs so far"},
    {.tag = EPOCH_SECONDS,
     .display_name = "seconds an epoch",
     .description = "of training alone, the mean of all epochs so far"},
};

static const tblog_experiment experiment = {
    .description = "LeNet on MNIST by batch size",
    .hparams = hparams,
    .hparam_count = sizeof hparams / sizeof hparams[0],
    .metrics = metrics,
    .metric_count = sizeof metrics / sizeof metrics[0],
};

static tblog_status add_experiment(tblog_writer *session, const run_config *config)
{
    (void)config;
    return tblog_add_experiment(session, &experiment);
}

static tblog_status add_start(tblog_writer *session, const run_config *config)
{
    const tblog_hparam values[] = {
        {.name = BATCH_SIZE, .type = TBLOG_HPARAM_NUMBER, .number = config->batch_size},
        {.name = ENGINE, .type = TBLOG_HPARAM_STRING, .string = config->engine},
        {.name = EPOCHS, .type = TBLOG_HPARAM_NUMBER, .number = config->epochs},
        {.name = LEARNING_RATE, .type = TBLOG_HPARAM_NUMBER, .number = config->learning_rate},
        {.name = SEED, .type = TBLOG_HPARAM_NUMBER, .number = (double)config->seed},
        {.name = PRECISION,
         .type = TBLOG_HPARAM_STRING,
         .string = engine_precision_name(config->precision)},
    };
    return tblog_add_session_start(session, NULL, values, sizeof values / sizeof values[0]);
}

/* Training and validation in one chart. By epoch both have the same tag, by iteration two. */
static tblog_status add_layout(tblog_writer *session, const run_config *config)
{
    (void)config;
    static const char *const loss[] = {"^batch_loss$", "^evaluation_loss_vs_iterations$"};
    static const char *const accuracy[] = {"^batch_accuracy$",
                                           "^evaluation_accuracy_vs_iterations$"};
    static const char *const epoch_loss[] = {"^epoch_loss$"};
    static const char *const epoch_accuracy[] = {"^epoch_accuracy$"};
    static const tblog_chart charts[] = {
        {.title = "loss by epoch", .tags = epoch_loss, .tag_count = 1},
        {.title = "accuracy by epoch", .tags = epoch_accuracy, .tag_count = 1},
        {.title = "loss by iteration", .tags = loss, .tag_count = 2},
        {.title = "accuracy by iteration", .tags = accuracy, .tag_count = 2},
    };
    static const tblog_category category = {
        .title = "training against validation",
        .charts = charts,
        .chart_count = sizeof charts / sizeof charts[0],
    };
    return tblog_add_custom_scalars(session, &category, 1);
}

typedef tblog_status session_adder(tblog_writer *session, const run_config *config);

/* What a session logs once. */
static const struct {
    const char *tag; /* TensorBoard's */
    session_adder *add;
} once[] = {
    {"_hparams_/experiment", add_experiment},
    {"_hparams_/session_start_info", add_start},
    {"custom_scalars__config__", add_layout},
};

int run_log_session_begin(log_part *session, const run_config *config, char *message)
{
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        if (!log_part_has(session, once[i].tag, 0) &&
            run_log_checked(session->writer, once[i].add(session->writer, config), message) != 0) {
            return -1;
        }
    }
    return 0;
}

void session_totals_add(session_totals *totals, const epoch_figures *figures)
{
    totals->epochs++;
    totals->best_loss = fmin(totals->best_loss, figures->val_loss);
    totals->best_accuracy = fmax(totals->best_accuracy, figures->val_accuracy);
    totals->training_seconds += figures->training_seconds;
}

/* The HParams page shows a tag's last point, so each point is a figure of all epochs so far. */
int run_log_session_add(log_part *session, const session_totals *totals, char *message)
{
    const tblog_scalar scalars[] = {
        {SESSION_BEST_LOSS, totals->best_loss},
        {BEST_ACCURACY, totals->best_accuracy},
        {EPOCH_SECONDS, totals->training_seconds / totals->epochs},
    };
    return log_part_add_scalars(session, (int64_t)totals->epochs - 1, scalars, 3, message);
}

int run_log_session_end(log_part *session, bool succeeded, char *message)
{
    if (log_part_has(session, "_hparams_/session_end_info", 0)) {
        return 0;
    }
    const tblog_status status = tblog_add_session_end(
        session->writer, succeeded ? TBLOG_SESSION_SUCCEEDED : TBLOG_SESSION_FAILED);
    return run_log_checked(session->writer, status, message);
}
