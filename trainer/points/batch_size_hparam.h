/* Reads the batch size from the hyper-parameters of a log, in the form of TensorBoard's HParams
 * plug-in. */
#ifndef TRAINER_BATCH_SIZE_HPARAM_H
#define TRAINER_BATCH_SIZE_HPARAM_H

#include <stdint.h>
#include <tblog/tblog.h>

/* The hyper-parameter batch_size of a session's start; 0 if `value` is no session's start or has no
 * such number. The value's content is not trusted. */
uint32_t batch_size_hparam(const tblog_value *value);

#endif
