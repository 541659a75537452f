/* Merges event files into one, in the order of the steps. */
#ifndef TBLOG_CLI_EVENT_MERGE_H
#define TBLOG_CLI_EVENT_MERGE_H

#include "event_files.h"
#include "exit_status.h"

/* Writes `output` from the files, which belong to one run and are in TensorBoard's order. Errors
 * are printed to standard error. EXIT_STATUS_TORN if a file ends inside a record, which is left
 * out. EXIT_STATUS_FAILED, without output, if one is damaged. */
enum exit_status event_merge(const event_files *files, const char *output);

#endif
