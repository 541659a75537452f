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

/* The hyper-parameters, what the HParams page shows of all runs, and the Custom Scalars page. 0, or
 * -1 with a message [MESSAGE_BYTES]; so below. */
MUST_CHECK int run_log_session_begin(log_part *session, const run_config *config, char *message);

/* What the session's own scalars tell of the epochs so far. Starts from {.best_loss = NAN}. */
typedef struct session_totals {
    uint32_t epochs;
    double best_loss; /* of the validations; a loss that is NaN is never the best */
    double best_accuracy;
    double training_seconds;
} session_totals;

void session_totals_add(session_totals *totals, const epoch_figures *figures);

/* Logs them at the last of their epochs, of which there is one at least. */
MUST_CHECK int run_log_session_add(log_part *session, const session_totals *totals, char *message);

/* How the session ended. The first that is logged stays: TensorBoard takes no correction. */
MUST_CHECK int run_log_session_end(log_part *session, bool succeeded, char *message);

#endif
