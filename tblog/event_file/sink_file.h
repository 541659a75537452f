/* A file of the system as a sink for records. */
#ifndef TBLOG_SINK_FILE_H
#define TBLOG_SINK_FILE_H

#include "sink.h"
#include "tblog/tblog.h"

/* A sink for the file of this path that `descriptor` has open for writing. A write fails with
 * ENOENT where the file has been removed. Owns the descriptor from now on. NULL without memory,
 * with the descriptor still the caller's. */
TBLOG_MUST_CHECK record_sink *sink_file_create(int descriptor, const char *path);

#endif
