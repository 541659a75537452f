/* Shared by the tests of the whole CUDA engine on the harness: two small data sets, and runs on
 * them. */
#ifndef CUDA_ENGINE_FIXTURE_H
#define CUDA_ENGINE_FIXTURE_H

#include <check.h>

#include "cuda_state.h"
#include "engine_tables.h"
#include "sample_data.h"

/* As small as possible, since a sample is slow on the harness. An epoch has two steps, of 3 samples
 * and of 1. */
enum { TRAINING = 4, VALIDATION = 2, BATCH = 3 };

extern engine_data training;
extern engine_data validation;

/* Makes a test case. Each test starts with a reset device and the data sets, and must have freed
 * all device memory at its end. run_cuda_engine_case, the end of main, runs it in one process: the
 * CPU engine's threads do not survive a fork. */
TCase *cuda_engine_case(const char *name);
int run_cuda_engine_case(TCase *c);

engine_config small_config(void);
engine *make_engine(const engine_api *api, const engine_config *config);

/* Trains that many steps and waits for their metrics. */
void train_steps(const engine_api *api, engine *e, uint32_t steps, engine_step *out);

/* Makes a run with a new engine: returns the metrics of `steps` steps, and the parameters after
 * them. */
void run_steps(const engine_api *api, const engine_config *config, uint32_t steps, engine_step *out,
               float *parameters);

/* Expects the same steps and samples, and losses that differ by at most `tolerance`, relative to
 * those of `b`. */
void expect_close_steps(const engine_step *a, const engine_step *b, uint32_t count,
                        double tolerance);

/* All eight tensors [LENET_PARAMETERS]; `prefix` is "" or "gradient/". */
void read_tensors(const engine_api *api, engine *e, const char *prefix, float *out);

#endif
