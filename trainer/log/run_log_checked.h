/* Converts a status of tblog to the results of the log. */
#ifndef TRAINER_RUN_LOG_CHECKED_H
#define TRAINER_RUN_LOG_CHECKED_H

#include <tblog/tblog.h>

#include "must_check.h"

/* 0 if `status` is TBLOG_OK; otherwise -1 with the writer's message [MESSAGE_BYTES], which names
 * its file. */
MUST_CHECK int run_log_checked(tblog_writer *writer, tblog_status status, char *message);

#endif
