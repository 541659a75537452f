/* What a run is, as tables in Markdown. */
#ifndef TRAINER_RUN_LOG_TEXT_H
#define TRAINER_RUN_LOG_TEXT_H

#include <tblog/tblog.h>

#include "must_check.h"
#include "run_log_head.h"

/* The configuration, the host and the data set. 0, or -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int run_log_text_add(tblog_writer *session, const run_log_head *head, char *message);

#endif
