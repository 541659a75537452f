/* The reader for sources other than files: for the tool, which also reads pipes, and for tests that
 * make reading fail. Programs use tblog.h. */
#ifndef TBLOG_READER_INTERNAL_H
#define TBLOG_READER_INTERNAL_H

#include "source.h"
#include "tblog/tblog.h"

/* As tblog_reader_open. The reader owns the source from this call on, even if the call fails. */
TBLOG_MUST_CHECK tblog_status reader_open_on_source(tblog_reader **out, record_source *source);

/* The source, which the reader still owns. */
const record_source *reader_source(const tblog_reader *reader);

#endif
