/* Merges event files into one, in the order of the steps. */
#ifndef TBLOG_CLI_EVENT_MERGE_H
#define TBLOG_CLI_EVENT_MERGE_H

#include "event_files.h"
#include "exit_status.h"

/* Makes `output` of the files, which are of one run and in TensorBoard's order. What is wrong goes
 * to standard error: EXIT_STATUS_TORN where a file ends inside a record, which is left out;
 * EXIT_STATUS_FAILED, and there is no output, where one is damaged. */
enum exit_status event_merge(const event_files *files, const char *output);

#endif
