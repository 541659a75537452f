/* Events of tensors, which all kinds of values but plain scalars are: the tags are noted, the event
 * is encoded and queued. Knows nothing of what a kind's tensors mean. */
#ifndef TBLOG_TENSOR_EVENT_H
#define TBLOG_TENSOR_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "event_encode.h"
#include "tblog/tblog.h"

/* Logs one event with `count` tensors, whose with_metadata is set here. The tags are checked here
 * too. */
TBLOG_MUST_CHECK tblog_status tensor_event_add(tblog_writer *writer, int64_t step,
                                               event_tensor *tensors, size_t count);

/* The same within a writer_encode, for tags that are sound. A second value of a tag that says
 * something once is TBLOG_INVALID: of hparams TensorBoard sees the first one's metadata only, and
 * of layouts which one is not said. */
TBLOG_MUST_CHECK tblog_status tensor_event_encode(tblog_writer *writer, double wall_time,
                                                  int64_t step, event_tensor *tensors,
                                                  size_t count);

#endif
