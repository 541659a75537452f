/* What the tests of the whole CUDA engine on the harness share: two small data sets, and runs on
 * them. */
#ifndef CUDA_ENGINE_FIXTURE_H
#define CUDA_ENGINE_FIXTURE_H

#include <check.h>

#include "cuda_state.h"
#include "engine_tables.h"
#include "sample_data.h"

/* As small as can be: on the harness a sample is slow. Two steps an epoch, of 3 samples and of
 * 1. */
enum { TRAINING = 4, VALIDATION = 2, BATCH = 3 };

extern engine_data training;
extern engine_data validation;

/* A case whose tests each start with a device as new and the data sets, and must have given back
 * all of its memory at their end; and main's end, which runs it in one process: the CPU engine's
 * threads do not survive a fork. */
TCase *cuda_engine_case(const char *name);
int run_cuda_engine_case(TCase *c);

engine_config small_config(void);
engine *make_engine(const engine_api *api, const engine_config *config);

/* Trains so many steps and waits for their metrics. */
void train_steps(const engine_api *api, engine *e, uint32_t steps, engine_step *out);

/* A run of an engine of its own: the metrics of `steps` steps, and the parameters behind them. */
void run_steps(const engine_api *api, const engine_config *config, uint32_t steps, engine_step *out,
               float *parameters);

/* Same steps, same samples, and losses that differ by `tolerance`, relative to those of `b`. */
void expect_close_steps(const engine_step *a, const engine_step *b, uint32_t count,
                        double tolerance);

/* All eight tensors [LENET_PARAMETERS]; `prefix` is "" or "gradient/". */
void read_tensors(const engine_api *api, engine *e, const char *prefix, float *out);

#endif
