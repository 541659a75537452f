/* Times training steps of the CPU engine as the peers' programs time theirs: a few steps to warm
 * up, then `steps` in a row.
 *
 *   train_steps DATA BATCH_SIZE STEPS|- [ISA [THREADS]]
 *
 * Prints one line: "ours bs N: X ms/step, Y s/epoch, …". With "-" it is one of the programs that
 * bench/cpu_rounds.py drives, and answers as peers/rounds.py says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dataset.h"
#include "engine.h"

enum { WARM_UP = 10, WAKE_UP = 3 };

/* Trains `steps` steps and takes their metrics; returns the mean loss a step. */
static double train(const engine_api *api, engine *e, unsigned steps)
{
    static engine_step metrics[ENGINE_MAX_QUEUED_STEPS];
    double loss = 0;
    for (unsigned done = 0; done < steps;) {
        const unsigned left = steps - done;
        const unsigned chunk = left < 50 ? left : 50;
        size_t count = 0;
        if (api->train(e, chunk) != ENGINE_OK ||
            api->poll(e, metrics, ENGINE_MAX_QUEUED_STEPS, &count, true) != ENGINE_OK) {
            fprintf(stderr, "train_steps: %s\n", api->message(e));
            exit(EXIT_FAILURE);
        }
        for (size_t i = 0; i < count; i++) {
            loss += metrics[i].loss_sum / metrics[i].samples;
        }
        done += chunk;
    }
    return loss / steps;
}

static double seconds_of(const engine_api *api, engine *e, unsigned steps, double *loss)
{
    const double begin = seconds_now();
    *loss = train(api, e, steps);
    return seconds_now() - begin;
}

static void time_once(const engine_api *api, engine *e, unsigned steps, const engine_config *config,
                      uint32_t samples)
{
    double loss;
    const double step_seconds = seconds_of(api, e, steps, &loss) / steps;
    printf("ours bs %u: %.3f ms/step, %.2f s/epoch, %s, mean loss %.6f\n",
           (unsigned)config->batch_size, step_seconds * 1e3,
           step_seconds * samples / config->batch_size, api->planned(e)->hardware, loss);
}

/* Each line of stdin is a number of steps; the answer, their seconds and mean loss. */
static void answer_requests(const engine_api *api, engine *e)
{
    unsigned steps;
    double loss;
    puts("ready");
    fflush(stdout);
    while (scanf("%u", &steps) == 1 && steps > 0) {
        train(api, e, WAKE_UP);
        printf("%.6f ", seconds_of(api, e, steps, &loss));
        printf("%.4f\n", loss);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: train_steps DATA BATCH_SIZE STEPS|- [ISA [THREADS]]\n");
        return 2;
    }
    char message[512];
    dataset data;
    if (dataset_load(&data, argv[1], message, sizeof message) != 0) {
        fprintf(stderr, "train_steps: %s\n", message);
        return EXIT_FAILURE;
    }
    const bool asked = strcmp(argv[3], "-") == 0;
    const unsigned steps = asked ? 0 : (unsigned)strtoul(argv[3], NULL, 10);
    engine_config config = engine_config_defaults();
    config.batch_size = (uint32_t)strtoul(argv[2], NULL, 10);
    config.isa = argc > 4 && argv[4][0] != '\0' ? argv[4] : NULL;
    config.threads = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0;
    const engine_data training = {data.training.images, data.training.labels, data.training.count};
    const engine_data validation = {data.validation.images, data.validation.labels,
                                    data.validation.count};
    const engine_api *api = engine_find("cpu");
    engine *e = NULL;
    if ((steps == 0 && !asked) ||
        api->create(&e, &config, &training, &validation, message, sizeof message) != ENGINE_OK) {
        fprintf(stderr, "train_steps: %s\n", steps == 0 && !asked ? "no steps to time" : message);
        dataset_free(&data);
        return EXIT_FAILURE;
    }
    train(api, e, WARM_UP);
    if (asked) {
        answer_requests(api, e);
    } else {
        time_once(api, e, steps, &config, data.training.count);
    }
    api->destroy(e);
    dataset_free(&data);
    return EXIT_SUCCESS;
}
