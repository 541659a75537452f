/* Shared by the tests of any engine: the tested engine, two small data sets, and short runs. The
 * functions end the test if something fails. */
#ifndef TESTS_ENGINE_FIXTURE_H
#define TESTS_ENGINE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "engine.h"

#ifdef SLOW_ENGINE /* on the host harness: the fewest samples that have a short last batch */
enum { TRAINING = 3, VALIDATION = 2, BATCH = 2, BATCHES = 2, EPOCHS = 2, LESSON = 5 };
enum { MANY_THREADS = 7 };
enum { LESSON_LEAVES = 80 };       /* the percentage of the loss that LESSON steps may leave */
#elif defined(__SANITIZE_THREAD__) /* a step takes twenty times as long */
enum { TRAINING = 21, VALIDATION = 20, BATCH = 8, BATCHES = 3, EPOCHS = 2, LESSON = 10 };
enum { MANY_THREADS = 2 };
enum { LESSON_LEAVES = 80 };
#else
enum { TRAINING = 45, VALIDATION = 150, BATCH = 16, BATCHES = 3, EPOCHS = 2, LESSON = 30 };
enum { MANY_THREADS = 7 };
enum { LESSON_LEAVES = 50 };
#endif

/* The steps of a run that ends in the second epoch, and of one that ends in the first. */
enum { PART = BATCHES - 1, WHOLE = PART + BATCHES };
/* Whole batches, and micro-batches the last of which is shorter. */
enum { MICRO_BATCHES = 2 };
extern const uint32_t micro_batches[MICRO_BATCHES];

extern const engine_api *api; /* the engine that is tested */
extern engine_data training;
extern engine_data validation;

/* The fixture of all tests. */
void make_data(void);
void free_data(void);

engine_config small_config(void);

/* The caller destroys the engine. make_engine gives it the training set. */
engine *make_engine_on(const engine_data *samples, const engine_config *config);
engine *make_engine(const engine_config *config);

/* Trains that many steps and stores their metrics in out[steps]. */
void train(engine *e, uint32_t steps, engine_step *out);

/* Trains `steps` steps in a new engine and returns its state, to be freed. */
unsigned char *state_after_on(const engine_data *samples, const engine_config *config,
                              uint32_t steps, size_t *bytes);
unsigned char *state_after(const engine_config *config, uint32_t steps, size_t *bytes);

#endif
