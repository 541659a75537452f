/* The tblog tool: finds the command and lets it do the rest. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "stream_guard.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"ls", command_ls},       {"cat", command_cat},       {"export", command_export},
    {"tail", command_tail},   {"verify", command_verify}, {"repair", command_repair},
    {"merge", command_merge}, {"trim", command_trim},
};

static const char documentation[] =
    "Look into, check and mend TensorBoard event files.\v"
    "Commands:\n"
    "  ls PATH...                  list runs, tags, kinds, counts and steps\n"
    "  cat FILE                    print the events, one JSON object a line\n"
    "  export PATH...              the scalars as CSV, images and sounds as files\n"
    "  tail [-f] PATH...           draw the scalars in the terminal\n"
    "  verify PATH...              check every record\n"
    "  repair FILE -o OUT          save what is whole of a damaged file\n"
    "  merge PATH... -o OUT        the files of a run as one\n"
    "  trim FILE --from N -o OUT   a file without the points from step N on\n"
    "\n"
    "PATH is an event file, or a directory with all below it. No command changes a file that is "
    "there.\n"
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

/* A file that a command makes must not get the number of a standard stream that the caller has
 * closed: what is printed would go into it. What stands there instead takes nothing, so that a
 * command whose output is lost fails. */
static bool fill_standard_descriptors(void)
{
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDONLY);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    return descriptor >= 0 && close(descriptor) == 0;
}

/* A command that ends by itself has seen to its output, and told of it. */
static bool command_ended;

/* argp prints help and version, and exits without a look at what became of them. */
static void check_standard_output(void)
{
    if (command_ended || (fflush(stdout) == 0 && !ferror(stdout))) {
        return;
    }
    fprintf(stderr, "tblog: standard output: %s\n", strerror(errno));
    _exit(EXIT_STATUS_FAILED);
}

int main(int argc, char **argv)
{
    if (!fill_standard_descriptors() || !stream_guard(&stderr) ||
        atexit(check_standard_output) != 0) {
        return EXIT_STATUS_FAILED; /* there may be nowhere to say why */
    }
    static const struct argp argp = {
        .parser = parse_option, .args_doc = "COMMAND [ARGUMENT...]", .doc = documentation};
    setlocale(LC_CTYPE, ""); /* for the columns of characters, and regular expressions */
    argp_err_exit_status = EXIT_STATUS_USAGE;
    argp_program_version_hook = print_version;

    int command_at = 0;
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &command_at) != 0) {
        return EXIT_STATUS_USAGE;
    }
    const char *wanted = argv[command_at];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(wanted, commands[i].name) != 0) {
            continue;
        }
        char name[64];
        snprintf(name, sizeof name, "tblog %s", wanted);
        argv[command_at] = name;
        const int status = commands[i].run(argc - command_at, argv + command_at);
        command_ended = true;
        return status;
    }
    fputs("tblog: '", stderr);
    terminal_text_print_to(stderr, wanted);
    fputs("' is not a command; 'tblog --help' lists them\n", stderr);
    return EXIT_STATUS_USAGE;
}
