/* A pipe as a source of records. What was read is kept in a temporary file, so that the reader can
 * go back. */
#ifndef TBLOG_CLI_PIPE_SOURCE_H
#define TBLOG_CLI_PIPE_SOURCE_H

#include "source.h"
#include "tblog/tblog.h"

/* Reading waits for the pipe's writers. NULL with errno: ESPIPE if `path` is not a pipe. */
TBLOG_MUST_CHECK record_source *pipe_source_open(const char *path);

#endif
