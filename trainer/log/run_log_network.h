/* Logs the network for the Graphs page, and histograms of its tensors. */
#ifndef TRAINER_RUN_LOG_NETWORK_H
#define TRAINER_RUN_LOG_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "log_part.h"
#include "must_check.h"

/* The network as Keras' model and as a graph of operations. 0, or -1 with a message
 * [MESSAGE_BYTES]; so below. */
MUST_CHECK int run_log_network_add(log_part *training, char *message);

/* A tensor of lenet_tensors[index] after an epoch (from 0), or the last step's gradient of it. */
MUST_CHECK int run_log_network_add_histogram(log_part *training, uint32_t epoch, unsigned index,
                                             bool gradient, const engine_histogram *histogram,
                                             char *message);

#endif
