/* Runs for tests of the comparison: made by the fake engine in the scratch directory, with the
 * validation results, seconds and state that a test wants. They end the test when something
 * fails. */
#ifndef TESTS_TRAINER_COMPARISON_RUNS_H
#define TESTS_TRAINER_COMPARISON_RUNS_H

#include <stdint.h>

#include "comparison.h"
#include "fake_engine.h"

enum { SAMPLES = 64, VALIDATION_SAMPLES = 10000, EPOCHS = 4 };

/* All runs in the scratch directory, since the last compare_everything. */
extern comparison all;

/* Trains a run with these validation results and the fake engine's losses, which fall with every
 * step: of runs with as many epochs the one with the smaller batch has the lower loss. */
void make_run(const char *name, uint32_t batch_size, const uint32_t *val_correct);
void make_run_with(const char *name, uint32_t batch_size, fake_engine_plan plan);

/* Writes a run's seconds of training into its run.json: each epoch's, and the first one's. */
void set_seconds(const char *name, double seconds);
void set_seconds_but_first(const char *name, double seconds, double first);

void set_state(const char *name, run_state state);
void set_learning_rate(const char *name, double learning_rate);

void compare_everything(void);

/* What runs reach: 64 is at 99 % in epoch 3 (2 to 4 within a standard error of 10), 16 in epoch 2
 * (2 to 3) and ends 15 images ahead, and early is there in epoch 1. */
extern const uint32_t correct_64[EPOCHS];
extern const uint32_t correct_16[EPOCHS];
extern const uint32_t correct_early[EPOCHS];

/* runs/large with batch size 64 and 10 s an epoch, runs/small with 16 and 20 s; compared. */
void make_two_runs(void);

/* Epochs to the target: a 1 (1 to 1), b 3 (2 to 4), c 2 (2 to 3); seconds an epoch 10, 3 and 10;
 * batch sizes 64, 32 and 16; compared. */
void make_three_runs(void);

/* The fixture of a test. */
void comparison_set_up(void);
void comparison_tear_down(void);

#endif
