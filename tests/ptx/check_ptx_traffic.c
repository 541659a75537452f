/* Counts the kernels' memory traffic while nvcc's code is executed. The loads and stores of each
 * launch may use only few more sectors of 32 bytes, and few more wavefronts of shared memory, than
 * their bytes need. Every kernel of the PTX is launched.
 *
 * check_ptx_traffic --counts [SAMPLES [KERNEL]] prints the counts instead of checking them, for
 * steps of SAMPLES samples. For KERNEL it also prints those of each instruction that accesses
 * memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_engine_fixture.h"
#include "ptx_launcher.h"
#include "ptx_operations.h"

static const engine_api *const api = &engine_cuda;

enum { PERCENT = 120 };

static uint32_t samples = 16; /* of a step; --counts may set another number */

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};

enum { PRECISIONS = sizeof precisions / sizeof *precisions };

/* The kinds of traffic that are counted. */
typedef enum count_kind { LOADS, STORES, SHARED, COUNTS } count_kind;

static const struct {
    const char *what;
    const char *unit;
} kinds[COUNTS] = {
    {"loads", "sectors"},
    {"stores", "sectors"},
    {"shared memory", "wavefronts"},
};

static const ptx_count *count_of(const ptx_kernel_traffic *k, count_kind kind)
{
    return kind == SHARED ? &k->traffic.shared
                          : &k->traffic.global[kind == LOADS ? PTX_LOAD : PTX_STORE];
}

/* Exempt kernels, which use more: percent of the least, and the reason. A kernel that no longer
 * needs its exemption fails the test. */
static const struct exemption {
    const char *kernel; /* in all precisions */
    count_kind kind;
    uint64_t percent;
    const char *reason;
} exemptions[] = {
    {"dense1_gradient", SHARED, 134, "samples that a warp reads lie in the same banks"},
    {"dense1_forward", SHARED, 150, "samples that a warp reads lie in the same banks"},
    {"dense1_backward", SHARED, 124, "a warp's samples lie in the same banks"},
    {"head", LOADS, 703, "a warp reads columns of dense2's kernel: 5 KB, which stay in L1"},
    {"order_keys", STORES, 400, "a thread makes the four keys of a block of Philox; once an epoch"},
    {"histogram_parts", SHARED, 384, "a thread's sums lie together; only for histograms"},
    {"histogram_limits", LOADS, 398, "a part's sums lie together; only for histograms"},
    {"histogram_limits", SHARED, 384, "a thread's sums lie together; only for histograms"},
};

enum { EXEMPTIONS = sizeof exemptions / sizeof *exemptions };

static engine_config config_of(engine_precision precision)
{
    engine_config config = small_config();
    config.batch_size = samples;
    config.precision = precision;
    sample_data_free(&training);
    training = sample_data(samples, 1);
    return config;
}

static void train_one_step(const engine_config *config)
{
    engine_step step;
    engine *e = make_engine(api, config);
    train_steps(api, e, 1, &step);
    api->destroy(e);
}

static void train_whole(engine_precision precision)
{
    const engine_config config = config_of(precision);
    train_one_step(&config);
}

static void train_micro_batches(engine_precision precision)
{
    engine_config config = config_of(precision);
    config.micro_batch = samples / 2;
    train_one_step(&config);
}

static void train_with_cublas(engine_precision precision)
{
    setenv("LENET_DENSE1", "cublas", 1);
    train_whole(precision);
    unsetenv("LENET_DENSE1");
}

static void evaluate_and_read(engine_precision precision)
{
    engine_config config = config_of(precision);
    engine_step step;
    engine_result result;
    engine_histogram histogram;
    engine *e = make_engine(api, &config);
    train_steps(api, e, 1, &step);
    ptx_launcher_count_traffic(); /* drops the step's counts */
    ck_assert_int_eq(api->evaluate(e, ENGINE_TRAINING, &result, NULL), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "activation/conv1", &histogram), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "gradient/dense1/kernel", &histogram), ENGINE_OK);
    api->destroy(e);
}

static void take_gradient(engine_precision precision)
{
    static float gradient[LENET_PARAMETERS];
    const engine_config config = config_of(precision);
    engine *e = make_engine(api, &config);
    ck_assert_int_eq(api->gradient(e, 0, samples, gradient), ENGINE_OK);
    api->destroy(e);
}

static const struct work {
    const char *name;
    void (*run)(engine_precision precision);
} works[] = {
    {"a step", train_whole},
    {"a step of two micro-batches", train_micro_batches},
    {"a step with cuBLAS", train_with_cublas},
    {"evaluation, histograms", evaluate_and_read},
    {"a gradient alone", take_gradient},
};

enum { WORKS = sizeof works / sizeof *works };

static bool prints;          /* instead of checking */
static const char *detailed; /* the kernel whose instructions are printed, or NULL */

static void print_count(const char *what, const ptx_count *count)
{
    if (count->requests > 0) {
        printf("    %-14s %9llu requests %11llu bytes %9llu used %9llu least %4.0f %%\n", what,
               (unsigned long long)count->requests, (unsigned long long)count->bytes,
               (unsigned long long)count->used, (unsigned long long)count->least,
               100.0 * (double)count->used / (double)count->least);
    }
}

static void print_instructions(const ptx_kernel_traffic *k)
{
    for (uint32_t i = 0; i < k->kernel->code_count; i++) {
        const ptx_instruction *in = &k->kernel->code[i];
        char what[128];
        snprintf(what, sizeof what, "%s:%u %s", k->kernel->file, in->line, in->operation->name);
        print_count(what, &k->traffic.by_instruction[i]);
    }
}

static void print_counts(const ptx_kernel_traffic *kernels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const ptx_kernel_traffic *k = &kernels[i];
        printf("  %s, %llu launches\n", k->name, (unsigned long long)k->launches);
        for (count_kind kind = 0; kind < COUNTS; kind++) {
            print_count(kinds[kind].what, count_of(k, kind));
        }
        if (detailed != NULL && strncmp(k->name, detailed, strlen(detailed)) == 0) {
            print_instructions(k);
        }
    }
}

static const struct exemption *exemption_of(const char *kernel, count_kind kind)
{
    for (size_t i = 0; i < EXEMPTIONS; i++) {
        const size_t length = strlen(exemptions[i].kernel);
        if (exemptions[i].kind == kind && strncmp(exemptions[i].kernel, kernel, length) == 0 &&
            (kernel[length] == '\0' || kernel[length] == '<')) {
            return &exemptions[i];
        }
    }
    return NULL;
}

/* The exemptions that a launch needed. */
static bool needed[EXEMPTIONS];

static void expect_little(const ptx_kernel_traffic *k, count_kind kind)
{
    const ptx_count *c = count_of(k, kind);
    const struct exemption *exempted = exemption_of(k->name, kind);
    const uint64_t percent = exempted == NULL ? PERCENT : exempted->percent;
    ck_assert_msg(100 * c->used <= percent * c->least,
                  "%s: %s: %llu %s, more than %llu %% of the %llu needed", k->name,
                  kinds[kind].what, (unsigned long long)c->used, kinds[kind].unit,
                  (unsigned long long)percent, (unsigned long long)c->least);
    if (exempted != NULL && 100 * c->used > PERCENT * c->least) {
        needed[exempted - exemptions] = true;
    }
}

START_TEST(memory_is_asked_for_little_more_than_the_bytes)
{
    const struct work *work = &works[_i / PRECISIONS];
    const engine_precision precision = precisions[_i % PRECISIONS];
    ptx_launcher_count_traffic();
    work->run(precision);
    size_t count;
    const ptx_kernel_traffic *kernels = ptx_launcher_traffic(&count);
    ck_assert_uint_gt(count, 0);
    if (prints) {
        printf("%s of %u samples in %s\n", work->name, samples, engine_precision_name(precision));
        print_counts(kernels, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        for (count_kind kind = 0; kind < COUNTS; kind++) {
            expect_little(&kernels[i], kind);
        }
    }
}
END_TEST

START_TEST(every_kernel_was_launched)
{
    const char *missed = ptx_launcher_never_counted();
    ck_assert_msg(missed == NULL, "%s: no work launches it", missed);
}
END_TEST

START_TEST(exemptions_are_still_needed)
{
    for (size_t i = 0; i < EXEMPTIONS; i++) {
        ck_assert_msg(needed[i], "%s: its %s need no exemption any more (%s)", exemptions[i].kernel,
                      kinds[exemptions[i].kind].what, exemptions[i].reason);
    }
}
END_TEST

int main(int argc, char **argv)
{
    prints = argc > 1 && strcmp(argv[1], "--counts") == 0;
    if (prints && argc > 2) {
        samples = (uint32_t)strtoul(argv[2], NULL, 10);
        if (samples == 0) {
            fprintf(stderr, "Usage: check_ptx_traffic [--counts [SAMPLES [KERNEL]]]\n");
            return 2;
        }
    }
    detailed = prints && argc > 3 ? argv[3] : NULL;
    TCase *c = cuda_engine_case("traffic");
    tcase_add_loop_test(c, memory_is_asked_for_little_more_than_the_bytes, 0, WORKS * PRECISIONS);
    if (!prints) {
        tcase_add_test(c, every_kernel_was_launched);
        tcase_add_test(c, exemptions_are_still_needed);
    }
    return run_cuda_engine_case(c);
}
