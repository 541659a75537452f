/* What the forms of tblog export share. */
#ifndef TBLOG_CLI_EXPORT_H
#define TBLOG_CLI_EXPORT_H

#include <stdbool.h>

#include "arguments.h"
#include "commands.h"
#include "event_files.h"
#include "exit_status.h"
#include "output_file.h"
#include "tblog/tblog.h"

typedef struct export_request {
    arguments arguments;
    bool images;
    bool audio;
    bool wide;
} export_request;

/* The images and sounds that the request wants, each as a file below the directory that is its
 * output. */
enum exit_status export_blobs(const export_request *request, const event_files *files);

/* The scalars as a table. */
enum exit_status export_wide(const export_request *request, const event_files *files);

/* Opens the request's output for CSV. A terminal gets it without what could give it orders. False
 * with a message on standard error. */
TBLOG_MUST_CHECK bool export_open(output_file *file, const export_request *request);

/* Notes that the request chose no scalar: the tag may be misspelt. */
void export_note_no_scalars(const export_request *request);

#endif
