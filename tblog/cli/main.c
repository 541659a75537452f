/* The tblog tool: finds the command and lets it do the rest. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tblog/tblog.h"

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {{"cat", command_cat}, {"verify", command_verify}};

static const char documentation[] =
    "Look into TensorBoard event files.\v"
    "Commands:\n"
    "  cat FILE         print the events, one JSON object a line\n"
    "  verify PATH...   check files, and directories with all below them\n"
    "\n"
    "'tblog COMMAND --help' tells more about one.\n"
    "\n"
    "Exit status: 0 done; 1 failed or damaged; 2 wrong usage; 3 nothing wrong but a torn last "
    "record.";

/* Stops at the first word that is no option: the command's name. */
static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    int *command_at = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        (void)argument;
        *command_at = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a command is missing");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "tblog %s\n", tblog_version());
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_option, .args_doc = "COMMAND [ARGUMENT...]", .doc = documentation};
    argp_err_exit_status = EXIT_STATUS_USAGE;
    argp_program_version_hook = print_version;

    int command_at = 0;
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &command_at) != 0)
        return EXIT_STATUS_USAGE;
    const char *wanted = argv[command_at];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(wanted, commands[i].name) != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "tblog %s", wanted);
        argv[command_at] = name;
        return commands[i].run(argc - command_at, argv + command_at);
    }
    fprintf(stderr, "tblog: '%s' is not a command; 'tblog --help' lists them\n", wanted);
    return EXIT_STATUS_USAGE;
}
