/* Tests what only the CPU engine has: threads and instruction sets, and that a step allocates no
 * memory and touches no new page. The linker sends every allocation of the engine through the
 * counters below. */
#define _GNU_SOURCE /* sched_setaffinity */
#include <check.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "check_main.h"
#include "cpu_kernels.h"
#include "engine.h"
#include "sample_data.h"
#include "thread_pool.h"

static atomic_uint allocations;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    allocations++;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    allocations++;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *memory, size_t bytes)
{
    allocations++;
    return __real_realloc(memory, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    allocations++;
    return __real_aligned_alloc(alignment, bytes);
}

/* With whole batches and with micro-batches. */
START_TEST(training_and_evaluation_take_no_memory)
{
    engine_data training = sample_data(40, 1);
    engine_data validation = sample_data(9, 2);
    engine_config config = engine_config_defaults();
    config.batch_size = 16;
    config.micro_batch = _i == 0 ? 0 : 5;
    config.threads = 2;
    char message[200];
    engine *e = NULL;
    const engine_api *api = engine_find("cpu");
    const unsigned before = allocations;
    const engine_status made =
        api->create(&e, &config, &training, &validation, message, sizeof message);
    ck_assert_int_eq(made, ENGINE_OK);
    ck_assert_uint_gt(allocations, before); /* the counters work */
    engine_step steps[7];
    engine_result result;
    engine_histogram histogram;
    size_t count = 0;
    /* Check's assertions allocate, so there is none between the two counts. */
    const unsigned created = allocations;
    const engine_status trained = api->train(e, 7, NULL);
    const engine_status polled = api->poll(e, steps, 7, &count, true);
    const engine_status evaluated = api->evaluate(e, ENGINE_VALIDATION, &result, NULL);
    const engine_status read = api->read_histogram(e, "gradient/dense1/kernel", &histogram);
    const unsigned afterwards = allocations;
    ck_assert_int_eq(trained, ENGINE_OK);
    ck_assert_int_eq(polled, ENGINE_OK);
    ck_assert_int_eq(evaluated, ENGINE_OK);
    ck_assert_int_eq(read, ENGINE_OK);
    ck_assert_uint_eq(afterwards, created);
    api->destroy(e);
    sample_data_free(&training);
    sample_data_free(&validation);
}
END_TEST

/* One page fault per step, or one sleep per task, would make hundreds; the system itself causes a
 * few. In each phase of a step a thread may sleep once, and once more if it wakes while another has
 * the lock. */
#ifndef __SANITIZE_THREAD__
START_TEST(a_step_takes_no_page_and_sleeps_no_more_than_its_phases)
{
    enum { STEPS = 200, WARM_UP = 20, THREADS = 2, PHASES = 6 };
    engine_data data = sample_data(64, 1);
    engine_config config = engine_config_defaults();
    config.batch_size = 4;
    config.threads = THREADS;
    char message[200];
    struct rusage before;
    struct rusage after;
    engine *e = NULL;
    const engine_api *api = engine_find("cpu");
    ck_assert_int_eq(api->create(&e, &config, &data, &data, message, sizeof message), ENGINE_OK);
    ck_assert_int_eq(api->train(e, WARM_UP, NULL), ENGINE_OK);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
    const engine_status trained = api->train(e, STEPS, NULL);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
    ck_assert_int_eq(trained, ENGINE_OK);
    ck_assert_int_lt(after.ru_minflt - before.ru_minflt, STEPS / 4);
    ck_assert_int_lt(after.ru_majflt - before.ru_majflt, STEPS / 4);
    ck_assert_int_le(after.ru_nvcsw - before.ru_nvcsw, STEPS * PHASES * 2 * THREADS);
    api->destroy(e);
    sample_data_free(&data);
}
END_TEST

/* Limits the calling thread, and all threads that it starts, to two processors. */
static void take_two_processors(const cpu_set_t *all)
{
    cpu_set_t two;
    CPU_ZERO(&two);
    for (unsigned i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; i++) {
        if (CPU_ISSET(i, all)) {
            CPU_SET(i, &two);
        }
    }
    ck_assert_int_eq(sched_setaffinity(0, sizeof two, &two), 0);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

enum { MANY_THREADS = 64, TIMED_STEPS = 30 };

/* Trains with that many threads. Returns the processor time of the steps in seconds. */
static double train_with(uint32_t threads, engine_step steps[TIMED_STEPS])
{
    engine_data data = sample_data(64, 1);
    engine_config config = engine_config_defaults();
    config.batch_size = 16;
    config.threads = threads;
    char message[200];
    size_t count = 0;
    engine *e = NULL;
    const engine_api *api = engine_find("cpu");
    ck_assert_int_eq(api->create(&e, &config, &data, &data, message, sizeof message), ENGINE_OK);
    const double before = cpu_seconds();
    ck_assert_int_eq(api->train(e, TIMED_STEPS, NULL), ENGINE_OK);
    const double seconds = cpu_seconds() - before;
    ck_assert_int_eq(api->poll(e, steps, TIMED_STEPS, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, TIMED_STEPS);
    api->destroy(e);
    sample_data_free(&data);
    return seconds;
}

/* An idle thread polls for work for a while, then sleeps. All threads together usually spend less
 * than twice the time of one; the test allows 8 times. If none slept, it would be some forty
 * times. */
START_TEST(many_threads_on_two_processors_give_the_same_bits_and_do_not_spin)
{
    engine_step expected[TIMED_STEPS];
    engine_step steps[TIMED_STEPS];
    cpu_set_t all;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    take_two_processors(&all);
    const double one = train_with(1, expected);
    const double many = train_with(MANY_THREADS, steps);
    ck_assert_int_eq(sched_setaffinity(0, sizeof all, &all), 0);
    for (size_t i = 0; i < TIMED_STEPS; i++) {
        ck_assert_double_eq(steps[i].loss_sum, expected[i].loss_sum);
        ck_assert_uint_eq(steps[i].correct, expected[i].correct);
    }
    ck_assert_double_lt(many, 8 * one);
}
END_TEST
#endif

enum { TASKS = 1000 };

static void mark(void *context, unsigned task, unsigned worker)
{
    atomic_uint *marks = context;
    ck_assert_uint_lt(worker, 4);
    marks[task]++;
}

START_TEST(the_pool_runs_each_task_once)
{
    static atomic_uint marks[TASKS];
    thread_pool *pool = thread_pool_create(4);
    ck_assert_ptr_nonnull(pool);
    for (unsigned round = 1; round <= 300; round++) {
        const unsigned count = round % 3 == 0 ? TASKS : round % 7;
        memset(marks, 0, sizeof marks);
        thread_pool_run(pool, mark, marks, count);
        for (unsigned task = 0; task < TASKS; task++) {
            ck_assert_uint_eq(marks[task], task < count ? 1 : 0);
        }
    }
    thread_pool_destroy(pool);
    thread_pool_destroy(NULL);
}
END_TEST

START_TEST(a_run_takes_no_copy_of_its_data)
{
    const engine_config config = engine_config_defaults();
    const engine_api *api = engine_find("cpu");
    char message[200];
    engine_plan few;
    engine_plan many;
    ck_assert_int_eq(api->plan(&config, 60000, 1, &few, message, sizeof message), ENGINE_OK);
    ck_assert_int_eq(api->plan(&config, 60000, 10000, &many, message, sizeof message), ENGINE_OK);
    ck_assert_uint_eq(many.memory.total, few.memory.total);
    ck_assert_uint_lt(many.memory.data, 60000 * LENET_IMAGE_PIXELS);
}
END_TEST

START_TEST(the_portable_kernels_are_always_there)
{
    ck_assert_ptr_nonnull(cpu_kernels_find("portable"));
    ck_assert_ptr_nonnull(cpu_kernels_find(NULL));
    ck_assert_ptr_null(cpu_kernels_find("sse9"));
    engine_data data = sample_data(4, 1);
    engine_config config = engine_config_defaults();
    config.batch_size = 2;
    config.isa = "sse9";
    char message[200] = "";
    engine *e = NULL;
    engine_plan plan;
    const engine_api *api = engine_find("cpu");
    ck_assert_int_eq(api->plan(&config, 4, 4, &plan, message, 200), ENGINE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(message, "sse9"));
    ck_assert_int_eq(api->create(&e, &config, &data, &data, message, 200), ENGINE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(message, "sse9"));
    sample_data_free(&data);
}
END_TEST

START_TEST(an_unknown_isa_s_message_lists_those_that_can_be_asked_for)
{
    static const char *const known[] = {"avx512", "avx2", "portable"};
    char expected[200] = "isa 'mmx' is unknown or not for this machine, which has";
    char message[200] = "";
    const char *separator = " ";
    engine_plan plan;
    engine_config config = engine_config_defaults();
    config.isa = "mmx";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (cpu_kernels_find(known[i]) != NULL) {
            const size_t used = strlen(expected);
            snprintf(expected + used, sizeof expected - used, "%s%s", separator, known[i]);
            separator = ", ";
        }
    }
    for (int bf16 = 0; bf16 < 2; bf16++) {
        config.precision = bf16 ? ENGINE_BF16 : ENGINE_FP32;
        ck_assert_int_eq(engine_find("cpu")->plan(&config, 60, 4, &plan, message, sizeof message),
                         ENGINE_UNAVAILABLE);
        ck_assert_str_eq(message, expected);
    }
}
END_TEST

static void expect_unavailable(engine_config config, const char *isa, const char *word)
{
    char message[200] = "";
    engine_plan plan;
    config.isa = isa;
    ck_assert_int_eq(engine_find("cpu")->plan(&config, 4, 4, &plan, message, sizeof message),
                     ENGINE_UNAVAILABLE);
    ck_assert_msg(strstr(message, word) != NULL, "%s", message);
}

static double loss_of_a_step(engine_precision precision)
{
    engine_data data = sample_data(16, 1);
    engine_config config = engine_config_defaults();
    char message[200] = "";
    engine_step step = {0};
    size_t count = 0;
    engine *e = NULL;
    config.batch_size = 16;
    config.threads = 1;
    config.precision = precision;
    const engine_api *api = engine_find("cpu");
    ck_assert_int_eq(api->create(&e, &config, &data, &data, message, sizeof message), ENGINE_OK);
    ck_assert_int_eq(api->train(e, 1, NULL), ENGINE_OK);
    ck_assert_int_eq(api->poll(e, &step, 1, &count, true), ENGINE_OK);
    api->destroy(e);
    sample_data_free(&data);
    return step.loss_sum;
}

/* Only AVX-512's table has bf16, and fp32 is the default. */
START_TEST(bf16_is_computed_where_the_machine_has_it_and_refused_elsewhere)
{
    engine_config config = engine_config_defaults();
    char message[200] = "";
    engine_plan plan;
    config.batch_size = 2;
    const engine_api *api = engine_find("cpu");
    ck_assert_int_eq(api->plan(&config, 4, 4, &plan, message, sizeof message), ENGINE_OK);
    ck_assert_int_eq(plan.precision, ENGINE_FP32);
    config.precision = ENGINE_BF16;
    if (cpu_kernels_find_bf16(NULL) != NULL) {
        ck_assert_int_eq(api->plan(&config, 4, 4, &plan, message, sizeof message), ENGINE_OK);
        ck_assert_int_eq(plan.precision, ENGINE_BF16);
        ck_assert(loss_of_a_step(ENGINE_BF16) != loss_of_a_step(ENGINE_FP32));
    } else {
        expect_unavailable(config, NULL, "AVX512-BF16, which this machine lacks");
    }
    expect_unavailable(config, "portable", "AVX512-BF16, which is not available with isa");
    expect_unavailable(config, "sse9", "isa 'sse9'");
    config.precision = ENGINE_TF32;
    ck_assert_int_eq(api->plan(&config, 4, 4, &plan, message, sizeof message), ENGINE_INVALID);
    ck_assert_ptr_nonnull(strstr(message, "tf32"));
}
END_TEST

/* The worst case for the sparse backward pass: every argmax open, all on one position. */
START_TEST(every_argmax_open_is_no_overflow)
{
    for (size_t i = 0; cpu_kernels_list[i] != NULL; i++) {
        const cpu_kernels *kernels = cpu_kernels_list[i];
        if (!cpu_kernels_usable(kernels)) {
            continue;
        }
        float *conv1 = aligned_alloc(64, LENET_CONV1_FLOATS * sizeof *conv1);
        float *kernel = aligned_alloc(64, CPU_PATCH * LENET_CONV2_CHANNELS * sizeof *kernel);
        float *pooled = aligned_alloc(64, LENET_FLAT * sizeof *pooled);
        float *gradient = aligned_alloc(64, LENET_CONV1_FLOATS * sizeof *gradient);
        uint8_t *argmax = aligned_alloc(64, LENET_FLAT);
        cpu_scratch *scratch = aligned_alloc(64, sizeof *scratch);
        cpu_conv_gradients *sums = aligned_alloc(64, sizeof *sums);
        memset(sums, 0, sizeof *sums);
        memset(argmax, 3, LENET_FLAT);
        for (size_t j = 0; j < LENET_CONV1_FLOATS; j++) {
            conv1[j] = 1;
        }
        for (size_t j = 0; j < CPU_PATCH * LENET_CONV2_CHANNELS; j++) {
            kernel[j] = 1;
        }
        for (size_t j = 0; j < LENET_FLAT; j++) {
            pooled[j] = 0.75f; /* times the dropout's 4/3 it is 1 */
        }
        kernels->conv2_backward(conv1, kernel, pooled, argmax, true, scratch->entries, sums,
                                gradient);
        ck_assert_float_eq(sums->conv2_bias[63], CPU_POSITIONS);
        ck_assert_float_eq(sums->conv2_kernel[0][0], CPU_POSITIONS);
        ck_assert_float_eq(sums->conv2_kernel[63][CPU_PATCH - 1], CPU_POSITIONS);
        /* All argmaxes are the window's output 3, at an odd row and column. Row 0 of conv1 is in no
         * such patch; the last corner is in one, and each of the 64 channels adds 1. */
        ck_assert_float_eq(gradient[0], 0);
        ck_assert_float_eq(gradient[LENET_CONV1_FLOATS - 1], 64);
        free(conv1);
        free(kernel);
        free(pooled);
        free(gradient);
        free(argmax);
        free(scratch);
        free(sums);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu");
    TCase *c = tcase_create("cpu");
    tcase_add_loop_test(c, training_and_evaluation_take_no_memory, 0, 2);
#ifndef __SANITIZE_THREAD__ /* it causes page faults and sleeps itself */
    tcase_add_test(c, a_step_takes_no_page_and_sleeps_no_more_than_its_phases);
    tcase_add_test(c, many_threads_on_two_processors_give_the_same_bits_and_do_not_spin);
#endif
    tcase_add_test(c, the_pool_runs_each_task_once);
    tcase_add_test(c, a_run_takes_no_copy_of_its_data);
    tcase_add_test(c, the_portable_kernels_are_always_there);
    tcase_add_test(c, an_unknown_isa_s_message_lists_those_that_can_be_asked_for);
    tcase_add_test(c, bf16_is_computed_where_the_machine_has_it_and_refused_elsewhere);
    tcase_add_test(c, every_argmax_open_is_no_overflow);
    suite_add_tcase(suite, c);
    return run_suite_without_forks(suite);
}
