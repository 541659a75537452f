/* The run as a session of the HParams page. */
#ifndef TRAINER_RUN_LOG_SESSION_H
#define TRAINER_RUN_LOG_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "log_part.h"
#include "must_check.h"
#include "run_config.h"

/* A tag of what is logged of each epoch. */
#define SESSION_BEST_LOSS "hparams/best_validation_loss"

/* Logs the hyper-parameters, the columns of the HParams page and the layout of the Custom Scalars
 * page. 0, or -1 with a message [MESSAGE_BYTES]; so below. */
MUST_CHECK int run_log_session_begin(log_part *session, const run_config *config, char *message);

/* The values of the session's own scalars over the epochs so far. Start from {.best_loss = NAN}. */
typedef struct session_totals {
    uint32_t epochs;
    double best_loss; /* of the validations; a loss that is NaN is never the best */
    double best_accuracy;
    double training_seconds;
} session_totals;

void session_totals_add(session_totals *totals, const epoch_figures *figures);

/* Logs the totals at the last of their epochs; there must be at least one. */
MUST_CHECK int run_log_session_add(log_part *session, const session_totals *totals, char *message);

/* Logs how the session ended. TensorBoard shows the first end that is logged; later ones change
 * nothing. */
MUST_CHECK int run_log_session_end(log_part *session, bool succeeded, char *message);

#endif
