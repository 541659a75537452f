/* What the programs share that run the CPU engine: its options on the command line, and an engine
 * made by them. */
#ifndef BENCH_ENGINE_OPTIONS_H
#define BENCH_ENGINE_OPTIONS_H

#include <argp.h>

#include "dataset.h"
#include "engine.h"

typedef struct engine_options {
    const char *data; /* the data set's path */
    engine_config config;
    unsigned steps;
} engine_options;

/* data/mnist, batch size 64, 200 steps. Wrong usage is exit status 2 from then on. */
engine_options engine_options_defaults(void);

/* A parser to be the child of a program's own, whose child_inputs[0] is an engine_options:
 * --data, --batch-size, --micro-batch, --steps, --seed, --isa, --threads and --precision. */
extern const struct argp engine_options_argp;

/* The number that `text` is, or ends the program with argp's message where it is none from `least`
 * to `most`. */
unsigned long engine_options_number(const char *text, unsigned long least, unsigned long most,
                                    struct argp_state *state);

/* The precision of that name, or ends the program likewise. */
engine_precision engine_options_precision(const char *text, struct argp_state *state);

/* Loads the data, or ends the program with a message; dataset_free releases them. */
void engine_options_load(const engine_options *options, dataset *out);

/* A CPU engine, or ends the program with a message. It may outlive `data`. */
engine *engine_options_create(const engine_config *config, const dataset *data);

enum { ENGINE_OPTIONS_CHUNK = 50 };

/* Trains `steps` steps, handed to the engine up to `chunk` at a time (1 .. ENGINE_OPTIONS_CHUNK),
 * and returns the mean loss a step. Ends the program with a message where the engine fails. */
double engine_options_train(engine *e, unsigned steps, unsigned chunk);

#endif
