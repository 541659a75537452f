/* The proof of an engine: a correct engine passes, and each planted fault is found, also from the
 * losses alone. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "engine_proof.h"
#include "engine_tables.h"
#include "lenet_reference.h"
#include "rounding_bounds.h"
#include "synthetic_digits.h"
#include "wrong_engine.h"

/* The results of one proof's comparisons. */
typedef struct findings {
    unsigned count;
    unsigned beyond; /* those beyond their bounds */
    unsigned losses;
    unsigned losses_beyond;
    double loss_differences[32]; /* [losses] */
    char last_beyond[PROOF_NAME_BYTES];
} findings;

static void hear(void *context, const proof_comparison *comparison)
{
    findings *f = context;
    const bool is_loss = strncmp(comparison->what, "loss", strlen("loss")) == 0;
    const bool is_beyond = !proof_comparison_holds(comparison);
    f->count++;
    f->beyond += is_beyond;
    if (is_beyond) {
        snprintf(f->last_beyond, sizeof f->last_beyond, "%s", comparison->what);
    }
    if (is_loss) {
        f->losses_beyond += is_beyond;
        f->loss_differences[f->losses++] = comparison->difference;
    }
    if (getenv("SHOW_ERRORS") != NULL) {
        printf("%s: %.3g, allowed %.3g\n", comparison->what, comparison->difference,
               comparison->allowed);
    }
}

static findings prove(const engine_api *api, const char *isa, const engine_proof_size *size)
{
    findings found = {0};
    const proof_listener listener = {hear, &found};
    engine_config settings = engine_config_defaults();
    char message[256] = "";
    settings.isa = isa;
    settings.threads = 2;
    const engine_status status =
        engine_proof_make(api, &settings, size, &listener, message, sizeof message);
    ck_assert_msg(status == ENGINE_OK, "%s", message);
    return found;
}

static findings prove_with_fault(engine_fault fault)
{
    engine_api wrong = engine_cpu;
    wrong.create = wrong_engine_create;
    wrong_engine_plant(fault);
    const findings found = prove(&wrong, NULL, &engine_proof_usual_size);
    wrong_engine_plant(FAULT_NONE);
    return found;
}

START_TEST(an_engine_without_a_fault_holds)
{
    enum { INITIAL = LENET_TENSORS, ACTIVATIONS = 4, AFTER_A_STEP = 4 * LENET_TENSORS, COUNTS = 6 };
    const findings found = prove_with_fault(FAULT_NONE);
    ck_assert_uint_eq(found.beyond, 0);
    ck_assert_uint_eq(found.losses, engine_proof_usual_size.steps + 1); /* and the evaluation's */
    ck_assert_uint_eq(found.count - found.losses, INITIAL + ACTIVATIONS + AFTER_A_STEP + COUNTS);
}
END_TEST

/* The largest difference of a loss, as a multiple of its bound. */
static double excess(const findings *found, engine_precision precision)
{
    double most = 0;
    for (unsigned i = 0; i < found->losses; i++) {
        most = fmax(most, found->loss_differences[i] / rounding_bound_of_loss(precision, i + 1));
    }
    return most;
}

/* The coarser precisions' bounds are wider than the effect of the first two faults. */
START_TEST(five_faults_exceed_the_bounds_of_losses_of_any_precision)
{
    const findings found = prove_with_fault((engine_fault)_i);
    for (engine_precision p = ENGINE_FP32; p <= ENGINE_BF16; p++) {
        if (getenv("SHOW_ERRORS") != NULL) {
            printf("%s: %.3g times the bound of %s\n", engine_fault_names[_i], excess(&found, p),
                   engine_precision_name(p));
        }
        if (p == ENGINE_FP32 || _i > FAULT_LOST_BIAS_GRADIENT) {
            ck_assert_msg(excess(&found, p) > 1, "%s, bounds of %s", engine_fault_names[_i],
                          engine_precision_name(p));
        }
    }
    ck_assert_msg(found.beyond > found.losses_beyond, "%s: all else holds", engine_fault_names[_i]);
}
END_TEST

/* An engine that counts one thing wrongly, a different one in each test. */
enum {
    WRONG_NUMBER,
    WRONG_SAMPLES,
    WRONG_CORRECT,
    WRONG_LATER_CORRECT,
    WRONG_EVALUATION,
    MISCOUNTS
};

static int miscounted;

static engine_status poll_miscounted(engine *e, engine_step *out, size_t capacity, size_t *count,
                                     bool wait)
{
    const engine_status status = engine_cpu.poll(e, out, capacity, count, wait);
    for (size_t i = 0; i < *count; i++) {
        out[i].step += miscounted == WRONG_NUMBER && out[i].step == 3;
        if (miscounted == WRONG_SAMPLES && out[i].step == 4) {
            out[i].samples++;
            out[i].loss_sum *= out[i].samples / (out[i].samples - 1.0);
        }
        out[i].correct += miscounted == WRONG_CORRECT && out[i].step == 1;
        out[i].correct += miscounted == WRONG_LATER_CORRECT && out[i].step > 1 ? 2 : 0;
    }
    return status;
}

static engine_status evaluate_miscounted(engine *e, engine_set set, engine_result *out,
                                         uint8_t *predicted)
{
    const engine_status status = engine_cpu.evaluate(e, set, out, predicted);
    out->correct += miscounted == WRONG_EVALUATION ? 2 : 0;
    return status;
}

START_TEST(wrong_counts_are_found)
{
    static const char *const expected[MISCOUNTS] = {"numbers of the steps", "samples of the steps",
                                                    "correct of step 1", "correct of later steps",
                                                    "correct of the evaluation"};
    const engine_proof_size small = {8, 4, 4, 4};
    engine_api wrong = engine_cpu;
    wrong.poll = poll_miscounted;
    wrong.evaluate = evaluate_miscounted;
    miscounted = _i;
    const findings found = prove(&wrong, "portable", &small);
    ck_assert_str_eq(found.last_beyond, expected[_i]);
    ck_assert_uint_eq(found.beyond, 1);
}
END_TEST

static uint32_t most_steps; /* the most steps of one call, within an epoch */

static engine_status train_and_note(engine *e, uint32_t steps, uint32_t *queued)
{
    most_steps = steps > most_steps ? steps : most_steps;
    return engine_cpu.train(e, steps, queued);
}

/* The CUDA engine replays sixteen steps as one graph. */
START_TEST(sixteen_steps_of_an_epoch_are_trained_in_one_call)
{
    const engine_proof_size *size = &engine_proof_usual_size;
    const uint32_t epoch = engine_steps_per_epoch(size->training_count, size->batch_size);
    engine_api noting = engine_cpu;
    noting.train = train_and_note;
    most_steps = 0;
    ck_assert_uint_eq(prove(&noting, NULL, size).beyond, 0);
    ck_assert_uint_ge(most_steps, 16);
    ck_assert_uint_ge(epoch - 1, 16);
    ck_assert_uint_ne(size->training_count % size->batch_size, 0); /* the last batch is short */
    ck_assert_uint_gt(size->steps, epoch);
}
END_TEST

static engine_status read_nan(engine *e, const char *name, float *out, size_t capacity,
                              size_t *count)
{
    const engine_status status = engine_cpu.read_tensor(e, name, out, capacity, count);
    if (strcmp(name, "gradient/dense2/bias") == 0) {
        out[0] = NAN;
    }
    return status;
}

START_TEST(a_value_that_is_no_number_is_found)
{
    const engine_proof_size small = {8, 4, 4, 1};
    engine_api wrong = engine_cpu;
    wrong.read_tensor = read_nan;
    ck_assert_uint_gt(prove(&wrong, "portable", &small).beyond, 0);
}
END_TEST

START_TEST(what_an_engine_refuses_is_passed_on)
{
    const proof_listener deaf = {NULL, NULL};
    engine_config settings = engine_config_defaults();
    char message[256] = "";
    settings.precision = ENGINE_TF32;
    ck_assert_int_eq(engine_proof_make(&engine_cpu, &settings, &engine_proof_usual_size, &deaf,
                                       message, sizeof message),
                     ENGINE_INVALID);
    ck_assert_ptr_nonnull(strstr(message, "tf32"));
}
END_TEST

static int from_large_to_small(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left < right) - (left > right);
}

/* The smallest distance between a sample's two largest logits, relative to the largest logit of
 * all. */
static double least_logit_margin(reference_pass *pass)
{
    double least = INFINITY;
    double largest = 0;
    for (uint32_t i = 0; i < pass->count; i++) {
        double *logits = pass->logits + (size_t)i * LENET_CLASSES;
        qsort(logits, LENET_CLASSES, sizeof *logits, from_large_to_small);
        least = fmin(least, logits[0] - logits[1]);
        largest = fmax(largest, fmax(fabs(logits[0]), fabs(logits[LENET_CLASSES - 1])));
    }
    return least / largest;
}

/* Half of the bound of conv2's values is several times an engine's error there. */
START_TEST(no_decision_of_the_first_step_hangs_on_rounding)
{
    static uint8_t images[512 * LENET_IMAGE_PIXELS];
    static uint8_t labels[512];
    const engine_proof_size *size = &engine_proof_usual_size;
    const engine_data training = {images, labels, size->training_count};
    engine_config config = engine_config_defaults();
    engine_step step;
    config.batch_size = size->batch_size;
    config.seed = ENGINE_PROOF_SEED;
    ck_assert_uint_le(training.count, sizeof labels);
    synthetic_digits(images, labels, ENGINE_PROOF_DATA_SEED, 0, training.count);
    reference_run *run = reference_run_create(&config, &training);
    ck_assert_ptr_nonnull(run);
    reference_run_compute(run, &step);
    double largest = 0;
    for (size_t i = 0; i < (size_t)step.samples * LENET_CONV2_FLOATS; i++) {
        largest = fmax(largest, fabs(run->pass->conv2_before[i]));
    }
    const double margin = rounding_bound(ENGINE_FP32, 288 + 1) / 2 * largest;
    ck_assert_uint_eq(reference_backward(run->pass, run->parameters, run->gradient, margin), 0);
    ck_assert_double_gt(least_logit_margin(run->pass), 2 * rounding_bound(ENGINE_FP32, LENET_FLAT));
    reference_run_destroy(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the proof of an engine");
    TCase *cases = tcase_create("proofs");
    tcase_add_test(cases, an_engine_without_a_fault_holds);
    tcase_add_loop_test(cases, five_faults_exceed_the_bounds_of_losses_of_any_precision,
                        FAULT_NONE + 1, ENGINE_FAULTS);
    tcase_add_loop_test(cases, wrong_counts_are_found, 0, MISCOUNTS);
    tcase_add_test(cases, sixteen_steps_of_an_epoch_are_trained_in_one_call);
    tcase_add_test(cases, a_value_that_is_no_number_is_found);
    tcase_add_test(cases, what_an_engine_refuses_is_passed_on);
    tcase_add_test(cases, no_decision_of_the_first_step_hangs_on_rounding);
    suite_add_tcase(suite, cases);
    return run_suite_without_forks(suite);
}
