/* Runs for tests of the comparison, made up in memory, and what is said of them. They end the test
 * when something fails. */
#ifndef TESTS_TRAINER_MADE_UP_RUNS_H
#define TESTS_TRAINER_MADE_UP_RUNS_H

#include <stdint.h>

#include "comparison.h"
#include "verdict.h"

enum { MADE_UP_IMAGES = 10000, MADE_UP_EPOCHS = 4, MADE_UP_MOST_RUNS = 128 };

extern comparison all; /* the runs so far; comparison_free is not for it */
extern verdict answer; /* since the last judge */

/* A finished run named "run" and its number, whose epochs reach correct[MADE_UP_EPOCHS] of the
 * images, at a second an epoch on "a machine", with learning rate 0.001 and nothing else that
 * differs. It may be changed until the next judge. */
compared_run *add(uint32_t batch_size, uint64_t seed, const uint32_t *correct);

/* One that has the same accuracy from its first epoch on. */
compared_run *add_level(uint32_t batch_size, uint64_t seed, uint32_t correct);

/* Batch sizes 64, 32 and 16 with five seeds: in each 32 is 0.2 points ahead of the others, or
 * nearly. */
void add_clear_winner(void);

/* Derives what follows from the runs' records, and makes the verdict. `target` is 0 to have one
 * chosen. */
void judge(double target);

/* The fixture of a test. */
void made_up_set_up(void);
void made_up_tear_down(void);

#endif
