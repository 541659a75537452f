/* Records for the tests of what lies below the writer, from payloads that are there already. */
#ifndef TESTS_RECORD_APPEND_H
#define TESTS_RECORD_APPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "record_queue.h"
#include "tblog/tblog.h"

/* Puts a whole payload behind the queue's records; as record_queue_end. */
TBLOG_MUST_CHECK int record_append(record_queue *queue, const void *payload, size_t bytes,
                                   bool lasting);

#endif
