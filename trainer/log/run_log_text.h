/* What a run is, as tables in Markdown. */
#ifndef TRAINER_RUN_LOG_TEXT_H
#define TRAINER_RUN_LOG_TEXT_H

#include "log_part.h"
#include "must_check.h"
#include "run_log_head.h"

/* The host and the data set, where they are not logged already; and the configuration, if its last
 * text that is logged is another, because the run is continued with another number of epochs. 0, or
 * -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int run_log_text_add(log_part *session, const run_log_head *head, char *message);

#endif
