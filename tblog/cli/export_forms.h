/* The forms of tblog export, and its request. */
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

/* Writes the requested images and audio as files below the output directory. */
enum exit_status export_blobs(const export_request *request, const event_files *files);

/* Write the scalars as CSV: one row per scalar; one row per step and one column per tag. */
enum exit_status export_scalars(const export_request *request, const event_files *files);
enum exit_status export_wide(const export_request *request, const event_files *files);

#endif
