/* trainer selftest: whether an engine computes on this machine what it should. */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "device_proof.h"
#include "option_check.h"
#include "option_value.h"

enum option_key { KEY_ENGINE = 256, KEY_PRECISION };

static const struct argp_option option_table[] = {
    {"engine", KEY_ENGINE, "NAME", 0, "As for train (default auto)", 0},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, tf32 or bf16 (default: the engine's own)", 0},
    {0}};

typedef struct selftest_options {
    const char *engine;
    engine_precision precision;
} selftest_options;

static error_t take_option(int key, char *text, struct argp_state *state)
{
    selftest_options *options = state->input;
    switch (key) {
    case KEY_ENGINE:
        return option_take_engine(state, text, &options->engine);
    case KEY_PRECISION:
        return option_take_precision(state, text, &options->precision);
    case ARGP_KEY_ARG:
        return option_unexpected(state, text);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static outcome selftest(const char *program, const selftest_options *options)
{
    const engine_api *api = engine_find(options->engine);
    const proof_result result = device_proof_run(api, options->precision, false, stdout);
    if (result.verdict == PROOF_UNAVAILABLE) {
        fprintf(stderr, "%s: --engine %s: %s\n", program, api->name, result.reason);
    }
    return result.verdict == PROOF_PASSED ? OUTCOME_DONE : OUTCOME_FAILED;
}

outcome selftest_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        NULL,
        "Tests whether an engine computes on this machine what it should, and prints a report that "
        "is fit for a bug report: the program, the device and its driver, and how far every tensor "
        "of a training step and the losses of 20 steps differ from the CPU engine's portable "
        "kernels."
        "\v"
        "Exit status: 0 if the engine passed, 1 if it failed or cannot run here.",
        NULL,
        NULL,
        NULL};
    selftest_options options = {.engine = "auto"};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return selftest(argv[0], &options);
}
