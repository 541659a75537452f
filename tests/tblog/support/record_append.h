/* Makes records from ready payloads, for tests of the layers below the writer. */
#ifndef TESTS_RECORD_APPEND_H
#define TESTS_RECORD_APPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "record_queue.h"
#include "tblog/tblog.h"

/* Appends a whole payload to the queue. Returns what record_queue_end does. */
TBLOG_MUST_CHECK int record_append(record_queue *queue, const void *payload, size_t bytes,
                                   bool lasting);

#endif
