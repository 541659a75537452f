/* Invented runs in memory, for tests of the comparison, and their verdict. A failure ends the
 * test. */
#ifndef TESTS_TRAINER_MADE_UP_RUNS_H
#define TESTS_TRAINER_MADE_UP_RUNS_H

#include <stdint.h>

#include "comparison.h"
#include "verdict.h"

enum { MADE_UP_IMAGES = 10000, MADE_UP_EPOCHS = 4, MADE_UP_MOST_RUNS = 128 };

extern comparison all; /* the runs so far; do not pass it to comparison_free */
extern verdict answer; /* the verdict of the last judge */

/* A finished run named "run" and its number, whose epochs reach correct[MADE_UP_EPOCHS] of the
 * images, with a second per epoch on "a machine" and learning rate 0.001; everything else is the
 * same in all runs. The test may change it until the next judge. */
compared_run *add(uint32_t batch_size, uint64_t seed, const uint32_t *correct);

/* A run that has the same accuracy from its first epoch on. */
compared_run *add_level(uint32_t batch_size, uint64_t seed, uint32_t correct);

/* Batch sizes 64, 32 and 16 with five seeds: in each 32 is 0.2 points ahead of the others, or
 * nearly. */
void add_clear_winner(void);

/* Computes the comparison from the runs' records, and makes the verdict. With `target` 0 the
 * verdict chooses the target. */
void judge(double target);

/* The fixture of a test. */
void made_up_set_up(void);
void made_up_tear_down(void);

#endif
