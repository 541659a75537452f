/* Shared by the programs that run the CPU engine: its command-line options, and making an engine
 * from them. */
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

/* The defaults: data/mnist, batch size 64, 200 steps. Also sets argp's exit status for wrong usage
 * to 2. */
engine_options engine_options_defaults(void);

/* A child parser for a program's own parser, whose child_inputs[0] must point to an engine_options.
 * Its options are --data, --batch-size, --micro-batch, --steps, --seed, --isa, --threads and
 * --precision. */
extern const struct argp engine_options_argp;

/* The number in `text`. Ends the program with argp's message if that is no number from `least` to
 * `most`. */
unsigned long engine_options_number(const char *text, unsigned long least, unsigned long most,
                                    struct argp_state *state);

/* The precision of that name. Ends the program with argp's message if there is none. */
engine_precision engine_options_precision(const char *text, struct argp_state *state);

/* Loads the data, or ends the program with a message. Release them with dataset_free. */
void engine_options_load(const engine_options *options, dataset *out);

/* A new CPU engine, which may outlive `data`. Ends the program with a message if it cannot be
 * created. */
engine *engine_options_create(const engine_config *config, const dataset *data);

enum { ENGINE_OPTIONS_CHUNK = 50 };

/* Trains `steps` steps, at most `chunk` (1 .. ENGINE_OPTIONS_CHUNK) per call of the engine. Returns
 * the mean loss of a step. Ends the program with a message if the engine fails. */
double engine_options_train(engine *e, unsigned steps, unsigned chunk);

#endif
