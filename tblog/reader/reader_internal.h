/* The reader without the file system: for the tool, which reads pipes too, and for tests that let
 * reading fail. Programs use tblog.h. */
#ifndef TBLOG_READER_INTERNAL_H
#define TBLOG_READER_INTERNAL_H

#include "source.h"
#include "tblog/tblog.h"

/* As tblog_reader_open. The source is the reader's from this call on, even if the call fails. */
TBLOG_MUST_CHECK tblog_status reader_open_on_source(tblog_reader **out, record_source *source);

/* The source, which stays the reader's. */
const record_source *reader_source(const tblog_reader *reader);

#endif
