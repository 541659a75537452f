/* Logs the description of a run as tables in Markdown. */
#ifndef TRAINER_RUN_LOG_TEXT_H
#define TRAINER_RUN_LOG_TEXT_H

#include "log_part.h"
#include "must_check.h"
#include "run_log_head.h"

/* Logs the host and the data set, unless they are logged already. Also logs the configuration if it
 * differs from the one logged last, since a run may be continued with another number of epochs. 0,
 * or -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int run_log_text_add(log_part *session, const run_log_head *head, char *message);

#endif
