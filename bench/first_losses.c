/* Holds the losses of a run's first steps against the reference, which computes in double
 * (tests/reference): the same seed, data, order and masks, each with its own weights from then on.
 * Prints the largest difference and exits with 1 where one is beyond its bound.
 *
 * The bound. What rounding does to the steps that follow no formula tells: Adam divides errors by
 * the gradients' size, and where a gate of ReLU or a pooling window hangs on them, a decision
 * flips. So further runs of the reference show it, whose every step has errors of the size that
 * fp32 makes:
 *   - forward and backward, each weight of a sum of n terms is off by up to u sqrt(n) of itself, u
 *     the unit roundoff. Rounding a plain sum walks at random: after k terms of size t the partial
 *     sum is about t sqrt(k), each rounding is off by some u/3 of it, and all n together by about
 *     u/3 t n. Errors of the weights drawn evenly from that range make u t n / sqrt(3) of it;
 *   - each gradient is off by up to u sqrt(n) of itself, n the terms that it sums over;
 *   - each new weight is off by up to u of itself, since fp32 stores it so.
 * The errors of a weight are the same for all samples, where an engine's average out, so they are
 * rather large. An engine's run is another such draw: its loss may go FACTOR times as far from the
 * reference's as any loss of the DISTURBED runs had gone by then. While no more than one of them
 * has flipped a decision their median is what rounding does without flips, and tells that the
 * engine's run has none either. */
#include <err.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu_kernels.h"
#include "engine_options.h"
#include "lenet_reference.h"

enum { DISTURBED = 3, RUNS = 1 + DISTURBED };

static const double FACTOR = 4;
static const double unit_roundoff = 0x1p-24;

/* The square root of n for the sums that a tensor's values are factors of, the bias included.
 * dense1's are sums of partial sums, whose errors add up. */
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

/* One run of the reference, in a thread of its own. */
typedef struct reference_job {
    reference_run *run;
    unsigned steps;
    uint64_t random; /* state of the errors' generator; 0 for a run without errors */
    double *saved;   /* [LENET_PARAMETERS] workspace */
    double *losses;  /* [steps] means */
} reference_job;

/* Evenly from -1 .. 1, by xorshift. */
static double draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (double)(*random >> 11) * 0x1p-52 - 1;
}

/* Moves each of a tensor's values by up to `relative` of itself. */
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

static void *run_reference(void *context)
{
    reference_job *job = context;
    reference_run *run = job->run;
    const bool disturbed = job->random != 0;
    for (unsigned s = 0; s < job->steps; s++) {
        engine_step step;
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

/* losses[steps] of the CPU engine. */
static void run_engine(const engine_options *o, const dataset *data, double *losses)
{
    engine *e = engine_options_create(&o->config, data);
    for (unsigned s = 0; s < o->steps; s++) {
        losses[s] = engine_options_train(e, 1, 1);
    }
    engine_find("cpu")->destroy(e);
}

/* The losses of a run of the reference without errors, and behind them of those with, side by side:
 * losses[RUNS][steps]. */
static void run_references(const engine_config *config, const engine_data *training, unsigned steps,
                           double *losses)
{
    reference_job jobs[RUNS];
    pthread_t threads[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        jobs[i] = (reference_job){
            .run = reference_run_create(config, training),
            .steps = steps,
            .random = i * UINT64_C(0x9E3779B97F4A7C15),
            .saved = room(LENET_PARAMETERS, sizeof(double)),
            .losses = losses + (size_t)i * steps,
        };
        if (jobs[i].run == NULL) {
            errx(EXIT_FAILURE, "out of memory");
        }
        if (pthread_create(&threads[i], NULL, run_reference, &jobs[i]) != 0) {
            errx(EXIT_FAILURE, "cannot start a thread");
        }
    }
    for (unsigned i = 0; i < RUNS; i++) {
        pthread_join(threads[i], NULL);
        reference_run_destroy(jobs[i].run);
        free(jobs[i].saved);
    }
}

/* How far runs have gone from the reference's by a step, times FACTOR. */
typedef struct bounds {
    double reached[DISTURBED];
    double median;
    double largest;
} bounds;

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* losses[RUNS][steps] of the references. */
static void widen(bounds *b, const double *losses, unsigned steps, unsigned s)
{
    double sorted[DISTURBED];
    for (unsigned i = 0; i < DISTURBED; i++) {
        const double away = fabs(losses[(size_t)(1 + i) * steps + s] - losses[s]);
        b->reached[i] = fmax(b->reached[i], away);
    }
    memcpy(sorted, b->reached, sizeof sorted);
    qsort(sorted, DISTURBED, sizeof *sorted, compare_doubles);
    b->median = FACTOR * sorted[DISTURBED / 2];
    b->largest = FACTOR * sorted[DISTURBED - 1];
}

/* Prints how far the losses are from the reference's, and returns whether all are within bounds. */
static bool judge(const char *name, unsigned steps, bool show, const double *losses,
                  const double *references)
{
    bounds bound = {.median = 0};
    bool within = true;
    unsigned together = 0; /* steps before a flipped decision shows */
    double largest = 0;    /* differences, relative to the reference's loss */
    double largest_together = 0;
    double nearest = 0; /* to the median's bound, as a part of it */
    for (unsigned s = 0; s < steps; s++) {
        const double difference = fabs(losses[s] - references[s]);
        widen(&bound, references, steps, s);
        if (show) {
            printf("step %u: loss %.9f, reference %.9f, difference %.2g, allowed %.2g, without "
                   "flips %.2g\n",
                   s + 1, losses[s], references[s], difference, bound.largest, bound.median);
        }
        within = within && difference <= bound.largest; /* not where it is NaN */
        largest = fmax(largest, difference / references[s]);
        if (together == s && difference <= bound.median) {
            together++;
            largest_together = largest;
            nearest = fmax(nearest, difference / bound.median);
        }
    }
    printf("%s: %s its bound; up to step %u of %u as without flips: relative difference at most "
           "%.2g, %.2g of what rounding may do; at most %.2g to the end\n",
           name, within ? "within" : "BEYOND", together, steps, largest_together, nearest, largest);
    return within;
}

typedef struct options {
    engine_options engine;
    bool show;
} options;

enum { OPTION_SHOW = 1024 };

static error_t parse(int key, char *text, struct argp_state *state)
{
    (void)text;
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->engine;
        break;
    case OPTION_SHOW:
        o->show = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option argp_options[] = {
    {"show", OPTION_SHOW, NULL, 0, "Print every step", 0},
    {0},
};

static const struct argp_child argp_children[] = {{&engine_options_argp, 0, NULL, 0}, {0}};

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse,
        .children = argp_children,
        .doc = "Holds the CPU engine's losses in a run's first steps against those of the "
               "reference in double precision, within what fp32's rounding can do. Precision bf16 "
               "is beyond that."};
    options o = {.engine = engine_options_defaults()};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    const unsigned steps = o.engine.steps;
    dataset data;
    engine_options_load(&o.engine, &data);
    const engine_data training = {data.training.images, data.training.labels, data.training.count};
    double *losses = room(steps, sizeof *losses);
    double *references = room(steps, RUNS * sizeof *references);
    run_engine(&o.engine, &data, losses);
    run_references(&o.engine.config, &training, steps, references);
    char name[64];
    snprintf(name, sizeof name, "batch size %u, seed %u", (unsigned)o.engine.config.batch_size,
             (unsigned)o.engine.config.seed);
    const bool within = judge(name, steps, o.show, losses, references);
    free(references);
    free(losses);
    dataset_free(&data);
    return within ? EXIT_SUCCESS : EXIT_FAILURE;
}
