/* Compares the losses of a run's first steps with those of the reference in double precision
 * (tests/support/reference), with the same seed, data, order and masks. Exits with 1 if a loss is
 * beyond its bound.
 *
 * Every WINDOW steps the reference copies the engine's weights and moments, so all of its losses
 * but the first of a window come from its own updates. A free run of the reference would show
 * little: if rounding decides a ReLU or a pooling window, fp32 and double may decide differently,
 * and training enlarges the difference within some steps. The largest difference from a free run is
 * also printed.
 *
 * The bound. There is no formula for the effect of rounding on the next loss: Adam divides errors
 * by the gradients' size, and decisions may flip. So further runs of the reference measure it. Each
 * of their steps adds errors of the size of fp32's:
 *   - forward and backward, each weight in a sum of n terms has a relative error of up to u
 *     sqrt(n), where u is the unit roundoff. The reason: the roundings of a plain sum are a random
 *     walk. After k terms of size t the partial sum is about t sqrt(k), each rounding has an error
 *     of about u/3 times that, and all n roundings together make about u/3 t n. Weights with errors
 *     drawn uniformly from the range above make more: u t n / sqrt(3);
 *   - each gradient has a relative error of up to u sqrt(n), where n is the number of terms in its
 *     sum;
 *   - each new weight has a relative error of up to u, because fp32 stores it rounded.
 * An engine's step is like another such draw. Its loss may differ from the reference's by FACTOR
 * times the largest difference of the DISTURBED runs in the window, plus u (1 + loss), since logits
 * are fp32. FACTOR is chosen so that an engine with errors like a draw's exceeds the bound once in
 * some thousand steps; ours has smaller errors. */
#include <err.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_state.h"
#include "engine_options.h"
#include "lenet_reference.h"

enum { WINDOW = 2, DISTURBED = 3 };

/* The runs of the reference: one that never copies the engine's state, one that does, and those
 * with errors. */
enum { FREE, PLAIN, FIRST_DISTURBED, RUNS = FIRST_DISTURBED + DISTURBED };

static const double FACTOR = 4;
static const double unit_roundoff = 0x1p-24;

/* sqrt(n) for the sums in which a tensor's values are factors; n includes the bias. dense1 sums
 * partial sums, whose errors add up. */
static double forward_walk(const lenet_tensor *tensor)
{
    return tensor->offset < LENET_CONV2_KERNEL_AT    ? sqrt(9 + 1)
           : tensor->offset < LENET_DENSE1_KERNEL_AT ? sqrt(288 + 1)
           : tensor->offset < LENET_DENSE2_KERNEL_AT
               ? sqrt(CPU_DENSE1_SPLIT) + sqrt(CPU_DENSE1_SPLITS + 1)
               : sqrt(LENET_DENSE1 + 1);
}

static double gradient_walk(const lenet_tensor *tensor, uint32_t samples)
{
    const double places =
        tensor->offset < LENET_CONV2_KERNEL_AT    ? LENET_CONV1_SIDE * LENET_CONV1_SIDE
        : tensor->offset < LENET_DENSE1_KERNEL_AT ? LENET_CONV2_SIDE * LENET_CONV2_SIDE
                                                  : 1;
    return sqrt(places * samples);
}

typedef struct options {
    engine_options engine;
    double learning_rate_off; /* an error of the engine's learning rate, in percent */
    bool show;
} options;

/* A run of the reference and a run of the engine, in one thread. The engine's run is the same in
 * every job. */
typedef struct reference_job {
    engine *engine;
    reference_run *run;
    unsigned steps;
    bool takes_over;
    uint64_t random;       /* state of the errors' generator; 0 for a run without errors */
    double *saved;         /* [LENET_PARAMETERS] workspace */
    double *engine_losses; /* [steps] means */
    double *losses;        /* [steps] means */
} reference_job;

/* Uniform in -1 .. 1, by xorshift. */
static double draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (double)(*random >> 11) * 0x1p-52 - 1;
}

/* Gives each of a tensor's values a relative error of up to `relative`. */
static void disturb(const lenet_tensor *tensor, double *values, double relative, uint64_t *random)
{
    for (unsigned i = tensor->offset; i < tensor->offset + tensor->count; i++) {
        values[i] += relative * values[i] * draw(random);
    }
}

static void compute_disturbed(reference_job *job, engine_step *step)
{
    reference_run *run = job->run;
    memcpy(job->saved, run->parameters, LENET_PARAMETERS * sizeof *job->saved);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        disturb(&lenet_tensors[t], run->parameters, unit_roundoff * forward_walk(&lenet_tensors[t]),
                &job->random);
    }
    reference_run_compute(run, step);
    memcpy(run->parameters, job->saved, LENET_PARAMETERS * sizeof *job->saved);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        disturb(&lenet_tensors[t], run->gradient,
                unit_roundoff * gradient_walk(&lenet_tensors[t], step->samples), &job->random);
    }
}

static void take_over(reference_run *run, const engine *e)
{
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        run->parameters[i] = (double)e->parameters[i];
        run->m[i] = (double)e->moment_m[i];
        run->v[i] = (double)e->moment_v[i];
    }
}

static void *run_reference(void *context)
{
    reference_job *job = context;
    reference_run *run = job->run;
    const bool disturbed = job->random != 0;
    for (unsigned s = 0; s < job->steps; s++) {
        engine_step step;
        if (job->takes_over && s % WINDOW == 0) {
            take_over(run, job->engine);
        }
        job->engine_losses[s] = engine_options_train(job->engine, 1, 1);
        if (disturbed) {
            compute_disturbed(job, &step);
        } else {
            reference_run_compute(run, &step);
        }
        run->step++;
        reference_adam(&run->config, run->step, LENET_PARAMETERS, run->parameters, run->m, run->v,
                       run->gradient);
        for (unsigned t = 0; disturbed && t < LENET_TENSORS; t++) {
            disturb(&lenet_tensors[t], run->parameters, unit_roundoff, &job->random);
        }
        job->losses[s] = step.loss_sum / step.samples;
    }
    return NULL;
}

static void *room(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL) {
        errx(EXIT_FAILURE, "out of memory");
    }
    return p;
}

static void start(reference_job *job, unsigned i, const options *o, const dataset *data)
{
    engine_config config = o->engine.config;
    const engine_data training = {data->training.images, data->training.labels,
                                  data->training.count};
    *job = (reference_job){
        .run = reference_run_create(&config, &training),
        .steps = o->engine.steps,
        .takes_over = i != FREE,
        .random = i < FIRST_DISTURBED ? 0 : i * UINT64_C(0x9E3779B97F4A7C15),
        .saved = room(LENET_PARAMETERS, sizeof(double)),
        .engine_losses = room(o->engine.steps, sizeof(double)),
        .losses = room(o->engine.steps, sizeof(double)),
    };
    if (job->run == NULL) {
        errx(EXIT_FAILURE, "out of memory");
    }
    config.learning_rate *= 1 + o->learning_rate_off / 100;
    config.threads = 1;
    job->engine = engine_options_create(&config, data);
}

static void finish(reference_job *job)
{
    engine_find("cpu")->destroy(job->engine);
    reference_run_destroy(job->run);
    free(job->saved);
    free(job->engine_losses);
    free(job->losses);
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

/* Prints how far the engine's losses are from the reference's, and returns whether all are within
 * their bounds. */
static bool judge(const reference_job *jobs, const options *o)
{
    const unsigned steps = o->engine.steps;
    const double *losses = jobs[PLAIN].engine_losses;
    const double *expected = jobs[PLAIN].losses;
    double *bounds = room(steps, sizeof *bounds);
    double reached = 0;
    double largest = 0; /* relative to its bound */
    double free_run = 0;
    unsigned beyond = 0;
    for (unsigned s = 0; s < steps; s++) {
        reached = s % WINDOW == 0 ? 0 : reached;
        for (unsigned i = FIRST_DISTURBED; i < RUNS; i++) {
            reached = fmax(reached, fabs(jobs[i].losses[s] - expected[s]));
        }
        const double difference = fabs(losses[s] - expected[s]);
        bounds[s] = FACTOR * reached + unit_roundoff * (1 + expected[s]);
        beyond += !(difference <= bounds[s]); /* counts a NaN too */
        largest = fmax(largest, difference / bounds[s]);
        free_run = fmax(free_run, fabs(losses[s] - jobs[FREE].losses[s]) / jobs[FREE].losses[s]);
        if (o->show) {
            printf("step %u: loss %.9f, reference %.9f, difference %.2g, allowed %.2g\n", s + 1,
                   losses[s], expected[s], difference, bounds[s]);
        }
    }
    printf("batch size %u, seed %u: %u of %u losses BEYOND their bounds, which are %.1g in the "
           "median; the largest difference is %.2g of its bound; a free run of the reference is "
           "off by at most %.2g\n",
           (unsigned)o->engine.config.batch_size, (unsigned)o->engine.config.seed, beyond, steps,
           median(bounds, steps), largest, free_run);
    free(bounds);
    return beyond == 0;
}

enum { OPTION_SHOW = 1024, OPTION_OFF };

static error_t parse(int key, char *text, struct argp_state *state)
{
    options *o = state->input;
    char *end;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->engine;
        break;
    case OPTION_SHOW:
        o->show = true;
        break;
    case OPTION_OFF:
        o->learning_rate_off = strtod(text, &end);
        if (end == text || *end != '\0') {
            argp_error(state, "'%s' is not a number of percent", text);
        }
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option argp_options[] = {
    {"show", OPTION_SHOW, NULL, 0, "Print every step", 0},
    {"learning-rate-off", OPTION_OFF, "PERCENT", 0,
     "Make the engine's learning rate too large by this much, to see whether the bounds notice", 0},
    {0},
};

static const struct argp_child argp_children[] = {{&engine_options_argp, 0, NULL, 0}, {0}};

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse,
        .children = argp_children,
        .doc = "Compares the CPU engine's losses in a run's first steps with those of the "
               "reference in double precision. Allows the differences that fp32's rounding can "
               "make; those of bf16 are larger."};
    options o = {.engine = engine_options_defaults()};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    dataset data;
    engine_options_load(&o.engine, &data);
    reference_job jobs[RUNS];
    pthread_t threads[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        start(&jobs[i], i, &o, &data);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        if (pthread_create(&threads[i], NULL, run_reference, &jobs[i]) != 0) {
            errx(EXIT_FAILURE, "cannot start a thread");
        }
    }
    for (unsigned i = 0; i < RUNS; i++) {
        pthread_join(threads[i], NULL);
    }
    const bool within = judge(jobs, &o);
    for (unsigned i = 0; i < RUNS; i++) {
        finish(&jobs[i]);
    }
    dataset_free(&data);
    return within ? EXIT_SUCCESS : EXIT_FAILURE;
}
