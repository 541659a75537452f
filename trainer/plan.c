/* trainer plan: prints the memory that a run needs, without allocating it. */
#include <argp.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "dataset.h"
#include "memory_plan.h"
#include "message.h"
#include "number.h"
#include "option_check.h"
#include "option_value.h"

enum option_key {
    KEY_BATCH_SIZE = 256,
    KEY_MICRO_BATCH,
    KEY_MEMORY,
    KEY_ENGINE,
    KEY_PRECISION,
    KEY_DATA,
    KEY_THREADS
};

enum { MNIST_TRAINING = 60000, MNIST_VALIDATION = 10000 };

static const struct argp_option option_table[] = {
    {"batch-size", KEY_BATCH_SIZE, "N", 0, "Samples per step (default 32)", 0},
    {"micro-batch", KEY_MICRO_BATCH, "N", 0,
     "Samples that are computed at a time (default: the whole batch)", 0},
    {"memory", KEY_MEMORY, "SIZE", 0,
     "Plan for this much memory (default: what is free here); with --engine cuda the device need "
     "not be in this machine. 8G and 8GiB are 8 x 2^30 bytes, 8GB are 8 x 10^9; likewise K, M and "
     "T",
     0},
    {"engine", KEY_ENGINE, "NAME", 0, "As for train (default auto)", 0},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, tf32 or bf16 (default: the engine's own)", 0},
    {"threads", KEY_THREADS, "N", 0, "CPU threads (default: as for train)", 0},
    {"data", KEY_DATA, "PATH", 0,
     "Plan for the number of images in this data set (default: as in MNIST)", 0},
    {0}};

typedef struct plan_options {
    engine_config settings;
    const char *engine;
    const char *data; /* NULL for MNIST's counts */
    uint64_t memory;  /* 0 if not given */
} plan_options;

static error_t take_option(int key, char *text, struct argp_state *state)
{
    plan_options *options = state->input;
    switch (key) {
    case KEY_BATCH_SIZE:
        return option_take_u32(state, "--batch-size", text, UINT32_MAX,
                               &options->settings.batch_size);
    case KEY_MICRO_BATCH:
        return option_take_u32(state, "--micro-batch", text, UINT32_MAX,
                               &options->settings.micro_batch);
    case KEY_THREADS:
        return option_take_u32(state, "--threads", text, ENGINE_MAX_THREADS,
                               &options->settings.threads);
    case KEY_MEMORY:
        if (!number_parse_bytes(text, &options->memory)) {
            return option_wrong(state,
                                "--memory: \"%s\" is not a whole number with a unit, such as 8G or "
                                "8GiB (8 x 2^30 bytes), 8GB (8 x 10^9 bytes) or 500M",
                                text);
        }
        return 0;
    case KEY_ENGINE:
        return option_take_engine(state, text, &options->engine);
    case KEY_PRECISION:
        return option_take_precision(state, text, &options->settings.precision);
    case KEY_DATA:
        return option_take_name(state, "--data", text, &options->data);
    case ARGP_KEY_ARG:
        return option_unexpected(state, text);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static outcome count_samples(const char *program, const char *data, memory_question *out)
{
    char message[MESSAGE_BYTES];
    dataset loaded;
    if (data == NULL) {
        out->training_samples = MNIST_TRAINING;
        out->validation_samples = MNIST_VALIDATION;
        return OUTCOME_DONE;
    }
    if (dataset_load(&loaded, data, message) != 0) {
        fprintf(stderr, "%s: %s\n", program, message);
        return OUTCOME_FAILED;
    }
    out->training_samples = loaded.training.count;
    out->validation_samples = loaded.validation.count;
    dataset_free(&loaded);
    return OUTCOME_DONE;
}

static void print_parts(const engine_plan *plan)
{
    const engine_memory *memory = &plan->memory;
    const struct {
        const char *name;
        uint64_t bytes;
    } parts[] = {{"data", memory->data},
                 {"parameters", memory->parameters},
                 {"optimizer", memory->optimizer},
                 {"gradients", memory->gradients},
                 {"activations", memory->activations},
                 {"workspace", memory->workspace},
                 {"total", memory->total}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        printf("  %-12s %10.1f MiB\n", parts[i].name, (double)parts[i].bytes / (1 << 20));
    }
    if (plan->reserve > 0) {
        printf("\nAnother %.1f MiB have to stay free.\n", (double)plan->reserve / (1 << 20));
    }
}

static void print_heading(const memory_question *question, const engine_plan *plan)
{
    const engine_config *settings = &question->settings;
    printf("A run at batch size %u ", (unsigned)settings->batch_size);
    if (settings->micro_batch > 0) {
        printf("in micro-batches of %u ", (unsigned)settings->micro_batch);
    }
    printf("on %u training and %u validation images takes on the %s engine (%s, %s):\n\n",
           (unsigned)question->training_samples, (unsigned)question->validation_samples,
           question->api->name, plan->hardware, engine_precision_name(plan->precision));
}

/* OUTCOME_DONE if the run fits. `given` is the value of --memory, or 0. */
static outcome answer(const memory_question *question, const engine_plan *plan, uint64_t given)
{
    char limit[MEMORY_SIZE_BYTES];
    memory_size_format(given > 0 ? given : question->limit, limit);
    if (question->limit == UINT64_MAX) {
        puts("The free memory of this machine is not known; --memory SIZE plans for a given size.");
        return OUTCOME_DONE;
    }
    if (plan->memory.total <= question->limit) {
        printf("It fits in the %s that are %s; the largest batch size that does is %u.\n", limit,
               given ? "given" : "free", (unsigned)memory_plan_largest_batch(question));
        return OUTCOME_DONE;
    }
    char advice[MEMORY_ADVICE_BYTES];
    memory_plan_advice(question, advice);
    printf("It does not fit in the %s that are %s: %s.\n", limit, given ? "given" : "free", advice);
    return OUTCOME_FAILED;
}

static outcome plan(const char *program, const plan_options *options)
{
    char reason[MESSAGE_BYTES / 2] = "";
    memory_question question = {.api = engine_find(options->engine), .settings = options->settings};
    engine_plan plan;
    if (question.settings.micro_batch >= question.settings.batch_size) {
        question.settings.micro_batch = 0;
    }
    if (options->memory > 0) {
        question.settings.device = ENGINE_NO_DEVICE;
    }
    const outcome status = count_samples(program, options->data, &question);
    if (status != OUTCOME_DONE) {
        return status;
    }
    const engine_status planned =
        question.api->plan(&question.settings, question.training_samples,
                           question.validation_samples, &plan, reason, sizeof reason);
    if (planned != ENGINE_OK) {
        fprintf(stderr, "%s: --engine %s: %s\n", program, question.api->name, reason);
        return planned == ENGINE_INVALID ? OUTCOME_REFUSED : OUTCOME_FAILED;
    }
    question.limit = options->memory == 0             ? plan.available
                     : options->memory > plan.reserve ? options->memory - plan.reserve
                                                      : 0;
    print_heading(&question, &plan);
    print_parts(&plan);
    putchar('\n');
    return answer(&question, &plan, options->memory);
}

outcome plan_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        NULL,
        "Prints the memory that a run would need, part by part, and the largest batch size that "
        "fits. Allocates none of it."
        "\v"
        "Exit status: 0 if the run fits, 1 if it does not.",
        NULL,
        NULL,
        NULL};
    plan_options options = {.settings = engine_config_defaults(), .engine = "auto"};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return plan(argv[0], &options);
}
