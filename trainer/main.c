/* trainer: dispatches to its commands, and the only place that picks exit codes: 0 done, 1 failed,
 * 2 wrong usage; after a signal 128 + its number, but 75 after SIGUSR1 and SIGUSR2. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "signals.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_AGAIN = 75, EXIT_SIGNAL = 128 };

const char *argp_program_version = "trainer " TRAINER_VERSION;

typedef struct command {
    const char *name;
    const char *full_name;
    outcome (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"train", "trainer train", train_command},
    {"sweep", "trainer sweep", sweep_command},
    {"plan", "trainer plan", plan_command},
    {"compare", "trainer compare", compare_command},
};

static const char documentation[] =
    "Trains LeNet on MNIST and logs each run for TensorBoard."
    "\v"
    "Commands:\n"
    "  train     one run at one batch size\n"
    "  sweep     a run at each of several batch sizes, then the comparison\n"
    "  plan      the memory that a run would take, and the largest batch that fits\n"
    "  compare   the comparison of the runs below a directory\n\n"
    "`trainer COMMAND --help' tells a command's options. Exit status: 0 done, 1 failed, "
    "2 wrong usage; after a signal 128 and its number, but 75 after SIGUSR1 and SIGUSR2, by "
    "which a scheduler says that time is short. A run that a signal ended can be resumed, from its "
    "last saved state if a warning says that its state was not saved.";

/* What the top level found: the command, and where its arguments begin. */
typedef struct choice {
    const command *command;
    int arguments_at;
} choice;

static error_t take_argument(int key, char *argument, struct argp_state *state)
{
    choice *chosen = state->input;
    if (key == ARGP_KEY_NO_ARGS) {
        fprintf(stderr, "trainer: no command; there are train, sweep, plan and compare "
                        "(`trainer --help' tells more)\n");
        return EINVAL;
    }
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argument, commands[i].name) == 0) {
            chosen->command = &commands[i];
            chosen->arguments_at = state->next - 1;
            state->next = state->argc;
            return 0;
        }
    }
    fprintf(stderr, "trainer: there is no command \"%s\", but train, sweep, plan and compare\n",
            argument);
    return EINVAL;
}

static int exit_code(outcome status)
{
    switch (status) {
    case OUTCOME_DONE:
        return EXIT_DONE;
    case OUTCOME_STOPPED:
        return signals_noted() == SIGUSR1 || signals_noted() == SIGUSR2
                   ? EXIT_AGAIN
                   : EXIT_SIGNAL + signals_noted();
    case OUTCOME_FAILED:
    case OUTCOME_DIVERGED:
        return EXIT_FAILED;
    case OUTCOME_REFUSED:
        return EXIT_USAGE;
    }
    return EXIT_FAILED;
}

/* Descriptors 0 to 2 that the parent left closed lead nowhere from now on: else the first files
 * that are opened would get their numbers, and what is printed would go into them. */
static int fill_standard_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
    const struct argp parser = {NULL, take_argument, "COMMAND [OPTION...]", documentation, NULL,
                                NULL, NULL};
    choice chosen = {0};
    static char program[] = "trainer";
    if (fill_standard_descriptors() != 0) {
        return EXIT_FAILED; /* there may be nowhere to say why */
    }
    argp_err_exit_status = EXIT_USAGE;
    if (argc > 0) {
        argv[0] = program; /* messages begin with it, however it was called */
    }
    if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &chosen) != 0) {
        return EXIT_USAGE;
    }
    char **arguments = argv + chosen.arguments_at;
    char name[32];
    snprintf(name, sizeof name, "%s", chosen.command->full_name);
    arguments[0] = name;
    const outcome status = chosen.command->run(argc - chosen.arguments_at, arguments);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "%s: standard output cannot be written to; what it got is not whole\n",
                name);
        return status == OUTCOME_DONE ? EXIT_FAILED : exit_code(status);
    }
    return exit_code(status);
}
