/* Shared by the two CSV forms of tblog export: RFC 4180, but lines end with a plain line feed. */
#ifndef TBLOG_CLI_EXPORT_CSV_H
#define TBLOG_CLI_EXPORT_CSV_H

#include <stdbool.h>

#include "export_forms.h"
#include "output_file.h"
#include "tblog/tblog.h"

/* Opens the request's output for CSV. On a terminal, control characters are filtered out. False
 * with a message on standard error. */
TBLOG_MUST_CHECK bool export_csv_open(output_file *file, const export_request *request);

/* Prints a note that no scalar matched: the tag may be misspelt. */
void export_csv_note_no_scalars(const export_request *request);

#endif
