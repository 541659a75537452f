#include "engine_proof.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_state.h"
#include "rounding_bounds.h"
#include "synthetic_digits.h"

const engine_proof_size engine_proof_usual_size = {
    .training_count = 330, .validation_count = 40, .batch_size = 16, .steps = 24};

/* The engine that is proved, or the one that it is compared with. */
typedef struct side {
    const engine_api *api;
    engine *engine;
    float *values;      /* [capacity] a tensor */
    engine_step *steps; /* [size->steps] zero until they are trained */
    engine_result evaluation;
} side;

typedef struct proof {
    side proved;
    side reference;
    engine_config config;
    engine_precision precision; /* of the engine that is proved */
    const engine_proof_size *size;
    const proof_listener *listener;
    size_t capacity;      /* floats of the largest tensor */
    float *before;        /* [LENET_PARAMETERS] the proved engine's initial weights */
    unsigned char *state; /* [ENGINE_STATE_BYTES] its state after the first step */
    uint8_t *images;      /* training, then validation */
    uint8_t *labels;
    char *message;
    size_t message_bytes;
} proof;

bool proof_comparison_holds(const proof_comparison *comparison)
{
    return comparison->difference <= comparison->allowed;
}

static void report(const proof *p, const char *what, double difference, double allowed)
{
    proof_comparison comparison = {.difference = isnan(difference) ? INFINITY : difference,
                                   .allowed = allowed};
    snprintf(comparison.what, sizeof comparison.what, "%s", what);
    p->listener->hear(p->listener->context, &comparison);
}

static engine_status failed(const proof *p, const side *s, engine_status status)
{
    snprintf(p->message, p->message_bytes, "%s", s->api->message(s->engine));
    return status;
}

typedef double tensor_distance(const float *values, const float *expected, size_t count);

/* The largest difference, relative to the largest of `expected`. */
static double largest_distance(const float *values, const float *expected, size_t count)
{
    double difference = 0;
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]) || !isfinite(expected[i])) {
            return INFINITY;
        }
        difference = fmax(difference, fabs((double)values[i] - (double)expected[i]));
        largest = fmax(largest, fabs((double)expected[i]));
    }
    return difference == 0 ? 0 : difference / largest;
}

/* The root mean square difference, relative to that of `expected`. */
static double whole_distance(const float *values, const float *expected, size_t count)
{
    double differences = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)values[i] - (double)expected[i];
        differences += difference * difference;
        squares += (double)expected[i] * (double)expected[i];
    }
    return sqrt(differences / squares);
}

static engine_status read_tensor(const proof *p, side *s, const char *name, size_t *count)
{
    const engine_status status =
        s->api->read_tensor(s->engine, name, s->values, p->capacity, count);
    return status == ENGINE_OK ? ENGINE_OK : failed(p, s, status);
}

/* Reads the tensor of both and reports their distance as `what`. */
static engine_status compare_as(proof *p, const char *what, const char *name,
                                tensor_distance *distance, double allowed)
{
    size_t count = 0;
    size_t expected = 0;
    engine_status status = read_tensor(p, &p->reference, name, &expected);
    if (status == ENGINE_OK) {
        status = read_tensor(p, &p->proved, name, &count);
    }
    if (status == ENGINE_OK) {
        report(p, what,
               count == expected ? distance(p->proved.values, p->reference.values, count)
                                 : INFINITY,
               allowed);
    }
    return status;
}

static engine_status compare_tensor(proof *p, const char *name, tensor_distance *distance,
                                    double allowed)
{
    return compare_as(p, name, name, distance, allowed);
}

/* Of a tensor of both engines: each may be off by its own bound. */
static double allowed_between(const proof *p, double terms)
{
    return rounding_bound(p->precision, terms) + rounding_bound(ENGINE_FP32, terms);
}

static engine_status compare_gradient(proof *p, const lenet_tensor *tensor)
{
    char name[PROOF_NAME_BYTES];
    snprintf(name, sizeof name, "gradient/%s", tensor->name);
    if (p->precision != ENGINE_FP32) {
        return compare_tensor(p, name, whole_distance, rounding_bound_of_decisions(p->precision));
    }
    const double terms = rounding_terms_of_gradient(tensor, p->size->batch_size);
    return compare_tensor(p, name, largest_distance, allowed_between(p, terms));
}

/* For activations after conv2 in tf32 and bf16. The bound of the largest difference allows for rare
 * values, so it cannot tell the two precisions apart; the root mean square difference can. */
static engine_status compare_whole(proof *p, const char *name)
{
    char what[PROOF_NAME_BYTES];
    snprintf(what, sizeof what, "whole %s", name);
    return compare_as(p, what, name, whole_distance, rounding_bound_of_whole(p->precision));
}

static engine_status compare_activations(proof *p)
{
    static const struct {
        const char *name;
        int terms;
    } activations[] = {{"activation/conv1", 9 + 1},
                       {"activation/pool", 288 + 1},
                       {"activation/dense1", LENET_FLAT + 1},
                       {"activation/logits", LENET_FLAT + 1}};
    engine_status status = ENGINE_OK;
    for (size_t i = 0; status == ENGINE_OK && i < sizeof activations / sizeof *activations; i++) {
        status = compare_tensor(p, activations[i].name, largest_distance,
                                allowed_between(p, activations[i].terms));
        if (status == ENGINE_OK && i > 0 && p->precision != ENGINE_FP32) {
            status = compare_whole(p, activations[i].name);
        }
    }
    return status;
}

/* Compares the engine's first Adam update of the tensor and its moments with what follows from
 * `gradient`, in units of their bounds. From moments of 0, m = (1 - beta_1) g and
 * v = (1 - beta_2) g^2; moments below 2^-106 may be 0. */
static void compare_first_update(const proof *p, const lenet_tensor *tensor, const float *gradient)
{
    const engine_config *c = &p->config;
    const float *arrays = (const float *)(const void *)(p->state + ENGINE_STATE_HEADER_BYTES);
    const float *weights = arrays + tensor->offset;
    const float *moment_m = weights + LENET_PARAMETERS;
    const float *moment_v = moment_m + LENET_PARAMETERS;
    const float *before = p->before + tensor->offset;
    const double alpha = c->learning_rate * sqrt(1 - c->beta_2) / (1 - c->beta_1);
    double errors[3] = {0};
    for (size_t i = 0; i < tensor->count; i++) {
        const double g = gradient[i];
        const double m = (1 - c->beta_1) * g;
        const double v = (1 - c->beta_2) * g * g;
        const double updated = before[i] - alpha * m / (sqrt(v) + c->epsilon);
        const double found[3] = {
            fabs(weights[i] - updated) / rounding_bound_of_update(updated, c->learning_rate),
            fabs(moment_m[i] - m) / (4 * unit_roundoff * fabs(m) + (double)LENET_SMALLEST_MOMENT),
            fabs(moment_v[i] - v) / (4 * unit_roundoff * v + (double)LENET_SMALLEST_MOMENT),
        };
        for (int k = 0; k < 3; k++) {
            errors[k] = isfinite(found[k]) ? fmax(errors[k], found[k]) : INFINITY;
        }
    }
    static const char *const prefixes[3] = {"update/", "moment m/", "moment v/"};
    for (int k = 0; k < 3; k++) {
        char what[PROOF_NAME_BYTES];
        snprintf(what, sizeof what, "%s%s", prefixes[k], tensor->name);
        report(p, what, errors[k], 1);
    }
}

static engine_status compare_gradients_and_updates(proof *p)
{
    engine_status status =
        p->proved.api->export_state(p->proved.engine, p->state, ENGINE_STATE_BYTES);
    if (status != ENGINE_OK) {
        return failed(p, &p->proved, status);
    }
    for (size_t t = 0; status == ENGINE_OK && t < LENET_TENSORS; t++) {
        status = compare_gradient(p, &lenet_tensors[t]);
        if (status == ENGINE_OK) {
            compare_first_update(p, &lenet_tensors[t], p->proved.values);
        }
    }
    return status;
}

/* Reads both engines' weights, and keeps those of the proved one. */
static engine_status compare_initial_weights(proof *p)
{
    engine_status status = ENGINE_OK;
    for (size_t t = 0; status == ENGINE_OK && t < LENET_TENSORS; t++) {
        status = compare_tensor(p, lenet_tensors[t].name, largest_distance, 0);
        if (status == ENGINE_OK) {
            memcpy(p->before + lenet_tensors[t].offset, p->proved.values,
                   lenet_tensors[t].count * sizeof *p->before);
        }
    }
    return status;
}

/* The steps first .. last, counted from 1, in one call: so a GPU engine queues them as in a run. */
static engine_status train(const proof *p, side *s, uint32_t first, uint32_t last)
{
    const uint32_t steps = last - first + 1;
    size_t count = 0;
    engine_status status = s->api->train(s->engine, steps, NULL);
    if (status == ENGINE_OK) {
        status = s->api->poll(s->engine, s->steps + first - 1, steps, &count, true);
    }
    return status == ENGINE_OK ? ENGINE_OK : failed(p, s, status);
}

/* Reports the relative difference of two mean losses. `steps` includes the step of the loss. */
static void compare_losses(const proof *p, const char *what, double loss, double expected,
                           uint32_t steps)
{
    report(p, what, fabs(loss - expected) / expected, rounding_bound_of_loss(p->precision, steps));
}

static double mean_loss(const engine_step *step)
{
    return step->loss_sum / step->samples;
}

static engine_status train_both(proof *p, uint32_t first, uint32_t last)
{
    engine_status status = train(p, &p->reference, first, last);
    if (status == ENGINE_OK) {
        status = train(p, &p->proved, first, last);
    }
    for (uint32_t step = first; status == ENGINE_OK && step <= last; step++) {
        char what[PROOF_NAME_BYTES];
        snprintf(what, sizeof what, "loss of step %u", (unsigned)step);
        compare_losses(p, what, mean_loss(&p->proved.steps[step - 1]),
                       mean_loss(&p->reference.steps[step - 1]), step);
    }
    return status;
}

static engine_status evaluate(const proof *p, side *s)
{
    const engine_status status =
        s->api->evaluate(s->engine, ENGINE_VALIDATION, &s->evaluation, NULL);
    return status == ENGINE_OK ? ENGINE_OK : failed(p, s, status);
}

static engine_status evaluate_both(proof *p)
{
    engine_status status = evaluate(p, &p->reference);
    if (status == ENGINE_OK) {
        status = evaluate(p, &p->proved);
    }
    if (status == ENGINE_OK) {
        const engine_result *found = &p->proved.evaluation;
        const engine_result *expected = &p->reference.evaluation;
        compare_losses(p, "loss of the evaluation", found->loss_sum / found->samples,
                       expected->loss_sum / expected->samples, p->size->steps + 1);
    }
    return status;
}

static double apart(uint64_t count, uint64_t expected)
{
    return fabs((double)count - (double)expected);
}

/* What the engine counted. A sample whose two largest logits are nearly equal may be counted
 * differently once rounding errors have grown over some steps, or in tf32 and bf16, whose rounding
 * errors are larger. */
static void compare_counts(const proof *p)
{
    const double allowed = p->precision == ENGINE_FP32 ? 1 : 2;
    double numbers = 0;
    double samples = 0;
    double correct = 0; /* from the second step on */
    for (uint32_t i = 0; i < p->size->steps; i++) {
        const engine_step *found = &p->proved.steps[i];
        const engine_step *expected = &p->reference.steps[i];
        numbers = fmax(numbers, apart(found->step, expected->step));
        samples = fmax(samples, apart(found->samples, expected->samples));
        correct = i > 0 ? fmax(correct, apart(found->correct, expected->correct)) : 0;
    }
    report(p, "numbers of the steps", numbers, 0);
    report(p, "samples of the steps", samples, 0);
    report(p, "correct of step 1", apart(p->proved.steps[0].correct, p->reference.steps[0].correct),
           p->precision == ENGINE_FP32 ? 0 : allowed);
    report(p, "correct of later steps", correct, allowed);
    report(p, "samples of the evaluation",
           apart(p->proved.evaluation.samples, p->reference.evaluation.samples), 0);
    report(p, "correct of the evaluation",
           apart(p->proved.evaluation.correct, p->reference.evaluation.correct), allowed);
}

static engine_status compare_run(proof *p)
{
    engine_status status = compare_initial_weights(p);
    if (status == ENGINE_OK) {
        status = train_both(p, 1, 1);
    }
    if (status == ENGINE_OK) {
        status = compare_activations(p);
    }
    if (status == ENGINE_OK) {
        status = compare_gradients_and_updates(p);
    }
    if (status == ENGINE_OK) {
        status = train_both(p, 2, p->size->steps);
    }
    if (status == ENGINE_OK) {
        status = evaluate_both(p);
    }
    if (status == ENGINE_OK) {
        compare_counts(p);
    }
    return status;
}

static bool take_memory(proof *p)
{
    const size_t images = p->size->training_count + p->size->validation_count;
    const size_t conv1 = (size_t)p->size->batch_size * LENET_CONV1_FLOATS;
    p->capacity = conv1 > LENET_PARAMETERS ? conv1 : LENET_PARAMETERS;
    p->proved.values = malloc(p->capacity * sizeof *p->proved.values);
    p->reference.values = malloc(p->capacity * sizeof *p->reference.values);
    p->proved.steps = calloc(p->size->steps, sizeof *p->proved.steps);
    p->reference.steps = calloc(p->size->steps, sizeof *p->reference.steps);
    p->before = malloc(LENET_PARAMETERS * sizeof *p->before);
    p->state = malloc(ENGINE_STATE_BYTES);
    p->images = malloc(images * LENET_IMAGE_PIXELS);
    p->labels = malloc(images);
    return p->proved.values != NULL && p->reference.values != NULL && p->proved.steps != NULL &&
           p->reference.steps != NULL && p->before != NULL && p->state != NULL &&
           p->images != NULL && p->labels != NULL;
}

static void release(proof *p)
{
    if (p->proved.engine != NULL) {
        p->proved.api->destroy(p->proved.engine);
    }
    if (p->reference.engine != NULL) {
        p->reference.api->destroy(p->reference.engine);
    }
    free(p->labels);
    free(p->images);
    free(p->state);
    free(p->before);
    free(p->reference.steps);
    free(p->proved.steps);
    free(p->reference.values);
    free(p->proved.values);
}

/* The engine that is proved comes first: if it is not available, nothing else is done. */
static engine_status create_engines(proof *p)
{
    const engine_data training = {p->images, p->labels, p->size->training_count};
    const engine_data validation = {p->images + (size_t)training.count * LENET_IMAGE_PIXELS,
                                    p->labels + training.count, p->size->validation_count};
    engine_config plain = p->config;
    synthetic_digits(p->images, p->labels, ENGINE_PROOF_DATA_SEED, 0,
                     training.count + validation.count);
    const engine_status status = p->proved.api->create(&p->proved.engine, &p->config, &training,
                                                       &validation, p->message, p->message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    p->precision = p->proved.api->planned(p->proved.engine)->precision;
    plain.precision = ENGINE_FP32;
    plain.isa = "portable";
    return p->reference.api->create(&p->reference.engine, &plain, &training, &validation,
                                    p->message, p->message_bytes);
}

engine_status engine_proof_make(const engine_api *api, const engine_config *settings,
                                const engine_proof_size *size, const proof_listener *listener,
                                char *message, size_t message_bytes)
{
    proof p = {.proved.api = api,
               .reference.api = engine_find("cpu"),
               .config = engine_config_defaults(),
               .size = size,
               .listener = listener,
               .message = message,
               .message_bytes = message_bytes};
    engine_status status = ENGINE_NO_MEMORY;
    p.config.batch_size = size->batch_size;
    p.config.seed = ENGINE_PROOF_SEED;
    p.config.precision = settings->precision;
    p.config.device = settings->device;
    p.config.isa = settings->isa;
    p.config.threads = settings->threads;
    if (!take_memory(&p)) {
        snprintf(message, message_bytes, "not enough memory to compare results");
        goto cleanup;
    }
    status = create_engines(&p);
    if (status == ENGINE_OK) {
        status = compare_run(&p);
    }
cleanup:
    release(&p);
    return status;
}
