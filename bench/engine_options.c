#include "engine_options.h"

#include <err.h>
#include <stdlib.h>

#include "message.h"

engine_options engine_options_defaults(void)
{
    argp_err_exit_status = 2;
    engine_options options = {
        .data = "data/mnist", .config = engine_config_defaults(), .steps = 200};
    options.config.batch_size = 64;
    return options;
}

enum {
    OPTION_DATA = 256,
    OPTION_BATCH_SIZE,
    OPTION_MICRO_BATCH,
    OPTION_STEPS,
    OPTION_SEED,
    OPTION_ISA,
    OPTION_THREADS,
    OPTION_PRECISION
};

unsigned long engine_options_number(const char *text, unsigned long least, unsigned long most,
                                    struct argp_state *state)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most) {
        argp_error(state, "'%s' is not a number from %lu to %lu", text, least, most);
    }
    return value;
}

engine_precision engine_options_precision(const char *text, struct argp_state *state)
{
    engine_precision precision = ENGINE_FP32;
    if (!engine_precision_find(text, &precision)) {
        argp_error(state, "'%s' is not fp32 or bf16", text);
    }
    return precision;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    engine_options *o = state->input;
    switch (key) {
    case OPTION_DATA:
        o->data = text;
        break;
    case OPTION_BATCH_SIZE:
        o->config.batch_size = (uint32_t)engine_options_number(text, 1, 60000, state);
        break;
    case OPTION_MICRO_BATCH:
        o->config.micro_batch = (uint32_t)engine_options_number(text, 0, 60000, state);
        break;
    case OPTION_STEPS:
        o->steps = (unsigned)engine_options_number(text, 1, 1000000, state);
        break;
    case OPTION_SEED:
        o->config.seed = engine_options_number(text, 0, UINT32_MAX, state);
        break;
    case OPTION_ISA:
        o->config.isa = text;
        break;
    case OPTION_THREADS:
        o->config.threads = (uint32_t)engine_options_number(text, 1, 1024, state);
        break;
    case OPTION_PRECISION:
        o->config.precision = engine_options_precision(text, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option options[] = {
    {"data", OPTION_DATA, "PATH", 0, "The data set (default data/mnist)", 0},
    {"batch-size", OPTION_BATCH_SIZE, "N", 0, "Samples per step (default 64)", 0},
    {"micro-batch", OPTION_MICRO_BATCH, "N", 0,
     "Samples computed at a time (default 0: the whole batch)", 0},
    {"steps", OPTION_STEPS, "N", 0, "Training steps (default 200)", 0},
    {"seed", OPTION_SEED, "N", 0, "The run's seed (default 0)", 0},
    {"isa", OPTION_ISA, "NAME", 0, "avx512, avx2 or portable (default: the best)", 0},
    {"threads", OPTION_THREADS, "N", 0,
     "CPU threads (default: all that affinity, control groups and Slurm allow)", 0},
    {"precision", OPTION_PRECISION, "NAME", 0, "fp32 or bf16 (default fp32)", 0},
    {0},
};

const struct argp engine_options_argp = {.options = options, .parser = parse};

static const engine_api *cpu(void)
{
    return engine_find("cpu");
}

void engine_options_load(const engine_options *o, dataset *out)
{
    char message[MESSAGE_BYTES];
    if (dataset_load(out, o->data, message) != 0) {
        errx(EXIT_FAILURE, "%s", message);
    }
}

engine *engine_options_create(const engine_config *config, const dataset *data)
{
    const engine_data training = {data->training.images, data->training.labels,
                                  data->training.count};
    const engine_data validation = {data->validation.images, data->validation.labels,
                                    data->validation.count};
    char message[512];
    engine *e = NULL;
    if (cpu()->create(&e, config, &training, &validation, message, sizeof message) != ENGINE_OK) {
        errx(EXIT_FAILURE, "%s", message);
    }
    return e;
}

double engine_options_train(engine *e, unsigned steps, unsigned chunk)
{
    engine_step metrics[ENGINE_OPTIONS_CHUNK];
    double loss = 0;
    for (unsigned done = 0; done < steps;) {
        const unsigned left = steps - done;
        const unsigned next = left < chunk ? left : chunk;
        size_t count = 0;
        if (cpu()->train(e, next, NULL) != ENGINE_OK ||
            cpu()->poll(e, metrics, ENGINE_OPTIONS_CHUNK, &count, true) != ENGINE_OK) {
            errx(EXIT_FAILURE, "%s", cpu()->message(e));
        }
        for (size_t i = 0; i < count; i++) {
            loss += metrics[i].loss_sum / metrics[i].samples;
        }
        done += next;
    }
    return loss / steps;
}
