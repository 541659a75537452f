#include "run_options.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dataset.h"
#include "engine.h"
#include "number.h"
#include "option_check.h"
#include "option_value.h"
#include "run_config.h"

enum option_key {
    KEY_BATCH_SIZE = 256,
    KEY_BATCH_SIZES,
    KEY_LOGDIR,
    KEY_EPOCHS,
    KEY_DATA,
    KEY_SEED,
    KEY_SEEDS,
    KEY_JOBS,
    KEY_ENGINE,
    KEY_PRECISION,
    KEY_MICRO_BATCH,
    KEY_ISA,
    KEY_TRAIN_SAMPLES,
    KEY_LEARNING_RATE,
    KEY_LEARNING_RATES,
    KEY_SCALE_LEARNING_RATE,
    KEY_THREADS,
    KEY_UPDATE_FREQ,
    KEY_HISTOGRAMS,
    KEY_NOISE_SCALE,
    KEY_CHECKPOINT_INTERVAL,
    KEY_NO_STATE,
    KEY_NO_MODEL,
    KEY_SAVE_BEST,
    KEY_TERMINATE_ON_NAN,
    KEY_RESUME,
    KEY_OVERWRITE
};

/* What --help says of --engine in front of the engines of this build. */
#define ENGINE_HELP                                                                                \
    "The best that this machine can run and whose selftest passes (default auto), or one of: "

enum { MAX_SEEDS = 10000, MAX_JOBS = 64, LIST_BYTES = 2048 };

static const struct argp_option train_options[] = {
    {"batch-size", KEY_BATCH_SIZE, "N", 0, "Samples a step (default 32)", 1},
    {"logdir", KEY_LOGDIR, "DIR", 0,
     "The run's own directory (default ./logs/LeNet-MNIST-2-BatchSize=N, with -LR=X if the "
     "learning rate is not 0.001)",
     1},
    {"epochs", KEY_EPOCHS, "N", 0, "Epochs (default 15; with --resume, what the run was to have)",
     2},
    {"resume", KEY_RESUME, NULL, 0,
     "Continue a run of the same configuration from its checkpoint; more --epochs than it has "
     "continue a finished one too",
     4},
    {0}};

static const struct argp_option sweep_options[] = {
    {"batch-sizes", KEY_BATCH_SIZES, "N,N,...", 0, "Batch sizes, in this order (default 64,32,16)",
     1},
    {"logdir", KEY_LOGDIR, "ROOT", 0,
     "The parent of the runs' directories LeNet-MNIST-2-BatchSize=N, with -LR=X if the learning "
     "rate is not 0.001 (default ./logs)",
     1},
    {"learning-rates", KEY_LEARNING_RATES, "X,X,...", 0,
     "Train with each of these learning rates at each batch size, instead of --learning-rate", 1},
    {"epochs", KEY_EPOCHS, "N", 0, "Epochs (default 15)", 2},
    {"seeds", KEY_SEEDS, "K", 0,
     "Train with K seeds, from --seed on, at each batch size, in directories with -Seed=S at the "
     "end",
     1},
    {"jobs", KEY_JOBS, "N", 0,
     "Runs side by side, as far as memory allows (default: one on the CPU, up to 64 on a GPU)", 1},
    {0}};

static const struct argp_option shared_options[] = {
    {"data", KEY_DATA, "PATH", 0,
     "A directory of the four IDX files, plain or gzipped, or an .npz "
     "(default " DATASET_DEFAULT_PATH ")",
     2},
    {"seed", KEY_SEED, "N", 0, "Of weights, orders and dropout (default 0)", 2},
    {"train-samples", KEY_TRAIN_SAMPLES, "N", 0, "Only the first N of the training set", 2},
    {"learning-rate", KEY_LEARNING_RATE, "X", 0, "Adam's (default 0.001)", 2},
    {"scale-learning-rate", KEY_SCALE_LEARNING_RATE, "none|linear|sqrt", 0,
     "Multiply the learning rate by a batch size's ratio to 32 (linear), or by the ratio's square "
     "root (default none)",
     2},
    {"engine", KEY_ENGINE, "NAME", 0, ENGINE_HELP, 3},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, tf32 or bf16 (default: the engine's own)", 3},
    {"micro-batch", KEY_MICRO_BATCH, "N", 0,
     "Work on N samples at a time and add up the gradients of a step, for batches that do not fit "
     "in memory (default: the whole batch); results depend on it in their last bits",
     3},
    {"threads", KEY_THREADS, "N", 0,
     "CPU threads (default: all that affinity, control groups and SLURM_CPUS_PER_TASK leave); "
     "results do not depend on it",
     3},
    {"isa", KEY_ISA, "NAME", 0, "CPU instructions: avx512, avx2 or portable (default: the best)",
     3},
    {"update-freq", KEY_UPDATE_FREQ, "epoch|batch|K", 0,
     "Log loss and accuracy within the epoch never, every step or every K steps (default: every "
     "1 % of an epoch)",
     4},
    {"histograms", KEY_HISTOGRAMS, NULL, 0,
     "Log histograms of weights and gradients after each epoch", 4},
    {"noise-scale", KEY_NOISE_SCALE, NULL, 0,
     "Log the gradient noise scale after each epoch, a batch size beyond which larger batches save "
     "few steps (docs/comparing.md)",
     4},
    {"checkpoint-interval", KEY_CHECKPOINT_INTERVAL, "SECONDS", 0,
     "Least seconds between checkpoints, which are saved after an epoch, at a signal and at the "
     "end (default 10)",
     4},
    {"no-state", KEY_NO_STATE, NULL, 0,
     "Keep no state (14 MB) of a finished run; more epochs train it from its first step then", 4},
    {"save-best", KEY_SAVE_BEST, NULL, 0,
     "Keep the network of the epoch with the lowest validation loss, too, as best.safetensors", 4},
    {"no-model", KEY_NO_MODEL, NULL, 0,
     "Keep no network (model.safetensors, 4.6 MiB); one that a resumed run has is removed", 4},
    {"terminate-on-nan", KEY_TERMINATE_ON_NAN, NULL, 0,
     "End a run after the step whose loss is NaN or infinite, with exit status 1 (default: warn "
     "and "
     "train on, with exit status 0)",
     4},
    {"overwrite", KEY_OVERWRITE, NULL, 0,
     "Replace runs that exist: delete what the trainer wrote there, and train again", 4},
    {"quiet", 'q', NULL, 0, "Print no progress", 4},
    {0}};

/* Appends an item of a list to what was taken before. */
typedef error_t append_item(const struct argp_state *state, run_options *options, const char *item);

/* Takes the list of `option` item by item; `example` is for messages. */
static error_t take_list(const struct argp_state *state, const char *option, const char *text,
                         append_item *append, const char *example)
{
    char copy[LIST_BYTES];
    size_t count = 0;
    if (strlen(text) >= sizeof copy) {
        return option_wrong(state, "%s: the list is too long", option);
    }
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item = copy, *next; item != NULL; item = next) {
        next = strchr(item, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (count++ == RUN_OPTIONS_MAX_ITEMS) {
            return option_wrong(state, "%s: more than %d numbers", option, RUN_OPTIONS_MAX_ITEMS);
        }
        if (*item == '\0') {
            return option_wrong(state,
                                "%s: \"%s\" is not a list of numbers such as %s, without blanks",
                                option, text, example);
        }
        const error_t error = append(state, state->input, item);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static error_t append_batch_size(const struct argp_state *state, run_options *options,
                                 const char *item)
{
    uint32_t *slot = &options->batch_sizes[options->batch_size_count];
    const error_t error = option_take_u32(state, "--batch-sizes", item, UINT32_MAX, slot);
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < options->batch_size_count; i++) {
        if (options->batch_sizes[i] == *slot) {
            return option_wrong(state, "--batch-sizes: %s is there twice", item);
        }
    }
    options->batch_size_count++;
    return 0;
}

static error_t append_learning_rate(const struct argp_state *state, run_options *options,
                                    const char *item)
{
    const char *option = options->learning_rate_option;
    double rate = 0;
    if (!number_parse_positive_real(item, &rate)) {
        return option_wrong(state, "%s: \"%s\" is not a positive number such as 0.001", option,
                            item);
    }
    if (!learning_rate_is_usable(rate)) {
        return option_wrong(state, "%s: %s is too %s for a 32-bit float", option, item,
                            rate < 1 ? "small" : "large");
    }
    for (size_t i = 0; i < options->learning_rate_count; i++) {
        if (options->learning_rates[i] == rate) {
            return option_wrong(state, "%s: %s is there twice", option, item);
        }
    }
    options->learning_rates[options->learning_rate_count++] = rate;
    return 0;
}

/* One rate or several: the last such option counts, but not one of each kind. */
static error_t begin_learning_rates(const struct argp_state *state, run_options *options,
                                    const char *option)
{
    if (options->learning_rate_option != NULL &&
        strcmp(options->learning_rate_option, option) != 0) {
        return option_wrong(state, "--learning-rate and --learning-rates exclude each other");
    }
    options->learning_rate_option = option;
    options->learning_rate_count = 0;
    return 0;
}

static error_t take_learning_rate(const struct argp_state *state, run_options *options,
                                  const char *text)
{
    const error_t error = begin_learning_rates(state, options, "--learning-rate");
    return error != 0 ? error : append_learning_rate(state, options, text);
}

static error_t take_learning_rates(const struct argp_state *state, run_options *options,
                                   const char *text)
{
    static const char option[] = "--learning-rates";
    const error_t error = begin_learning_rates(state, options, option);
    return error != 0 ? error
                      : take_list(state, option, text, append_learning_rate, "0.0005,0.001,0.002");
}

static error_t take_scaling(const struct argp_state *state, run_options *options, const char *text)
{
    static const char *const names[] = {[LEARNING_RATE_NOT_SCALED] = "none",
                                        [LEARNING_RATE_LINEAR] = "linear",
                                        [LEARNING_RATE_SQRT] = "sqrt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            options->scaling = (learning_rate_scaling)i;
            return 0;
        }
    }
    return option_wrong(state, "--scale-learning-rate: \"%s\" is not none, linear or sqrt", text);
}

static error_t take_frequency(const struct argp_state *state, run_options *options,
                              const char *text)
{
    uint64_t steps = 1;
    if (strcmp(text, "epoch") == 0) {
        options->frequency = LOG_EPOCH;
        return 0;
    }
    if (strcmp(text, "batch") != 0 && !number_parse(text, 1, UINT32_MAX, &steps)) {
        return option_wrong(state, "--update-freq: \"%s\" is not epoch, batch or a number of steps",
                            text);
    }
    options->frequency = LOG_STEPS;
    options->log_steps = (uint32_t)steps;
    return 0;
}

static error_t take_shared(int key, char *text, struct argp_state *state)
{
    run_options *options = state->input;
    switch (key) {
    case KEY_DATA:
        return option_take_name(state, "--data", text, &options->data);
    case KEY_SEED:
        return option_take_number(state, "--seed", text, 0, INT64_MAX, &options->seed);
    case KEY_TRAIN_SAMPLES:
        return option_take_u32(state, "--train-samples", text, UINT32_MAX, &options->train_samples);
    case KEY_LEARNING_RATE:
        return take_learning_rate(state, options, text);
    case KEY_SCALE_LEARNING_RATE:
        return take_scaling(state, options, text);
    case KEY_ENGINE:
        return option_take_engine(state, text, &options->engine);
    case KEY_PRECISION:
        return option_take_precision(state, text, &options->precision);
    case KEY_MICRO_BATCH:
        return option_take_u32(state, "--micro-batch", text, UINT32_MAX, &options->micro_batch);
    case KEY_THREADS:
        return option_take_u32(state, "--threads", text, ENGINE_MAX_THREADS, &options->threads);
    case KEY_ISA:
        return option_take_name(state, "--isa", text, &options->isa);
    case KEY_UPDATE_FREQ:
        return take_frequency(state, options, text);
    case KEY_HISTOGRAMS:
        options->histograms = true;
        return 0;
    case KEY_NOISE_SCALE:
        options->noise_scale = true;
        return 0;
    case KEY_CHECKPOINT_INTERVAL: {
        uint64_t seconds = 0;
        const error_t error =
            option_take_number(state, "--checkpoint-interval", text, 0, UINT32_MAX, &seconds);
        options->checkpoint_interval = (uint32_t)seconds;
        return error;
    }
    case KEY_NO_STATE:
        options->no_state = true;
        return 0;
    case KEY_NO_MODEL:
        options->no_model = true;
        return 0;
    case KEY_SAVE_BEST:
        options->save_best = true;
        return 0;
    case KEY_TERMINATE_ON_NAN:
        options->terminate_on_nan = true;
        return 0;
    case KEY_OVERWRITE:
        options->overwrite = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* After scaling, too, a batch size's rates are usable, and no two are equal: they would share a
 * directory. */
static error_t check_scaled(const struct argp_state *state, const run_options *options,
                            uint32_t batch_size)
{
    double scaled[RUN_OPTIONS_MAX_ITEMS];
    for (size_t i = 0; i < options->learning_rate_count; i++) {
        const double base = options->learning_rates[i];
        scaled[i] = learning_rate_scale(base, options->scaling, batch_size);
        if (!learning_rate_is_usable(scaled[i])) {
            return option_wrong(state,
                                "--scale-learning-rate: at batch size %u the learning rate %g "
                                "becomes %g, which is too %s for a 32-bit float",
                                (unsigned)batch_size, base, scaled[i],
                                scaled[i] < 1 ? "small" : "large");
        }
        for (size_t k = 0; k < i; k++) {
            if (scaled[k] == scaled[i]) {
                return option_wrong(state,
                                    "--scale-learning-rate: at batch size %u the learning rates "
                                    "%.17g and %.17g become the same",
                                    (unsigned)batch_size, options->learning_rates[k], base);
            }
        }
    }
    return 0;
}

/* A job array may be longer than the list; a task of many may have no run. */
static error_t check_task(const struct argp_state *state, const run_options *options)
{
    const task_share *task = &options->sharing.task;
    const size_t runs = run_options_run_count(options);
    if (task->is_run && task->number >= runs) {
        return option_wrong(state,
                            "--task auto: %s is %" PRIu64 ", but the list has %zu run%s, from 0 on",
                            task->rank_variable, task->number, runs, runs == 1 ? "" : "s");
    }
    return 0;
}

/* What options can only be together. */
static error_t check_together(const struct argp_state *state, const run_options *options)
{
    if (options->seeds > 0 && options->seed > (uint64_t)INT64_MAX - (options->seeds - 1)) {
        return option_wrong(state, "--seeds: the last of %u seeds from %" PRIu64 " on is too large",
                            (unsigned)options->seeds, options->seed);
    }
    if (options->resume && options->overwrite) {
        return option_wrong(state,
                            "--resume continues the run that is there, and --overwrite deletes "
                            "it: give one of them");
    }
    if (options->sharing.join && options->overwrite) {
        return option_wrong(state, "--overwrite would delete what other processes of --join have "
                                   "trained: give one of them");
    }
    if (options->save_best && options->no_model) {
        return option_wrong(state, "--save-best and --no-model exclude each other");
    }
    if (run_options_run_count(options) > RUN_OPTIONS_MAX_RUNS) {
        return option_wrong(state, "--seeds: this would be %zu runs, and a sweep has at most %d",
                            run_options_run_count(options), RUN_OPTIONS_MAX_RUNS);
    }
    for (size_t i = 0; i < options->batch_size_count; i++) {
        const error_t error = check_scaled(state, options, options->batch_sizes[i]);
        if (error != 0) {
            return error;
        }
    }
    return check_task(state, options);
}

/* The options that only one command has, or that mean or say something else in each. */
static error_t take_own(int key, char *text, struct argp_state *state)
{
    run_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = options;
        if (state->root_argp->children[1].argp != NULL) { /* sweep's */
            state->child_inputs[1] = &options->sharing;
        }
        return 0;
    case KEY_BATCH_SIZE:
        return option_take_u32(state, "--batch-size", text, UINT32_MAX, &options->batch_sizes[0]);
    case KEY_BATCH_SIZES:
        options->batch_size_count = 0;
        return take_list(state, "--batch-sizes", text, append_batch_size, "64,32,16");
    case KEY_LEARNING_RATES:
        return take_learning_rates(state, options, text);
    case KEY_EPOCHS:
        options->epochs_given = true;
        return option_take_u32(state, "--epochs", text, RUN_CONFIG_MAX_EPOCHS, &options->epochs);
    case KEY_SEEDS:
        return option_take_u32(state, "--seeds", text, MAX_SEEDS, &options->seeds);
    case KEY_JOBS:
        return option_take_u32(state, "--jobs", text, MAX_JOBS, &options->jobs);
    case ARGP_KEY_END:
        return check_together(state, options);
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_LOGDIR:
        return option_take_name(state, "--logdir", text, &options->logdir);
    case ARGP_KEY_ARG:
        return option_unexpected(state, text);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Completes the help from the list of engines. */
static char *complete_help(int key, const char *text, void *input)
{
    (void)input;
    if (key != KEY_ENGINE || text == NULL) {
        return (char *)(uintptr_t)text;
    }
    char *help = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&help, &bytes);
    if (out == NULL) {
        return (char *)(uintptr_t)text;
    }
    fputs(text, out);
    for (size_t i = 0; engine_list[i] != NULL; i++) {
        fprintf(out, "%s%s (%s)", i == 0 ? "" : ", ", engine_list[i]->name,
                engine_list[i]->description);
    }
    fclose(out);
    return help; /* argp frees it */
}

/* `sharing` may be NULL. */
static outcome parse(run_options *out, const struct argp_option *own, const struct argp *sharing,
                     const char *documentation, int argc, char **argv)
{
    const struct argp shared = {shared_options, take_shared, NULL, NULL, NULL, complete_help, NULL};
    const struct argp_child children[] = {
        {&shared, 0, NULL, 0}, {sharing, 0, "On several machines (docs/scale_out.md):", 9}, {0}};
    const struct argp parser = {own, take_own, NULL, documentation, children, NULL, NULL};
    return option_check_parse(&parser, argc, argv, out) == 0 ? OUTCOME_DONE : OUTCOME_REFUSED;
}

static run_options defaults(void)
{
    return (run_options){
        .epochs = 15,
        .checkpoint_interval = 10,
        .learning_rates = {engine_config_defaults().learning_rate},
        .learning_rate_count = 1,
        .data = DATASET_DEFAULT_PATH,
        .engine = "auto",
    };
}

outcome run_options_parse_train(run_options *out, int argc, char **argv)
{
    *out = defaults();
    out->batch_size_option = "--batch-size";
    out->batch_size_count = 1;
    out->batch_sizes[0] = 32;
    return parse(
        out, train_options, NULL,
        "Trains LeNet on MNIST at one batch size, in a directory of its own."
        "\v"
        "A directory that holds a run is refused unless --resume or --overwrite is given; one that "
        "holds other runs is refused always.",
        argc, argv);
}

outcome run_options_parse_sweep(run_options *out, int argc, char **argv)
{
    static const uint32_t sizes[] = {64, 32, 16};
    *out = defaults();
    out->logdir = "./logs";
    out->batch_size_option = "--batch-sizes";
    out->batch_size_count = sizeof sizes / sizeof sizes[0];
    memcpy(out->batch_sizes, sizes, sizeof sizes);
    return parse(
        out, sweep_options, &sharing_options_parser,
        "Trains LeNet on MNIST at each of several batch sizes, then compares the runs."
        "\v"
        "A run of the same configuration that has finished or diverged is left as it is. An "
        "interrupted one, or one of fewer epochs, is continued from its checkpoint. One of another "
        "configuration is refused unless --overwrite is given, which trains every run again. At "
        "the "
        "end comparison.svg in --logdir has the runs' curves (trainer plot draws others).",
        argc, argv);
}

static size_t seed_count(const run_options *options)
{
    return options->seeds > 0 ? options->seeds : 1;
}

size_t run_options_run_count(const run_options *options)
{
    return options->batch_size_count * options->learning_rate_count * seed_count(options);
}

run_choice run_options_choice(const run_options *options, size_t index)
{
    const size_t seeds = seed_count(options);
    const size_t rates = options->learning_rate_count;
    const uint32_t batch_size = options->batch_sizes[index / seeds / rates];
    const double base = options->learning_rates[index / seeds % rates];
    return (run_choice){.batch_size = batch_size,
                        .learning_rate = learning_rate_scale(base, options->scaling, batch_size),
                        .seed = options->seed + index % seeds};
}
