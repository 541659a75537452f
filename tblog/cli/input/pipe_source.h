/* A pipe as a source of records: what has come through it is kept in a temporary file, so that the
 * reader may go back in it. */
#ifndef TBLOG_CLI_PIPE_SOURCE_H
#define TBLOG_CLI_PIPE_SOURCE_H

#include "source.h"
#include "tblog/tblog.h"

/* Reading waits for the pipe's writers. NULL with errno; ESPIPE where `path` is not a pipe. */
TBLOG_MUST_CHECK record_source *pipe_source_open(const char *path);

#endif
