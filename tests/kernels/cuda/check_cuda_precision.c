/* Tests every launch of the CUDA engine's steps, evaluations and predictions, in each precision,
 * with our own kernels and with cuBLAS, with whole batches and micro-batches. Each launch must use
 * the run's precision and the right samples and parameters, and its results must reach the
 * gradients, the update and the metrics.
 *
 * The oracles of cuda_oracle.h get the contents of the engine's memory after a step. So every link
 * of the chain from the images to the new parameters is checked: sums to the rounding of fp32,
 * copies and Adam's update to the bit. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_adam.h"
#include "cuda_engine_fixture.h"
#include "cuda_oracle.h"

static const engine_api *const api = &engine_cuda;

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};
static const char *const dense1_choices[] = {"own", "cublas"};

enum { PRECISIONS = 3, CHOICES = 2, MOST_FLOATS = LENET_FLAT * LENET_DENSE1 };

/* [precision]: the expected results of a launch. */
static double expected[PRECISIONS][MOST_FLOATS];
static double absolute[MOST_FLOATS];

static double *expected_in(engine_precision precision)
{
    size_t p = 0;
    while (precisions[p] != precision) {
        p++;
    }
    return expected[p];
}

/* The root of the sum of squared differences. */
static double apart(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sqrt(sum);
}

/* Expects that a product was computed in `precision` and no other: over all values, the result must
 * be CLOSER times closer to that precision's oracle than the other oracles are.
 *
 * Rounding to tf32 gives a factor a relative error of up to 2^-11, uniformly distributed. A product
 * of two such factors has a relative rms error of at most sqrt(2/3) 2^-11, and of about 2^-12 on
 * average over the mantissas. The errors of a sum's products are independent, so the sum's error is
 * 2^-12 R, where R is the root of the sum of the products' squares. In bf16 it is 8 times that. So
 * two oracles are at least 2^-12 R apart. The engine's fp32 sum of T products makes T roundings,
 * each of at most 2^-24 of a partial sum. The products' signs are mixed, so a partial sum is of the
 * size of R, and the error is 2^-24 sqrt(T) R. T is at most 1800, in the convolutions' gradients of
 * 3 samples. That makes 2^-18.6 R, which is 96 times less. A partial sum may be 2 R, which leaves
 * 48. */
static void expect_precision(const char *what, engine_precision precision, const double *values,
                             size_t count)
{
    enum { CLOSER = 48 };
    const double *own = expected_in(precision);
    const double error = apart(values, own, count);
    for (size_t p = 0; p < PRECISIONS; p++) {
        if (precisions[p] == precision) {
            continue;
        }
        const double between = apart(expected[p], own, count);
        if (getenv("SHOW_ERRORS") != NULL) {
            printf("%s: %s is %.0f times closer to it than %s\n", what,
                   engine_precision_name(precision), between / error,
                   engine_precision_name(precisions[p]));
        }
        ck_assert_msg(CLOSER * error <= between && between > 0,
                      "%s: %.3g from %s, which is %.3g from %s", what, error,
                      engine_precision_name(precision), between,
                      engine_precision_name(precisions[p]));
    }
}

/* As doubles; freed by the caller. */
static double *as_doubles(const float *from, size_t count)
{
    double *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    round_all(values, from, count, ENGINE_FP32);
    return values;
}

static void expect_precision_of_floats(const char *what, engine_precision precision,
                                       const float *floats, size_t count)
{
    double *values = as_doubles(floats, count);
    expect_precision(what, precision, values, count);
    free(values);
}

/* An engine's run, and a view of its last step for the oracles: the last micro-batch that has
 * samples, whose activations are in memory, and the parameters before the update. */
typedef struct traced_run {
    engine *e;
    engine_precision precision;
    engine_step step;
    adam_state before;
    cuda_progress progress; /* before the update */
    cuda_fixture view;
} traced_run;

static engine_config config_of(int test, uint32_t micro_batch)
{
    engine_config config = small_config();
    config.precision = precisions[test / CHOICES];
    config.micro_batch = micro_batch;
    setenv("LENET_DENSE1", dense1_choices[test % CHOICES], 1);
    return config;
}

static traced_run start_run(int test, uint32_t micro_batch)
{
    const engine_config config = config_of(test, micro_batch);
    traced_run run = {.precision = config.precision};
    run.e = make_engine(api, &config);
    ck_assert_int_eq(api->planned(run.e)->precision, config.precision);
    return run;
}

static void end_run(traced_run *run)
{
    free_state(&run->before);
    api->destroy(run->e);
}

static cuda_fixture view_of(const engine *e, engine_set set, const cuda_activations *a)
{
    const cuda_data *data = &e->memory.data[set];
    return (cuda_fixture){
        .batch = {.images = data->images,
                  .labels = data->labels,
                  .count = data->count,
                  .batch_size = e->config.batch_size,
                  .seed = e->config.seed},
        .a = *a,
        .p = e->memory.parameters,
        .adam = cuda_adam_of(&e->config),
        .images = data->images,
        .labels = data->labels,
    };
}

/* All steps are in the first epoch. */
static void train_step(traced_run *run)
{
    const engine *e = run->e;
    cuda_fixture *view = &run->view;
    free_state(&run->before);
    *view = view_of(e, ENGINE_TRAINING, &e->memory.training);
    run->before = copy_state(view);
    run->progress.step = e->made;
    train_steps(api, run->e, 1, &run->step);
    view->p.values = run->before.values;
    view->progress = &run->progress;
    view->order = e->memory.order;
    view->total = run->step.samples;
    view->batch.micro_index = (view->total - 1) / e->memory.capacity;
    view->begin = view->batch.micro_index * e->memory.capacity;
    view->n = view->total - view->begin;
    view->batch.order = view->order;
    view->batch.first = (uint32_t)run->progress.step * BATCH;
    view->batch.capacity = e->memory.capacity;
    view->batch.dropout = true;
}

/* Compares the engine's partial sums of all samples with those of all precisions. */
static void compare_dense1(const cuda_fixture *f, uint32_t splits, engine_precision precision)
{
    compare_dense1_sums(f, splits, precision);
    const size_t count = (size_t)splits * f->n * 128;
    float *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t p = 0; p < PRECISIONS; p++) {
        expected_dense1_sums(f, splits, precisions[p], expected[p], absolute);
    }
    for (size_t split = 0; split < splits; split++) {
        memcpy(values + split * f->n * 128, f->a.partial + split * f->batch.capacity * 128,
               (size_t)f->n * 128 * sizeof *values);
    }
    expect_precision_of_floats("sums of dense1", precision, values, count);
    free(values);
}

static void compare_forward(const cuda_fixture *f, uint32_t splits, engine_precision precision)
{
    for (size_t p = 0; p < PRECISIONS; p++) {
        expected_pooled(f, precisions[p], expected[p]);
    }
    expect_precision_of_floats("pooled", precision, f->a.pooled, (size_t)f->n * LENET_FLAT);
    compare_pooled(f, precision);
    compare_dense1(f, splits, precision);
    for (uint32_t i = 0; i < f->n; i++) {
        compare_head(f, i, splits);
    }
}

static void compare_pooled_gradients(const cuda_fixture *f, engine_precision precision)
{
    for (size_t p = 0; p < PRECISIONS; p++) {
        expected_pooled_gradient(f, precisions[p], expected[p], absolute);
    }
    expect_precision_of_floats("gradient of pooled", precision, f->a.pooled_gradient,
                               (size_t)f->n * LENET_FLAT);
    compare_pooled_gradient(f, precision);
}

/* The gradients of the same step in one or two runs, which are compared with the same oracles. */
typedef struct run_gradients {
    size_t count;
    float of[2][LENET_PARAMETERS];
} run_gradients;

static void compare_kernel_gradient(const cuda_fixture *f, engine_precision precision,
                                    const run_gradients *gradients)
{
    for (size_t p = 0; p < PRECISIONS; p++) {
        expected_kernel_gradient(f, precisions[p], expected[p], absolute);
    }
    double *own = expected_in(precision);
    expected_kernel_gradient(f, precision, own, absolute);
    for (size_t run = 0; run < gradients->count; run++) {
        const float *gradient = gradients->of[run] + LENET_DENSE1_KERNEL_AT;
        expect_precision_of_floats("gradient of dense1's kernel", precision, gradient, MOST_FLOATS);
        for (size_t e = 0; e < MOST_FLOATS; e++) {
            expect_near("gradient of dense1's kernel", e, (double)gradient[e], own[e],
                        sum_bound(f->n + 1, absolute[e]));
        }
    }
}

/* One convolution's, whose oracles are in `expected`, from parameter `at` on. */
static void compare_conv(const cuda_fixture *f, const char *what, engine_precision precision,
                         const run_gradients *gradients, size_t at, const double *bounds,
                         size_t count)
{
    const double *own = expected_in(precision);
    for (size_t run = 0; run < gradients->count; run++) {
        const float *gradient = gradients->of[run] + at;
        expect_precision_of_floats(what, precision, gradient, count);
        for (size_t e = 0; e < count; e++) {
            expect_near(what, e, (double)gradient[e], own[e], conv_sum_bound(f->n, bounds[e]));
        }
    }
}

static void compare_conv_gradients(const cuda_fixture *f, engine_precision precision,
                                   const run_gradients *gradients)
{
    static conv_sums sums[PRECISIONS];
    static conv_sums bounds;
    for (size_t p = 0; p < PRECISIONS; p++) {
        expected_conv_sums(f, precisions[p], &sums[p], precisions[p] == precision ? &bounds : NULL);
        memcpy(expected[p], sums[p].conv2, sizeof sums[p].conv2);
    }
    compare_conv(f, "gradient of conv2", precision, gradients, LENET_CONV2_KERNEL_AT, bounds.conv2,
                 CONV2_SUMS);
    for (size_t p = 0; p < PRECISIONS; p++) {
        memcpy(expected[p], sums[p].conv1, sizeof sums[p].conv1);
    }
    compare_conv(f, "gradient of conv1", precision, gradients, LENET_CONV1_KERNEL_AT, bounds.conv1,
                 CONV1_SUMS);
}

/* These are fp32 in every precision. The terms are below 1. */
static void compare_head_gradients(const cuda_fixture *f, const run_gradients *gradients)
{
    double sums[HEAD_SUMS] = {0};
    add_head_sums(f, sums);
    for (size_t e = 0; e < HEAD_SUMS; e++) {
        const size_t at = e < 1290 ? LENET_DENSE2_KERNEL_AT + e : LENET_DENSE1_BIAS_AT + e - 1290;
        for (size_t run = 0; run < gradients->count; run++) {
            expect_near("gradient of the head", e, (double)gradients->of[run][at], sums[e],
                        sum_bound(f->n, f->n));
        }
    }
}

/* Compares a run's update with that of its gradients, to the bit, and its metrics. `all` has all of
 * the step's samples. */
static void compare_update(traced_run *run, const cuda_fixture *all, const float *gradients)
{
    double loss = 0;
    uint32_t correct = 0;
    ck_assert_uint_eq(all->n, run->step.samples);
    cpu_update(&run->before, &run->view, run->step.step, gradients, 0, LENET_PARAMETERS);
    run->view.p = run->e->memory.parameters;
    expect_same_state(&run->view, &run->before);
    for (uint32_t i = 0; i < all->n; i++) {
        loss += (double)all->a.loss[i];
        correct += all->a.correct[i];
    }
    ck_assert(fabs(run->step.loss_sum - loss) <= 1e-12 * loss);
    ck_assert_uint_eq(run->step.correct, correct);
}

/* Compares the gradients and updates of runs that trained the same step. The first run's view has
 * all samples. */
static void compare_gradients_and_updates(traced_run *const *runs, size_t count)
{
    static run_gradients gradients;
    const cuda_fixture all = runs[0]->view;
    const engine_precision precision = runs[0]->precision;
    gradients.count = count;
    for (size_t run = 0; run < count; run++) {
        read_tensors(api, runs[run]->e, "gradient/", gradients.of[run]);
    }
    compare_kernel_gradient(&all, precision, &gradients);
    compare_conv_gradients(&all, precision, &gradients);
    compare_head_gradients(&all, &gradients);
    for (size_t run = 0; run < count; run++) {
        compare_update(runs[run], &all, gradients.of[run]);
    }
}

/* A sample's activations, and its gradients back to pooled, do not depend on the other samples. */
static void expect_same_activations(const cuda_fixture *part, const cuda_fixture *whole)
{
    const size_t at = part->begin;
    const size_t n = part->n;
    ck_assert_mem_eq(part->a.pooled, whole->a.pooled + at * LENET_FLAT,
                     n * LENET_FLAT * sizeof(float));
    ck_assert_mem_eq(part->a.preactivation_gradient, whole->a.preactivation_gradient + at * 128,
                     n * 128 * sizeof(float));
    ck_assert_mem_eq(part->a.pooled_gradient, whole->a.pooled_gradient + at * LENET_FLAT,
                     n * LENET_FLAT * sizeof(float));
}

/* The validation set in its stored order, dropout off. */
static cuda_fixture view_of_evaluation(const engine *e)
{
    static uint32_t as_they_lie[VALIDATION] = {0, 1};
    static cuda_progress none;
    cuda_fixture view = view_of(e, ENGINE_VALIDATION, &e->memory.evaluation);
    view.order = as_they_lie;
    view.progress = &none;
    view.n = view.total = VALIDATION;
    view.batch.capacity = CUDA_EVALUATION_BATCH;
    return view;
}

static void compare_evaluation(const traced_run *run)
{
    engine_result result;
    uint8_t predicted[VALIDATION];
    double loss = 0;
    cuda_fixture view = view_of_evaluation(run->e);
    ck_assert_int_eq(api->evaluate(run->e, ENGINE_VALIDATION, &result, predicted), ENGINE_OK);
    view.a.predicted = predicted;
    compare_forward(&view, run->e->memory.evaluation_splits, run->precision);
    for (uint32_t i = 0; i < VALIDATION; i++) {
        loss += (double)view.a.loss[i];
    }
    ck_assert(fabs(result.loss_sum - loss) <= 1e-12 * loss);
}

static void compare_prediction(const traced_run *run)
{
    float probabilities[VALIDATION * LENET_CLASSES];
    cuda_fixture view = view_of_evaluation(run->e);
    memset(view.a.pooled, 0xff, sizeof(float) * VALIDATION * LENET_FLAT); /* NaN */
    ck_assert_int_eq(api->predict(run->e, validation.images, VALIDATION, probabilities), ENGINE_OK);
    view.a.loss = NULL; /* predictions have no loss */
    compare_forward(&view, run->e->memory.evaluation_splits, run->precision);
    ck_assert_mem_eq(probabilities, view.a.softmax, sizeof probabilities);
}

static void train_and_compare(traced_run *run)
{
    train_step(run);
    compare_forward(&run->view, run->e->memory.training_splits, run->precision);
    compare_pooled_gradients(&run->view, run->precision);
}

/* A step of 3 samples, whole and in micro-batches; then one of 1 sample, whose second micro-batch
 * is empty; then evaluation and prediction. */
START_TEST(every_launch_is_in_the_runs_precision)
{
    traced_run whole = start_run(_i, 0);
    traced_run parts = start_run(_i, 2);
    train_and_compare(&whole);
    train_and_compare(&parts);
    expect_same_activations(&parts.view, &whole.view);
    compare_gradients_and_updates((traced_run *const[]){&whole, &parts}, 2);

    train_and_compare(&parts);
    compare_gradients_and_updates((traced_run *const[]){&parts}, 1);

    compare_evaluation(&whole);
    compare_prediction(&whole);
    end_run(&parts);
    end_run(&whole);
}
END_TEST

int main(void)
{
    TCase *c = cuda_engine_case("every precision");
    tcase_add_loop_test(c, every_launch_is_in_the_runs_precision, 0, PRECISIONS * CHOICES);
    return run_cuda_engine_case(c);
}
