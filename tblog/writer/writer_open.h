/* Opens writers with the caller's file or timer, for tests. Programs use tblog.h. */
#ifndef TBLOG_WRITER_OPEN_H
#define TBLOG_WRITER_OPEN_H

#include "flush_timer.h"
#include "sink.h"
#include "tblog/tblog.h"

/* As tblog_writer_open, for a sink with an empty file, without a directory: nothing is locked, and
 * the file does not rotate. `path` is for messages; `timer` must outlive the writer. The writer
 * owns the sink from this call on, even if the call fails. */
TBLOG_MUST_CHECK tblog_status writer_open_on_sink(tblog_writer **out, record_sink *sink,
                                                  const char *path,
                                                  const tblog_writer_options *options,
                                                  const flush_timer *timer);

/* As tblog_writer_open, with a timer that must outlive the writer. */
TBLOG_MUST_CHECK tblog_status writer_open_by_timer(tblog_writer **out, const char *run_directory,
                                                   const tblog_writer_options *options,
                                                   const flush_timer *timer);

#endif
