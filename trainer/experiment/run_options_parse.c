#include "run_options_parse.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "dataset.h"
#include "engine.h"
#include "number.h"
#include "option_check.h"
#include "option_value.h"
#include "run_config.h"
#include "run_options_check.h"
#include "run_options_lists.h"

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

/* The help text of --engine; the engines of this build follow it. */
#define ENGINE_HELP                                                                                \
    "The engine: auto, the best that this machine can run and whose selftest passes (default), "   \
    "or "                                                                                          \
    "one of: "

enum { MAX_SEEDS = 10000, MAX_JOBS = 64 };

static const struct argp_option train_options[] = {
    {"batch-size", KEY_BATCH_SIZE, "N", 0, "Samples per step (default 32)", 1},
    {"logdir", KEY_LOGDIR, "DIR", 0,
     "The run's own directory (default ./logs/LeNet-MNIST-2-BatchSize=N, with -LR=X if the "
     "learning rate is not 0.001)",
     1},
    {"epochs", KEY_EPOCHS, "N", 0, "Epochs (default 15; with --resume, the run's own number)", 2},
    {"resume", KEY_RESUME, NULL, 0,
     "Continue a run of the same configuration from its checkpoint; with more --epochs also a "
     "finished run",
     4},
    {0}};

static const struct argp_option sweep_options[] = {
    {"batch-sizes", KEY_BATCH_SIZES, "N,N,...", 0, "Batch sizes, in this order (default 64,32,16)",
     1},
    {"logdir", KEY_LOGDIR, "ROOT", 0,
     "The parent of the runs' directories (default ./logs), which are named "
     "LeNet-MNIST-2-BatchSize=N, with -LR=X if the learning rate is not 0.001",
     1},
    {"learning-rates", KEY_LEARNING_RATES, "X,X,...", 0,
     "Train each batch size with each of these learning rates; replaces --learning-rate", 1},
    {"epochs", KEY_EPOCHS, "N", 0, "Epochs (default 15)", 2},
    {"seeds", KEY_SEEDS, "K", 0,
     "Train each batch size with K seeds, the first of them --seed; the runs' names then end in "
     "-Seed=S",
     1},
    {"jobs", KEY_JOBS, "N", 0,
     "Train up to N runs at the same time, as memory allows (default: up to 64 on a GPU; 1 on the "
     "CPU, but with --seeds on 8 processors or more, without --threads or --join, one for every 4 "
     "processors)",
     1},
    {0}};

static const struct argp_option shared_options[] = {
    {"data", KEY_DATA, "PATH", 0,
     "A directory of the four IDX files, plain or gzipped, or an .npz "
     "(default " DATASET_DEFAULT_PATH ")",
     2},
    {"seed", KEY_SEED, "N", 0, "The seed of initial weights, sample order and dropout (default 0)",
     2},
    {"train-samples", KEY_TRAIN_SAMPLES, "N", 0,
     "Train on the first N training samples only (default: on all)", 2},
    {"learning-rate", KEY_LEARNING_RATE, "X", 0, "Adam's learning rate (default 0.001)", 2},
    {"scale-learning-rate", KEY_SCALE_LEARNING_RATE, "none|linear|sqrt", 0,
     "Multiply the learning rate by batch size / 32 (linear), or by its square root (sqrt); "
     "default none",
     2},
    {"engine", KEY_ENGINE, "NAME", 0, ENGINE_HELP, 3},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, tf32 or bf16 (default: the engine's own)", 3},
    {"micro-batch", KEY_MICRO_BATCH, "N", 0,
     "Compute each step on N samples at a time and add up the gradients, for batches that do not "
     "fit in memory (default: the whole batch); changes the last bits of results",
     3},
    {"threads", KEY_THREADS, "N", 0,
     "CPU threads of each run (default: all that affinity, control groups and SLURM_CPUS_PER_TASK "
     "allow, divided by the runs at the same time); does not change results",
     3},
    {"isa", KEY_ISA, "NAME", 0,
     "CPU instruction set: avx512, avx2 or portable (default: the best available)", 3},
    {"update-freq", KEY_UPDATE_FREQ, "epoch|batch|K", 0,
     "How often to log loss and accuracy: once per epoch, every batch, or every K batches "
     "(default: every 1 % of an epoch)",
     4},
    {"histograms", KEY_HISTOGRAMS, NULL, 0,
     "Log histograms of weights and gradients after each epoch", 4},
    {"noise-scale", KEY_NOISE_SCALE, NULL, 0,
     "Log the gradient noise scale after each epoch: batches larger than it save few steps "
     "(docs/comparing.md)",
     4},
    {"checkpoint-interval", KEY_CHECKPOINT_INTERVAL, "SECONDS", 0,
     "Minimum seconds between the checkpoints that are saved after epochs (default 10); one is "
     "always saved at a signal and at the end",
     4},
    {"no-state", KEY_NO_STATE, NULL, 0,
     "Delete the checkpoint (14 MB) of a finished run; more epochs then train it from its first "
     "step",
     4},
    {"save-best", KEY_SAVE_BEST, NULL, 0,
     "Also save the network with the lowest validation loss, as best.safetensors", 4},
    {"no-model", KEY_NO_MODEL, NULL, 0,
     "Save no network (model.safetensors, 4.6 MiB); a resumed run's is deleted", 4},
    {"terminate-on-nan", KEY_TERMINATE_ON_NAN, NULL, 0,
     "End a run with exit status 1 when its loss becomes NaN or infinite (default: warn and "
     "continue, with exit status 0)",
     4},
    {"overwrite", KEY_OVERWRITE, NULL, 0,
     "Replace existing runs: delete what the trainer wrote there, and train again", 4},
    {"quiet", 'q', NULL, 0, "Print no progress", 4},
    {0}};

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
        return run_options_take_learning_rate(state, options, text);
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

/* Options of only one command, and options whose meaning or help differs between the commands. */
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
        return run_options_take_batch_sizes(state, options, text);
    case KEY_LEARNING_RATES:
        return run_options_take_learning_rates(state, options, text);
    case KEY_EPOCHS:
        options->epochs_given = true;
        return option_take_u32(state, "--epochs", text, RUN_CONFIG_MAX_EPOCHS, &options->epochs);
    case KEY_SEEDS:
        return option_take_u32(state, "--seeds", text, MAX_SEEDS, &options->seeds);
    case KEY_JOBS:
        return option_take_u32(state, "--jobs", text, MAX_JOBS, &options->jobs);
    case ARGP_KEY_END:
        return run_options_check(state, options);
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
    return parse(out, train_options, NULL,
                 "Trains LeNet on MNIST at one batch size, in a new directory."
                 "\v"
                 "A directory that has a run is refused unless --resume or --overwrite is given. A "
                 "directory that has other runs below it is always refused.",
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
        "Safe to rerun: runs that finished or diverged are kept, and interrupted runs and runs of "
        "fewer epochs continue from their checkpoints. A run of another configuration is refused "
        "unless --overwrite is given, which trains every run again. At the end the curves of all "
        "runs are drawn into comparison.svg in --logdir (trainer plot draws others).",
        argc, argv);
}
