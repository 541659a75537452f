/* Which runs fit into memory, for `trainer plan` and for the message that refuses a run. Only asks
 * the engine for plans; allocates nothing. */
#ifndef TRAINER_MEMORY_PLAN_H
#define TRAINER_MEMORY_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "engine.h"

/* A run, the numbers of its samples, and the memory that it may use. */
typedef struct memory_question {
    const engine_api *api;
    engine_config settings;
    uint32_t training_samples;
    uint32_t validation_samples;
    uint64_t limit; /* bytes that a run may take */
} memory_question;

/* The largest batch size, up to the number of training samples, that fits into the limit; 0 if none
 * does. All other settings stay, but a micro-batch is at most the batch size. */
uint32_t memory_plan_largest_batch(const memory_question *question);

/* The largest micro-batch with which the settings' batch size fits; 0 if there is none, or if the
 * engine supports only whole batches. Public for tests; others use the advice below. */
uint32_t memory_plan_largest_micro_batch(const memory_question *question);

enum { MEMORY_ADVICE_BYTES = 192 };

/* What to do if the settings' run does not fit: "the largest batch size that fits is 512, and this
 * one fits with --micro-batch 256", or the part of this that is true. */
void memory_plan_advice(const memory_question *question, char advice[MEMORY_ADVICE_BYTES]);

enum { MEMORY_SIZE_BYTES = 32 };

/* "1.50 GiB", "12.3 MiB". */
void memory_size_format(uint64_t bytes, char text[MEMORY_SIZE_BYTES]);

#endif
