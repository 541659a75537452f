/* The options of train and sweep, and the runs that they ask for. sweep takes lists of batch
 * sizes and learning rates, and its --logdir is the parent directory. */
#ifndef TRAINER_RUN_OPTIONS_H
#define TRAINER_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "learning_rate.h"
#include "sharing_options.h"

enum {
    RUN_OPTIONS_MAX_ITEMS = 64,   /* of a list */
    RUN_OPTIONS_MAX_RUNS = 100000 /* of a sweep; planning that many takes some 200 MB */
};

typedef enum log_frequency {
    LOG_ONE_PERCENT, /* every 1 % of an epoch's steps, at least every step */
    LOG_EPOCH,       /* no points within an epoch */
    LOG_STEPS        /* every log_steps steps */
} log_frequency;

typedef struct run_options {
    uint32_t batch_sizes[RUN_OPTIONS_MAX_ITEMS]; /* train has one; no two are equal */
    size_t batch_size_count;
    const char *batch_size_option; /* its name, for messages */
    uint32_t epochs;               /* the default if not given */
    bool epochs_given;             /* if not, a run that train resumes keeps its own number */
    uint64_t seed;
    uint32_t seeds; /* sweep: seed .. seed + seeds - 1, each in its run's name; 0 if not given */
    uint32_t jobs;  /* sweep: runs side by side; 0 for the sweep's choice */
    double learning_rates[RUN_OPTIONS_MAX_ITEMS]; /* before scaling; train has one */
    size_t learning_rate_count;
    const char *learning_rate_option; /* its name; NULL for the default rate */
    learning_rate_scaling scaling;
    const char *data;
    const char *logdir; /* train: NULL for the default name; sweep: the parent */
    const char *engine; /* as given: "auto" or a name */
    const char *isa;    /* NULL if not given */
    engine_precision precision;
    uint32_t micro_batch;   /* 0 if not given: whole batches */
    uint32_t train_samples; /* 0 for all */
    uint32_t threads;       /* 0 for the run's part of what the process may run on */
    log_frequency frequency;
    uint32_t log_steps;
    bool histograms;
    bool noise_scale;
    bool overwrite;
    bool resume;                  /* train only: a sweep always resumes */
    uint32_t checkpoint_interval; /* seconds */
    bool no_state;                /* a finished run keeps none */
    bool no_model;                /* excludes save_best */
    bool save_best;
    bool terminate_on_nan;
    bool quiet;
    sharing_options sharing; /* sweep only */
} run_options;

/* Runs that the options ask for: each batch size with each learning rate with each seed. */
size_t run_options_run_count(const run_options *options);

/* What the runs of a sweep differ in. */
typedef struct run_choice {
    uint32_t batch_size;
    double learning_rate; /* scaled */
    uint64_t seed;
} run_choice;

/* The run at `index`, below the number of runs: by batch size, then by rate, then by seed. */
run_choice run_options_choice(const run_options *options, size_t index);

#endif
