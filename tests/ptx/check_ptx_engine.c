/* Steps and evaluations of the CUDA engine on nvcc's PTX have the same bits as the same sources
 * compiled for the host, in each precision.
 *
 * check_ptx_engine NAME makes only the run of that name. */
#include <stdlib.h>
#include <string.h>

#include "cuda_engine_fixture.h"
#include "cuda_host.h"
#include "ptx_launcher.h"

static const engine_api *const api = &engine_cuda;

enum { MOST_STEPS = 3 };

typedef struct data_shape {
    uint32_t training;
    uint32_t batch;
    uint32_t steps;
} data_shape;

/* Steps of 3 samples, of 1, and of 3 in the second epoch. */
static const data_shape small = {TRAINING, BATCH, MOST_STEPS};
/* More samples than a tensor-core fragment has rows. */
static const data_shape long_batch = {17, 17, 1};

static const struct {
    const char *name;
    const data_shape *shape;
    const char *dense1;
    engine_precision precision;
    uint32_t micro_batch;
} runs[] = {
    {"fp32", &small, "own", ENGINE_FP32, 0},
    {"tf32", &small, "own", ENGINE_TF32, 0},
    {"bf16", &small, "own", ENGINE_BF16, 0},
    {"long_batch", &long_batch, "own", ENGINE_TF32, 0},
    /* Two micro-batches; the second one of the short batch is empty. */
    {"micro_batches", &small, "own", ENGINE_BF16, 2},
    /* In both runs the harness computes cuBLAS' products. */
    {"cublas", &small, "cublas", ENGINE_TF32, 0},
};

/* The limit of a block on sm_86 and sm_89. Every run stays within it. */
enum { SMALL_CARD_SHARED_BYTES = 99 << 10 };

enum { RUNS = sizeof runs / sizeof *runs };

/* All results of a run. */
typedef struct outcome {
    engine_step steps[MOST_STEPS];
    engine_result validation;
    engine_histogram weights;
    engine_histogram conv1;
    engine_histogram gradient;
    size_t state_bytes;
    unsigned char *state; /* parameters, moments, step */
    uint64_t launches;
} outcome;

static outcome run_engine(int run, cuda_host_launcher *launcher)
{
    outcome out = {0};
    engine_config config = small_config();
    config.batch_size = runs[run].shape->batch;
    config.precision = runs[run].precision;
    config.micro_batch = runs[run].micro_batch;
    sample_data_free(&training);
    training = sample_data(runs[run].shape->training, 1);
    setenv("LENET_DENSE1", runs[run].dense1, 1);
    setenv("LENET_DEVICE_MEMORY", "parts", 1); /* so that each array has its own bounds */
    cuda_host_set_shared_memory(SMALL_CARD_SHARED_BYTES);
    cuda_host_set_launcher(launcher);
    const uint64_t launches = cuda_host_launches();
    engine *e = make_engine(api, &config);
    train_steps(api, e, runs[run].shape->steps, out.steps);
    ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &out.validation, NULL), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "dense1/kernel", &out.weights), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "activation/conv1", &out.conv1), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "gradient/dense1/kernel", &out.gradient), ENGINE_OK);
    out.state_bytes = api->state_bytes(e);
    out.state = malloc(out.state_bytes);
    ck_assert_ptr_nonnull(out.state);
    ck_assert_int_eq(api->export_state(e, out.state, out.state_bytes), ENGINE_OK);
    api->destroy(e);
    out.launches = cuda_host_launches() - launches;
    return out;
}

static void expect_same_steps(const outcome *a, const outcome *b, uint32_t steps)
{
    for (uint32_t s = 0; s < steps; s++) {
        ck_assert_uint_eq(a->steps[s].step, b->steps[s].step);
        ck_assert_uint_eq(a->steps[s].correct, b->steps[s].correct);
        ck_assert_uint_eq(a->steps[s].samples, b->steps[s].samples);
        ck_assert_mem_eq(&a->steps[s].loss_sum, &b->steps[s].loss_sum, sizeof(double));
    }
}

START_TEST(steps_have_the_bits_of_the_host)
{
    const outcome host = run_engine(_i, NULL);
    const outcome ptx = run_engine(_i, ptx_launcher);
    expect_same_steps(&host, &ptx, runs[_i].shape->steps);
    ck_assert_mem_eq(&host.validation.loss_sum, &ptx.validation.loss_sum, sizeof(double));
    ck_assert_uint_eq(host.validation.correct, ptx.validation.correct);
    ck_assert_mem_eq(&host.weights, &ptx.weights, sizeof host.weights);
    ck_assert_mem_eq(&host.conv1, &ptx.conv1, sizeof host.conv1);
    ck_assert_mem_eq(&host.gradient, &ptx.gradient, sizeof host.gradient);
    ck_assert_uint_eq(host.state_bytes, ptx.state_bytes);
    ck_assert_mem_eq(host.state, ptx.state, host.state_bytes);
    ck_assert_uint_eq(host.launches, ptx.launches);
    free(host.state);
    free(ptx.state);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *c = cuda_engine_case("steps on PTX");
    for (int run = 0; run < RUNS; run++) {
        if (argc < 2 || strcmp(argv[1], runs[run].name) == 0) {
            tcase_add_loop_test(c, steps_have_the_bits_of_the_host, run, run + 1);
        }
    }
    return run_cuda_engine_case(c);
}
