/* A file of the system as a source of records. */
#ifndef TBLOG_SOURCE_FILE_H
#define TBLOG_SOURCE_FILE_H

#include "source.h"
#include "tblog/tblog.h"

/* Opens a regular file. NULL with errno: EISDIR for a directory, ESPIPE for a pipe or device. */
TBLOG_MUST_CHECK record_source *source_file_open(const char *path);

#endif
