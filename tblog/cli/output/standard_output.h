/* Ends a command's output. */
#ifndef TBLOG_CLI_STANDARD_OUTPUT_H
#define TBLOG_CLI_STANDARD_OUTPUT_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Flushes standard output. False, with a message, if not all was written. */
TBLOG_MUST_CHECK bool finish_standard_output(const char *command);

#endif
