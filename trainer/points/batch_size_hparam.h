/* The batch size among the hyper-parameters of a log, as TensorBoard's HParams plugin has them. */
#ifndef TRAINER_BATCH_SIZE_HPARAM_H
#define TRAINER_BATCH_SIZE_HPARAM_H

#include <stdint.h>
#include <tblog/tblog.h>

/* The hyper-parameter batch_size of a session's start; 0 if the value is none or has no such
 * number. What the value says is not trusted. */
uint32_t batch_size_hparam(const tblog_value *value);

#endif
