/* What the two forms of CSV that tblog export writes share. It is RFC 4180's, but for lines that
 * end with a plain line feed. */
#ifndef TBLOG_CLI_EXPORT_CSV_H
#define TBLOG_CLI_EXPORT_CSV_H

#include <stdbool.h>

#include "export_forms.h"
#include "output_file.h"
#include "tblog/tblog.h"

/* Opens the request's output for CSV. A terminal gets it without what could give it orders. False
 * with a message on standard error. */
TBLOG_MUST_CHECK bool export_csv_open(output_file *file, const export_request *request);

/* Notes that the request chose no scalar: the tag may be misspelt. */
void export_csv_note_no_scalars(const export_request *request);

#endif
