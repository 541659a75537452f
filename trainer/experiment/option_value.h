/* The values of command-line options, for the parsers of all commands. Each returns 0, or EINVAL
 * after one line on stderr that names the option. */
#ifndef TRAINER_OPTION_VALUE_H
#define TRAINER_OPTION_VALUE_H

#include <argp.h>
#include <stdint.h>

#include "engine.h"
#include "must_check.h"

/* Prints one line about a wrong argument (printf-like). Always returns EINVAL. */
__attribute__((format(printf, 2, 3))) error_t option_wrong(const struct argp_state *state,
                                                           const char *format, ...);

/* The same for a non-option argument of a command that takes only options. */
error_t option_unexpected(const struct argp_state *state, const char *argument);

/* A whole number from `minimum` to `maximum`. */
MUST_CHECK error_t option_take_number(const struct argp_state *state, const char *option,
                                      const char *text, uint64_t minimum, uint64_t maximum,
                                      uint64_t *out);

/* A whole number from 1 to `maximum`. */
MUST_CHECK error_t option_take_u32(const struct argp_state *state, const char *option,
                                   const char *text, uint32_t maximum, uint32_t *out);

/* A name that is not empty; *out is `text`. */
MUST_CHECK error_t option_take_name(const struct argp_state *state, const char *option,
                                    const char *text, const char **out);

/* The one argument MODEL: a run's directory or a file; *out is `text`. A second one is refused:
 * *out is NULL before the first. */
MUST_CHECK error_t option_take_model(const struct argp_state *state, const char *text,
                                     const char **out);

/* At the end of the arguments: was there a MODEL? */
MUST_CHECK error_t option_check_model(const struct argp_state *state, const char *model);

/* The help text of --best, for the commands that take a MODEL. */
#define OPTION_BEST_HELP                                                                           \
    "Use the network with the lowest validation loss, which train --save-best saves (default: "    \
    "the "                                                                                         \
    "last one)"

/* The name of an engine that this build has, or "auto", for --engine; *out is `text`, for
 * engine_find. Does not check whether this machine can run it. */
MUST_CHECK error_t option_take_engine(const struct argp_state *state, const char *text,
                                      const char **out);

/* The name of a precision, for --precision. */
MUST_CHECK error_t option_take_precision(const struct argp_state *state, const char *text,
                                         engine_precision *out);

#endif
