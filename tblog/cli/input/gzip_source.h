/* A gzip file as a source of records. It is decompressed as far as it is read, to a temporary file,
 * so that the reader can go back. Memory does not grow with it. The temporary file may be 1000
 * times as large as the gzip file, deflate's highest ratio. */
#ifndef TBLOG_CLI_GZIP_SOURCE_H
#define TBLOG_CLI_GZIP_SOURCE_H

#include <stdbool.h>

#include "source.h"
#include "tblog/tblog.h"

/* Whether the source begins like a gzip file. An event file cannot: its first record, the file
 * version, has about 30 bytes, but these bytes as a length are more than half a million. */
bool gzip_source_fits(record_source *packed);

/* Offsets count decompressed bytes. The new source owns `packed` from this call on, even on
 * failure. Returns NULL and sets errno on failure. Members of a gzip file are concatenated. If one
 * is damaged or truncated, reading fails after all bytes before it. */
TBLOG_MUST_CHECK record_source *gzip_source_open(record_source *packed);

bool is_gzip_source(const record_source *source);

#endif
