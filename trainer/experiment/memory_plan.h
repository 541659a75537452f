/* What fits into memory: the searches behind `trainer plan` and behind the refusal of a run that is
 * too large. Asks the engine for plans only; nothing is taken. */
#ifndef TRAINER_MEMORY_PLAN_H
#define TRAINER_MEMORY_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "engine.h"

/* A question to an engine: this run, on so many samples, within so many bytes. */
typedef struct memory_question {
    const engine_api *api;
    engine_config settings;
    uint32_t training_samples;
    uint32_t validation_samples;
    uint64_t limit; /* bytes that a run may take */
} memory_question;

/* The largest batch size, up to the training samples, of which a run takes at most the limit, all
 * else as in the settings but a micro-batch that would be larger; 0 where there is none. */
uint32_t memory_plan_largest_batch(const memory_question *question);

/* The largest micro-batch with which the settings' batch size fits; 0 where there is none, or where
 * the engine works on whole batches only. For tests: others ask for the advice below. */
uint32_t memory_plan_largest_micro_batch(const memory_question *question);

enum { MEMORY_ADVICE_BYTES = 192 };

/* What to do where the settings' run does not fit: "the largest batch size that fits is 512, and
 * this one fits with --micro-batch 256", or as much of that as is true. */
void memory_plan_advice(const memory_question *question, char advice[MEMORY_ADVICE_BYTES]);

enum { MEMORY_SIZE_BYTES = 32 };

/* "1.50 GiB", "12.3 MiB". */
void memory_size_format(uint64_t bytes, char text[MEMORY_SIZE_BYTES]);

#endif
