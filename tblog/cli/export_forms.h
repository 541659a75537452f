/* The forms of tblog export, and what it is asked for. */
#ifndef TBLOG_CLI_EXPORT_FORMS_H
#define TBLOG_CLI_EXPORT_FORMS_H

#include <stdbool.h>

#include "arguments.h"
#include "commands.h"
#include "event_files.h"
#include "exit_status.h"

typedef struct export_request {
    arguments arguments;
    bool images;
    bool audio;
    bool wide;
} export_request;

/* The images and sounds that the request wants, each as a file below the directory that is its
 * output. */
enum exit_status export_blobs(const export_request *request, const event_files *files);

/* The scalars as CSV: a row each, and a row a step with a column a tag. */
enum exit_status export_scalars(const export_request *request, const event_files *files);
enum exit_status export_wide(const export_request *request, const event_files *files);

#endif
