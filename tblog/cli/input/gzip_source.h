/* A gzip file as a source of records: inflated as far as it is read, into a temporary file, so that
 * the reader may go back in it. Memory does not go with its size. On disk it takes what it inflates
 * to, at most some 1000 times the gzip file's size, which is the most that deflate can pack. */
#ifndef TBLOG_CLI_GZIP_SOURCE_H
#define TBLOG_CLI_GZIP_SOURCE_H

#include <stdbool.h>

#include "source.h"
#include "tblog/tblog.h"

/* Whether the bytes of a source begin as a gzip file does. An event file begins with a file version
 * of some 30 bytes; as a length these bytes would be half a million and more. */
bool gzip_source_fits(record_source *packed);

/* Offsets are of what `packed` inflates to. `packed` is the new source's from this call on, even if
 * the call fails: NULL with errno. Members of a gzip file are read one after the other; reading
 * fails where one is damaged or cut off, after all that is before. */
TBLOG_MUST_CHECK record_source *gzip_source_open(record_source *packed);

bool is_gzip_source(const record_source *source);

#endif
