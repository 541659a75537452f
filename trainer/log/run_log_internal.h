/* What the files of run_log share. */
#ifndef TRAINER_RUN_LOG_INTERNAL_H
#define TRAINER_RUN_LOG_INTERNAL_H

#include <tblog/tblog.h>

#include "must_check.h"
#include "run_log.h"

struct run_log {
    tblog_writer *session; /* of the run's own directory */
    tblog_writer *training;
    tblog_writer *validation;
    run_config config;
    const dataset_part *validation_set; /* the caller's */
    double best_loss;                   /* of the validations so far; NaN before the first */
    double best_accuracy;               /* likewise; 0 before the first */
    double training_seconds;            /* of all epochs so far */
};

/* The status as 0, or -1 with the writer's own words, which name the file. */
MUST_CHECK int run_log_checked(tblog_writer *writer, tblog_status status, char *message);

/* Tags of the session's own scalars, which the HParams page has columns for. */
#define RUN_LOG_BEST_LOSS     "hparams/best_validation_loss"
#define RUN_LOG_BEST_ACCURACY "hparams/best_validation_accuracy"
#define RUN_LOG_EPOCH_SECONDS "hparams/seconds_per_epoch"

/* The hyper-parameters, what the HParams page shows of all runs, and the Custom Scalars page. */
MUST_CHECK int run_log_start_session(tblog_writer *session, const run_config *config,
                                     char *message);

/* The configuration, the host and the data set as text. */
MUST_CHECK int run_log_describe(tblog_writer *session, const run_log_head *head, char *message);

/* The network, for the Graphs page. */
MUST_CHECK int run_log_network(tblog_writer *training, char *message);

/* The epoch's confusion matrix and mistakes. */
MUST_CHECK int run_log_pictures(run_log *log, uint32_t epoch, const uint8_t *predicted,
                                char *message);

#endif
