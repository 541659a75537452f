/* A file of the system as a sink for records. */
#ifndef TBLOG_SINK_FILE_H
#define TBLOG_SINK_FILE_H

#include "sink.h"
#include "tblog/tblog.h"

/* Makes a sink for the file `path`, which `descriptor` has open for writing, and owns the
 * descriptor. A write fails with ENOENT if the file was removed. NULL without memory; the caller
 * then still owns the descriptor. */
TBLOG_MUST_CHECK record_sink *sink_file_create(int descriptor, const char *path);

#endif
