#include "made_up_runs.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static compared_run runs[MADE_UP_MOST_RUNS];
static epoch_figures epochs[MADE_UP_MOST_RUNS][MADE_UP_EPOCHS];
comparison all;
verdict answer;

void made_up_set_up(void)
{
    memset(runs, 0, sizeof runs);
    memset(epochs, 0, sizeof epochs);
    all = (comparison){.runs = runs};
    answer = (verdict){0};
}

void made_up_tear_down(void)
{
    verdict_free(&answer);
}

compared_run *add(uint32_t batch_size, uint64_t seed, const uint32_t *correct)
{
    compared_run *run = &runs[all.count];
    run->record = (run_record){.state = RUN_FINISHED,
                               .config = {.batch_size = batch_size,
                                          .epochs = MADE_UP_EPOCHS,
                                          .seed = seed,
                                          .learning_rate = 1e-3,
                                          .engine = "fake",
                                          .precision = ENGINE_FP32,
                                          .training_samples = 60000,
                                          .validation_samples = MADE_UP_IMAGES},
                               .hardware = "a machine",
                               .runs_at_once = 1,
                               .epochs = epochs[all.count],
                               .epoch_count = MADE_UP_EPOCHS};
    snprintf(run->name, sizeof run->name, "run%zu", all.count);
    for (size_t i = 0; i < MADE_UP_EPOCHS; i++) {
        run->record.epochs[i] = (epoch_figures){.val_accuracy = (double)correct[i] / MADE_UP_IMAGES,
                                                .training_seconds = 1};
    }
    all.count++;
    return run;
}

compared_run *add_level(uint32_t batch_size, uint64_t seed, uint32_t correct)
{
    return add(batch_size, seed,
               (const uint32_t[MADE_UP_EPOCHS]){correct, correct, correct, correct});
}

void add_clear_winner(void)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(32, seed, 9920 + seed + seed % 2);
        add_level(16, seed, 9901 + seed);
    }
}

void judge(double target)
{
    for (size_t i = 0; i < all.count; i++) {
        runs[i].note[0] = '\0';
        runs[i].seconds = 0;
        ck_assert_int_eq(compared_run_derive(&runs[i]), 0);
    }
    comparison_sort(&all);
    verdict_free(&answer);
    ck_assert_int_eq(verdict_make(&answer, &all, target), 0);
}
