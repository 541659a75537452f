/* What fits into memory, with an engine that needs 1000 bytes, and 100 per sample of a
 * micro-batch. */
#include <check.h>
#include <stdio.h>

#include "check_main.h"
#include "memory_plan.h"

static engine_status plan(const engine_config *config, uint32_t training_count,
                          uint32_t validation_count, engine_plan *out, char *message,
                          size_t message_bytes)
{
    (void)validation_count;
    snprintf(message, message_bytes, "refused");
    if (config->batch_size > training_count || config->micro_batch > config->batch_size) {
        return ENGINE_INVALID;
    }
    const uint32_t at_once = config->micro_batch != 0 ? config->micro_batch : config->batch_size;
    *out = (engine_plan){.memory.total = 1000 + 100 * (uint64_t)at_once};
    return ENGINE_OK;
}

static engine_status plan_whole_batches(const engine_config *config, uint32_t training_count,
                                        uint32_t validation_count, engine_plan *out, char *message,
                                        size_t message_bytes)
{
    return config->micro_batch != 0
               ? ENGINE_INVALID
               : plan(config, training_count, validation_count, out, message, message_bytes);
}

static const engine_api any_batch = {.name = "any", .plan = plan};
static const engine_api whole_batches = {.name = "whole", .plan = plan_whole_batches};

static memory_question question(const engine_api *api, uint32_t batch_size, uint64_t limit)
{
    memory_question out = {api, engine_config_defaults(), 500, 50, limit};
    out.settings.batch_size = batch_size;
    return out;
}

START_TEST(the_largest_batch_is_the_last_that_fits)
{
    static const struct {
        uint64_t limit;
        uint32_t largest;
    } cases[] = {{0, 0},       {1099, 0},    {1100, 1},    {1199, 1},        {1200, 2},
                 {25999, 249}, {51000, 500}, {50999, 499}, {UINT64_MAX, 500}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const memory_question asked = question(&any_batch, 32, cases[i].limit);
        ck_assert_uint_eq(memory_plan_largest_batch(&asked), cases[i].largest);
    }
}
END_TEST

START_TEST(the_largest_micro_batch_is_below_the_batch)
{
    const memory_question little = question(&any_batch, 400, 1750);
    ck_assert_uint_eq(memory_plan_largest_micro_batch(&little), 7);
    const memory_question much = question(&any_batch, 400, UINT64_MAX);
    ck_assert_uint_eq(memory_plan_largest_micro_batch(&much), 399);
    const memory_question none = question(&any_batch, 400, 1000);
    ck_assert_uint_eq(memory_plan_largest_micro_batch(&none), 0);
    const memory_question single = question(&any_batch, 1, UINT64_MAX);
    ck_assert_uint_eq(memory_plan_largest_micro_batch(&single), 0);
    const memory_question whole = question(&whole_batches, 400, UINT64_MAX);
    ck_assert_uint_eq(memory_plan_largest_micro_batch(&whole), 0);
}
END_TEST

START_TEST(a_micro_batch_does_not_stand_in_the_way_of_a_smaller_batch)
{
    memory_question asked = question(&any_batch, 400, 1750);
    asked.settings.micro_batch = 100;
    ck_assert_uint_eq(memory_plan_largest_batch(&asked), 7);
}
END_TEST

START_TEST(advice_says_what_can_be_done)
{
    char advice[MEMORY_ADVICE_BYTES];
    const memory_question both = question(&any_batch, 400, 1750);
    memory_plan_advice(&both, advice);
    ck_assert_str_eq(advice, "the largest batch size that fits is 7, and this one fits with "
                             "--micro-batch 7");
    const memory_question batch = question(&whole_batches, 400, 1750);
    memory_plan_advice(&batch, advice);
    ck_assert_str_eq(advice, "the largest batch size that fits is 7");
    const memory_question none = question(&any_batch, 400, 100);
    memory_plan_advice(&none, advice);
    ck_assert_str_eq(advice, "no batch size fits");
}
END_TEST

START_TEST(sizes_are_told_in_binary_units)
{
    char text[MEMORY_SIZE_BYTES];
    memory_size_format(1536, text);
    ck_assert_str_eq(text, "0.0 MiB");
    memory_size_format(1536 * 1024, text);
    ck_assert_str_eq(text, "1.5 MiB");
    memory_size_format(3ull << 29, text);
    ck_assert_str_eq(text, "1.50 GiB");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory_plan");
    TCase *plans = tcase_create("plans");
    tcase_add_test(plans, the_largest_batch_is_the_last_that_fits);
    tcase_add_test(plans, the_largest_micro_batch_is_below_the_batch);
    tcase_add_test(plans, a_micro_batch_does_not_stand_in_the_way_of_a_smaller_batch);
    tcase_add_test(plans, advice_says_what_can_be_done);
    tcase_add_test(plans, sizes_are_told_in_binary_units);
    suite_add_tcase(suite, plans);
    return run_suite(suite);
}
