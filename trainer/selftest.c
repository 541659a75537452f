/* trainer selftest: checks that an engine computes correctly on this machine. */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "device_proof.h"
#include "option_check.h"
#include "option_value.h"
#include "proof_cache.h"
#include "proof_child.h"
#include "trusted_engine.h"

enum option_key { KEY_ENGINE = 256, KEY_PRECISION, KEY_CHILD, KEY_KEPT };

static const struct argp_option option_table[] = {
    {"engine", KEY_ENGINE, "NAME", 0, "As for train (default auto)", 0},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, tf32 or bf16 (default: the engine's own)", 0},
    {PROOF_CHILD_OPTION, KEY_CHILD, "PID", OPTION_HIDDEN, NULL, 0},
    {PROOF_KEPT_OPTION, KEY_KEPT, NULL, OPTION_HIDDEN, NULL, 0},
    {0}};

typedef struct selftest_options {
    const char *engine;
    engine_precision precision;
    pid_t parent; /* the process that waits for the report; 0 if there is none */
    bool kept;    /* accept a kept verdict */
} selftest_options;

static error_t take_option(int key, char *text, struct argp_state *state)
{
    selftest_options *options = state->input;
    switch (key) {
    case KEY_ENGINE:
        return option_take_engine(state, text, &options->engine);
    case KEY_PRECISION:
        return option_take_precision(state, text, &options->precision);
    case KEY_CHILD:
        options->parent = (pid_t)strtol(text, NULL, 10);
        return 0;
    case KEY_KEPT:
        options->kept = true;
        return 0;
    case ARGP_KEY_ARG:
        return option_unexpected(state, text);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Proves a device in a child process, so that the report is complete whatever the device does.
 * Forgets earlier failures. */
static proof_result prove(const engine_api *api, engine_precision precision)
{
    static char report[PROOF_REPORT_BYTES];
    proof_child_job job = proof_child_defaults(api->name, precision);
    job.echo = stdout;
    proof_cache_forget_failures(api);
    return proof_child_run(&job, report);
}

static bool is_absent(const proof_result *result)
{
    return result->verdict == PROOF_UNAVAILABLE || result->verdict == PROOF_UNUSABLE;
}

/* With "auto" all that the build has, best first, up to the first that is available. */
static outcome selftest(const char *program, const selftest_options *options)
{
    const bool any = strcmp(options->engine, "auto") == 0;
    proof_result result = {.verdict = PROOF_UNAVAILABLE};
    for (size_t i = 0; is_absent(&result) && engine_list[i] != NULL; i++) {
        const engine_api *api = engine_list[i];
        if (any ? engine_is_built_in(api) : strcmp(options->engine, api->name) == 0) {
            result = prove(api, options->precision);
        }
    }
    if (is_absent(&result)) {
        fprintf(stderr, "%s: --engine %s: %s\n", program, options->engine, result.reason);
    }
    return result.verdict == PROOF_PASSED ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* The process that the function above starts. */
static outcome prove_here(const selftest_options *options)
{
    proof_child_follow(options->parent);
    const proof_result result =
        device_proof_run(engine_find(options->engine), options->precision, options->kept, stdout);
    return result.verdict == PROOF_PASSED ? OUTCOME_DONE : OUTCOME_FAILED;
}

outcome selftest_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        NULL,
        "Checks that an engine computes correctly on this machine, and prints a report that can be "
        "attached to a bug report: the program, the device and its driver, and how far every "
        "tensor of a training step and the losses of 24 steps differ from the CPU engine's "
        "portable kernels."
        "\v"
        "Exit status: 0 if the engine passed, 1 if it failed or cannot run here.",
        NULL,
        NULL,
        NULL};
    selftest_options options = {.engine = "auto"};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return options.parent != 0 ? prove_here(&options) : selftest(argv[0], &options);
}
