#include "memory_plan.h"

#include <stdbool.h>
#include <stdio.h>

static bool fits(const memory_question *question, const engine_config *settings)
{
    char ignored[256];
    engine_plan plan;
    return question->api->plan(settings, question->training_samples, question->validation_samples,
                               &plan, ignored, sizeof ignored) == ENGINE_OK &&
           plan.memory.total <= question->limit;
}

static bool batch_fits(const memory_question *question, uint32_t batch_size)
{
    engine_config settings = question->settings;
    settings.batch_size = batch_size;
    if (settings.micro_batch >= batch_size) {
        settings.micro_batch = 0;
    }
    return fits(question, &settings);
}

static bool micro_batch_fits(const memory_question *question, uint32_t micro_batch)
{
    engine_config settings = question->settings;
    settings.micro_batch = micro_batch;
    return fits(question, &settings);
}

/* The largest of 1 .. most that fits, or 0. Assumes that larger sizes need more memory. An engine
 * that changes its method at some size may need less from there on. If the limit is in that gap,
 * the answer fits, but a larger size may fit, too. */
static uint32_t largest(const memory_question *question, uint32_t most,
                        bool (*size_fits)(const memory_question *, uint32_t))
{
    uint32_t fitting = 0;
    while (fitting < most) {
        const uint32_t middle = most - (most - fitting) / 2;
        if (size_fits(question, middle)) {
            fitting = middle;
        } else {
            most = middle - 1;
        }
    }
    return fitting;
}

uint32_t memory_plan_largest_batch(const memory_question *question)
{
    return largest(question, question->training_samples, batch_fits);
}

uint32_t memory_plan_largest_micro_batch(const memory_question *question)
{
    return largest(question, question->settings.batch_size - 1, micro_batch_fits);
}

void memory_plan_advice(const memory_question *question, char advice[MEMORY_ADVICE_BYTES])
{
    const uint32_t batch = memory_plan_largest_batch(question);
    const uint32_t micro_batch = memory_plan_largest_micro_batch(question);
    int length = 0;
    if (batch > 0) {
        length = snprintf(advice, MEMORY_ADVICE_BYTES, "the largest batch size that fits is %u",
                          (unsigned)batch);
    } else {
        length = snprintf(advice, MEMORY_ADVICE_BYTES, "no batch size fits");
    }
    if (micro_batch > 0) {
        snprintf(advice + length, MEMORY_ADVICE_BYTES - (size_t)length,
                 "%s this one fits with --micro-batch %u", batch > 0 ? ", and" : ", but",
                 (unsigned)micro_batch);
    }
}

void memory_size_format(uint64_t bytes, char text[MEMORY_SIZE_BYTES])
{
    const double mebibytes = (double)bytes / (1 << 20);
    if (mebibytes >= 1024) {
        snprintf(text, MEMORY_SIZE_BYTES, "%.2f GiB", mebibytes / 1024);
    } else {
        snprintf(text, MEMORY_SIZE_BYTES, "%.1f MiB", mebibytes);
    }
}
