/* What the two forms of tblog export share. */
#ifndef TBLOG_CLI_EXPORT_H
#define TBLOG_CLI_EXPORT_H

#include <stdbool.h>

#include "arguments.h"
#include "commands.h"
#include "event_files.h"
#include "exit_status.h"

typedef struct export_request {
    arguments arguments;
    bool images;
    bool audio;
} export_request;

/* The images and sounds that the request wants, each as a file below the directory that is its
 * output. */
enum exit_status export_blobs(const export_request *request, const event_files *files);

#endif
