/* Logs events of tensors, the form of all kinds of values except plain scalars: notes the tags,
 * encodes and queues the event. Knows nothing of what the tensors mean. */
#ifndef TBLOG_TENSOR_EVENT_H
#define TBLOG_TENSOR_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "event_encode.h"
#include "tblog/tblog.h"

/* Logs one event with `count` tensors. Checks their tags and sets their with_metadata. */
TBLOG_MUST_CHECK tblog_status tensor_event_add(tblog_writer *writer, int64_t step,
                                               event_tensor *tensors, size_t count);

/* The same within a writer_encode, for valid tags. If a kind is accepted once (hyper-parameters,
 * layouts), a second value of its tag is TBLOG_INVALID: TensorBoard reads only the first one's
 * metadata for hyper-parameters, and does not define which layout it reads. */
TBLOG_MUST_CHECK tblog_status tensor_event_encode(tblog_writer *writer, double wall_time,
                                                  int64_t step, event_tensor *tensors,
                                                  size_t count);

#endif
