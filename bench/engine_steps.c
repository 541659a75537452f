/* Trains steps with one engine and prints the results as lines of JSON.
 *
 *   engine_steps DATA ENGINE PRECISION BATCH_SIZE STEPS [--against ENGINE | --serve]
 *
 * Without options: one line with the seconds for creating the engine and for training, each step's
 * mean loss and number of correct samples, and a checksum of the final state. Two runs with the
 * same losses and checksum have the same bits.
 *
 * --against also trains another engine, in fp32, with the same seed, and adds the differences.
 * --serve prints a line when it is warm. Then it trains STEPS steps for every line on stdin, and
 * answers each with a line, so that compared programs can take turns. */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "dataset.h"
#include "engine.h"
#include "message.h"

enum { WARM_UP = 50, CHUNK = 512 };

typedef struct trained {
    const engine_api *api;
    engine *e;
    engine_step *metrics; /* [steps], from the last call of train */
    double create_seconds;
    double seconds; /* from the last call of train */
} trained;

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("engine_steps: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Trains while the metrics of earlier steps are fetched; t->metrics has room for `steps`. */
static void train(trained *t, size_t steps)
{
    const double begin = seconds_now();
    size_t queued = 0;
    size_t done = 0;
    while (done < steps) {
        while (queued < steps && queued - done < CHUNK) {
            const size_t left = steps - queued;
            const size_t room = CHUNK - (queued - done);
            const size_t next = left < room ? left : room;
            if (t->api->train(t->e, (uint32_t)next, NULL) != ENGINE_OK) {
                fail("%s", t->api->message(t->e));
            }
            queued += next;
        }
        const size_t wanted = queued == steps ? queued - done : (queued - done + 1) / 2;
        size_t count = 0;
        if (t->api->poll(t->e, t->metrics + done, wanted, &count, true) != ENGINE_OK) {
            fail("%s", t->api->message(t->e));
        }
        done += count;
    }
    t->seconds = seconds_now() - begin;
}

static trained make(const dataset *data, const char *engine_name, const engine_config *config,
                    size_t steps)
{
    const engine_data training = {data->training.images, data->training.labels,
                                  data->training.count};
    const engine_data validation = {data->validation.images, data->validation.labels,
                                    data->validation.count};
    trained t = {.api = engine_find(engine_name)};
    char message[512] = "there is no such engine";
    const double begin = seconds_now();
    if (t.api == NULL ||
        t.api->create(&t.e, config, &training, &validation, message, sizeof message) != ENGINE_OK) {
        fail("%s: %s", engine_name, message);
    }
    t.create_seconds = seconds_now() - begin;
    t.metrics = calloc(steps > WARM_UP ? steps : WARM_UP, sizeof *t.metrics);
    if (t.metrics == NULL) {
        fail("out of memory");
    }
    return t;
}

static void destroy(trained *t)
{
    t->api->destroy(t->e);
    free(t->metrics);
}

static double mean_loss(const engine_step *step)
{
    return step->loss_sum / step->samples;
}

static unsigned state_checksum(const trained *t)
{
    const size_t bytes = t->api->state_bytes(t->e);
    unsigned char *state = malloc(bytes);
    if (state == NULL || t->api->export_state(t->e, state, bytes) != ENGINE_OK) {
        fail("cannot export the state: %s", t->api->message(t->e));
    }
    const uLong sum = crc32_z(0, state, bytes);
    free(state);
    return (unsigned)sum;
}

static float *parameters(const trained *t)
{
    float *values = malloc(LENET_PARAMETERS * sizeof *values);
    for (unsigned i = 0; values != NULL && i < LENET_TENSORS; i++) {
        const lenet_tensor *tensor = &lenet_tensors[i];
        size_t count = 0;
        if (t->api->read_tensor(t->e, tensor->name, values + tensor->offset, tensor->count,
                                &count) != ENGINE_OK) {
            fail("cannot read %s: %s", tensor->name, t->api->message(t->e));
        }
    }
    if (values == NULL) {
        fail("out of memory");
    }
    return values;
}

/* The norm of the difference of all parameters, relative to the norm of the other's parameters. */
static double parameters_apart(const trained *t, const trained *other)
{
    float *a = parameters(t);
    float *b = parameters(other);
    double difference = 0;
    double norm = 0;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        const double d = (double)a[i] - (double)b[i];
        difference += d * d;
        norm += (double)b[i] * (double)b[i];
    }
    free(a);
    free(b);
    return sqrt(difference / norm);
}

static json_t *comparison(const trained *t, const trained *other, size_t steps)
{
    double own_sum = 0;
    double other_sum = 0;
    for (size_t i = 0; i < steps; i++) {
        own_sum += mean_loss(&t->metrics[i]);
        other_sum += mean_loss(&other->metrics[i]);
    }
    const double first = mean_loss(&other->metrics[0]);
    return json_pack("{s:s, s:s, s:f, s:f, s:f}", "engine", other->api->name, "hardware",
                     other->api->planned(other->e)->hardware, "first_loss",
                     fabs(mean_loss(&t->metrics[0]) - first) / first, "mean_loss",
                     fabs(own_sum - other_sum) / other_sum, "parameters",
                     parameters_apart(t, other));
}

static json_t *described(const trained *t, const engine_config *config, size_t steps)
{
    const engine_plan *plan = t->api->planned(t->e);
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:f, s:f}", "engine", t->api->name, "hardware",
                     plan->hardware, "precision", engine_precision_name(plan->precision),
                     "batch_size", (json_int_t)config->batch_size, "steps", (json_int_t)steps,
                     "create_seconds", t->create_seconds, "seconds", t->seconds);
}

static void print_line(json_t *line)
{
    if (line == NULL || json_dumpf(line, stdout, JSON_REAL_PRECISION(9)) != 0) {
        fail("cannot write");
    }
    json_decref(line);
    putchar('\n');
    fflush(stdout);
}

static void print_steps(const trained *t, const trained *other, const engine_config *config,
                        size_t steps)
{
    json_t *line = described(t, config, steps);
    json_t *loss = json_array();
    json_t *correct = json_array();
    for (size_t i = 0; i < steps; i++) {
        json_array_append_new(loss, json_real(mean_loss(&t->metrics[i])));
        json_array_append_new(correct, json_integer((json_int_t)t->metrics[i].correct));
    }
    char checksum[16];
    snprintf(checksum, sizeof checksum, "%08x", state_checksum(t));
    json_object_set_new(line, "state_crc32", json_string(checksum));
    json_object_set_new(line, "loss", loss);
    json_object_set_new(line, "correct", correct);
    if (other != NULL) {
        json_object_set_new(line, "apart", comparison(t, other, steps));
    }
    print_line(line);
}

static void serve(trained *t, const engine_config *config, size_t steps, uint32_t count)
{
    char line[64];
    train(t, WARM_UP);
    print_line(json_pack("{s:b}", "ready", 1));
    while (fgets(line, sizeof line, stdin) != NULL) {
        train(t, steps);
        size_t samples = 0;
        for (size_t i = 0; i < steps; i++) {
            samples += t->metrics[i].samples;
        }
        json_t *answer = described(t, config, steps);
        json_object_set_new(answer, "seconds_per_epoch",
                            json_real(t->seconds * count / (double)samples));
        print_line(answer);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 6 ? argv[6] : "";
    const bool against = argc == 8 && strcmp(mode, "--against") == 0;
    const bool serves = argc == 7 && strcmp(mode, "--serve") == 0;
    engine_config config = engine_config_defaults();
    const long steps = argc > 5 ? strtol(argv[5], NULL, 10) : 0;
    if (!(argc == 6 || against || serves) || steps < 1 ||
        !engine_precision_find(argv[3], &config.precision)) {
        fputs("usage: engine_steps DATA ENGINE fp32|tf32|bf16 BATCH_SIZE STEPS"
              " [--against ENGINE | --serve]\n",
              stderr);
        return 2;
    }
    char message[MESSAGE_BYTES];
    dataset data;
    if (dataset_load(&data, argv[1], message) != 0) {
        fail("%s", message);
    }
    config.batch_size = (uint32_t)strtoul(argv[4], NULL, 10);
    trained t = make(&data, argv[2], &config, (size_t)steps);
    if (serves) {
        serve(&t, &config, (size_t)steps, data.training.count);
    } else {
        train(&t, (size_t)steps);
        trained other = {0};
        if (against) {
            config.precision = ENGINE_FP32;
            other = make(&data, argv[7], &config, (size_t)steps);
            train(&other, (size_t)steps);
        }
        print_steps(&t, against ? &other : NULL, &config, (size_t)steps);
        if (against) {
            destroy(&other);
        }
    }
    destroy(&t);
    dataset_free(&data);
    return EXIT_SUCCESS;
}
