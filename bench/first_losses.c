/* Holds the losses of a run's first steps against the reference, which computes in double
 * (tests/reference): the same seed, data, order and masks, each with its own weights from then on.
 *
 *   first_losses DATA BATCH_SIZE STEPS [ISA [SEED]]
 *
 * Prints the largest difference and exits with 1 where one is beyond its bound.
 *
 * The bound. An engine's step differs from the reference's by rounding: its loss by at most
 * 2 rounding_bound(9216) (1 + loss), and a gradient by rounding_bound(the terms of its longest
 * sum), relative to its partial sums, as tests/kernels/check_engine_reference.c derives. (There the
 * bounds are asserted step by step; here the errors may add up, or not.) What such errors do to the
 * steps that follow no formula tells, since Adam divides them by the gradients' size. So a second
 * run of the reference shows it: in every step each of its gradients gets an error, drawn evenly
 * from within that bound of the gradient itself. The engine's errors are another draw, so its
 * losses may go FACTOR times as far from the reference's as those of the second run had gone by
 * then, and the step's own error further. Where a gradient's terms nearly cancel its error is
 * larger than drawn; the 4 in rounding_bound is there for that. */
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataset.h"
#include "lenet_reference.h"

static const double FACTOR = 4;

/* As in check_engine_reference.c. */
static double rounding_bound(double terms)
{
    return 4 * 0x1p-24 * sqrt(terms);
}

static double terms_of(const lenet_tensor *tensor, uint32_t samples)
{
    const double places = tensor->offset < LENET_CONV2_KERNEL_AT    ? 26 * 26
                          : tensor->offset < LENET_DENSE1_KERNEL_AT ? 24 * 24
                                                                    : 1;
    return fmax(LENET_FLAT, places * samples);
}

/* One run of the reference, in a thread of its own. */
typedef struct reference_job {
    reference_run *run;
    unsigned steps;
    bool disturbed;
    uint64_t random; /* state of the errors' generator, not 0 */
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

static void disturb(reference_run *run, uint32_t samples, uint64_t *random)
{
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const double relative = rounding_bound(terms_of(&lenet_tensors[t], samples));
        double *gradient = run->gradient + lenet_tensors[t].offset;
        for (unsigned i = 0; i < lenet_tensors[t].count; i++) {
            gradient[i] += relative * gradient[i] * draw(random);
        }
    }
}

static void *run_reference(void *context)
{
    const reference_job *job = context;
    reference_run *run = job->run;
    uint64_t random = job->random;
    for (unsigned s = 0; s < job->steps; s++) {
        engine_step step;
        reference_run_compute(run, &step);
        if (job->disturbed) {
            disturb(run, step.samples, &random);
        }
        run->step++;
        reference_adam(&run->config, run->step, LENET_PARAMETERS, run->parameters, run->m, run->v,
                       run->gradient);
        job->losses[s] = step.loss_sum / step.samples;
    }
    return NULL;
}

static void fail(const char *message)
{
    fprintf(stderr, "first_losses: %s\n", message);
    exit(EXIT_FAILURE);
}

static void *room(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL) {
        fail("out of memory");
    }
    return p;
}

/* losses[steps] of the CPU engine. */
static void run_engine(const engine_config *config, const engine_data *training, unsigned steps,
                       double *losses)
{
    const engine_api *api = engine_find("cpu");
    const engine_data validation = {training->images, training->labels, 1};
    char message[256];
    engine *e = NULL;
    if (api->create(&e, config, training, &validation, message, sizeof message) != ENGINE_OK) {
        fail(message);
    }
    for (unsigned s = 0; s < steps; s++) {
        engine_step step;
        size_t count;
        if (api->train(e, 1) != ENGINE_OK || api->poll(e, &step, 1, &count, true) != ENGINE_OK) {
            fail(api->message(e));
        }
        losses[s] = step.loss_sum / step.samples;
    }
    api->destroy(e);
}

/* losses[steps] of the reference, and of the disturbed one, side by side. */
static void run_references(const engine_config *config, const engine_data *training, unsigned steps,
                           double *losses, double *disturbed)
{
    reference_job jobs[2] = {
        {.losses = losses}, {.losses = disturbed, .disturbed = true, .random = 0x9E3779B97F4A7C15}};
    pthread_t thread;
    for (int i = 0; i < 2; i++) {
        jobs[i].steps = steps;
        jobs[i].run = reference_run_create(config, training);
        if (jobs[i].run == NULL) {
            fail("out of memory");
        }
    }
    if (pthread_create(&thread, NULL, run_reference, &jobs[1]) != 0) {
        fail("cannot start a thread");
    }
    run_reference(&jobs[0]);
    pthread_join(thread, NULL);
    for (int i = 0; i < 2; i++) {
        reference_run_destroy(jobs[i].run);
    }
}

/* Prints how far the losses are from the reference's, and returns whether all are within bounds. */
static bool judge(const char *name, unsigned steps, const double *losses, const double *reference,
                  const double *disturbed)
{
    double reached = 0;
    double worst = 0;
    unsigned worst_at = 0;
    double worst_bound = 0;
    double largest = 0;
    for (unsigned s = 0; s < steps; s++) {
        const double difference = fabs(losses[s] - reference[s]);
        reached = fmax(reached, fabs(disturbed[s] - reference[s]));
        const double bound = FACTOR * reached + 2 * rounding_bound(LENET_FLAT) * (1 + reference[s]);
        const double part = isfinite(difference) ? difference / bound : INFINITY;
        if (getenv("SHOW_LOSSES") != NULL) {
            printf("step %u: loss %.9f, reference %.9f, difference %.2g, allowed %.2g\n", s + 1,
                   losses[s], reference[s], difference, bound);
        }
        largest = fmax(largest, difference / reference[s]);
        if (!(part <= worst)) {
            worst = part;
            worst_at = s + 1;
            worst_bound = bound;
        }
    }
    printf("%s: %u losses, largest relative difference %.2g; nearest to its bound at step %u: "
           "%.2g of %.2g: %s\n",
           name, steps, largest, worst_at, worst * worst_bound, worst_bound,
           worst <= 1 ? "within" : "BEYOND");
    return worst <= 1;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 6) {
        fprintf(stderr, "usage: first_losses DATA BATCH_SIZE STEPS [ISA [SEED]]\n");
        return 2;
    }
    char message[512];
    dataset data;
    if (dataset_load(&data, argv[1], message, sizeof message) != 0) {
        fail(message);
    }
    engine_config config = engine_config_defaults();
    config.batch_size = (uint32_t)strtoul(argv[2], NULL, 10);
    const unsigned steps = (unsigned)strtoul(argv[3], NULL, 10);
    config.isa = argc > 4 && argv[4][0] != '\0' ? argv[4] : NULL;
    config.seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
    if (steps == 0) {
        fail("no steps to take");
    }
    const engine_data training = {data.training.images, data.training.labels, data.training.count};
    double *losses = room(steps, sizeof *losses);
    double *reference = room(steps, sizeof *reference);
    double *disturbed = room(steps, sizeof *disturbed);
    run_engine(&config, &training, steps, losses);
    run_references(&config, &training, steps, reference, disturbed);
    snprintf(message, sizeof message, "batch size %u, %s", (unsigned)config.batch_size,
             config.isa == NULL ? "the best instruction set" : config.isa);
    const bool within = judge(message, steps, losses, reference, disturbed);
    free(disturbed);
    free(reference);
    free(losses);
    dataset_free(&data);
    return within ? EXIT_SUCCESS : EXIT_FAILURE;
}
