/* What tblog returns, as the log returns it. */
#ifndef TRAINER_RUN_LOG_CHECKED_H
#define TRAINER_RUN_LOG_CHECKED_H

#include <tblog/tblog.h>

#include "must_check.h"

/* The status of a call to the writer as 0, or -1 with a message [MESSAGE_BYTES]: the writer's own
 * words, which name its file. */
MUST_CHECK int run_log_checked(tblog_writer *writer, tblog_status status, char *message);

#endif
