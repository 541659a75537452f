/* What the tests of the whole CUDA engine on the harness share: two small data sets, and runs on
 * them. */
#ifndef CUDA_ENGINE_FIXTURE_H
#define CUDA_ENGINE_FIXTURE_H

#include "cuda_state.h"
#include "sample_data.h"

extern const engine_api engine_cuda;
extern const engine_api engine_cpu;

/* As small as can be: on the harness a sample is slow. Two steps an epoch, of 3 samples and of 1.
 */
enum { TRAINING = 4, VALIDATION = 2, BATCH = 3 };

extern engine_data training;
extern engine_data validation;

/* Of every test. The device has to have all its memory back at its end. */
void set_up(void);
void tear_down(void);

engine_config small_config(void);
engine *make_engine(const engine_api *api, const engine_config *config);

/* Trains so many steps and waits for their metrics. */
void train_steps(const engine_api *api, engine *e, uint32_t steps, engine_step *out);

#endif
