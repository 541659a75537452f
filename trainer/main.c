/* trainer: calls its commands. Only this file chooses exit statuses: 0 done, 1 failed, 2 wrong
 * usage; after a signal 128 + its number, but 75 after SIGUSR1 and SIGUSR2. */
#include <argp.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "command_choice.h"
#include "signals.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_AGAIN = 75, EXIT_SIGNAL = 128 };

const char *argp_program_version = "trainer " TRAINER_VERSION;

static const struct {
    command_entry entry;
    outcome (*run)(int argc, char **argv);
} commands[] = {
    {{"train", "", "train one run at one batch size"}, train_command},
    {{"sweep", "", "train at several batch sizes, then compare the runs"}, sweep_command},
    {{"status", "", "print the progress of runs, on any host that shares their files"},
     status_command},
    {{"plan", "", "print the memory that a run needs and the largest batch that fits"},
     plan_command},
    {{"compare", "", "compare the runs in a directory: which batch size is best?"},
     compare_command},
    {{"plot", "", "draw loss and accuracy of the runs in a directory"}, plot_command},
    {{"evaluate", "", "measure a trained network on a validation set"}, evaluate_command},
    {{"predict", "", "read the digits in images with a trained network"}, predict_command},
    {{"export", "", "convert a trained network for other programs"}, export_command},
    {{"selftest", "", "check that the GPU, or else the CPU, computes correctly"}, selftest_command},
};

static const command_entry *command_at(size_t i)
{
    return i < sizeof commands / sizeof commands[0] ? &commands[i].entry : NULL;
}

static const command_program program = {
    .name = "trainer",
    .purpose = "Train LeNet on MNIST and log each run for TensorBoard.",
    .notes =
        "Exit status: 0 done, 1 failed, 2 wrong usage. After SIGUSR1 or SIGUSR2, which schedulers "
        "send shortly before a time limit, it is 75; after other signals 128 plus the signal's "
        "number. An interrupted run can be resumed from its last saved state.",
    .command_at = command_at,
};

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
    case OUTCOME_TAKEN:
    case OUTCOME_DIVERGED:
        return EXIT_FAILED;
    case OUTCOME_REFUSED:
        return EXIT_USAGE;
    }
    return EXIT_FAILED;
}

static bool output_was_closed; /* by the parent */

/* The results of training are files, so a closed standard output is no failure. */
static bool works_unseen(size_t command)
{
    return commands[command].run == train_command || commands[command].run == sweep_command;
}

/* Opens /dev/null as each of the descriptors 0 to 2 that the parent left closed. Otherwise the
 * first files that are opened would get these numbers, and printed text would go into them. They
 * are opened read-only, so that printing fails. */
static int fill_standard_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
        output_was_closed = output_was_closed || fd == STDOUT_FILENO;
    } while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -1 : close(fd);
}

/* False after one line on stderr. */
static bool is_output_whole(const char *program_name)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return true;
    }
    fprintf(stderr, "%s: cannot write to standard output; the output is incomplete\n",
            program_name);
    return false;
}

/* The command returned, so its output was checked. */
static bool command_ended;

/* argp prints help and version, then exits without checking that printing succeeded. */
static void check_help(void)
{
    if (!command_ended && !is_output_whole(program.name)) {
        _exit(EXIT_FAILED);
    }
}

int main(int argc, char **argv)
{
    static char name[] = "trainer";
    command_choice chosen;
    if (fill_standard_descriptors() != 0 || atexit(check_help) != 0) {
        return EXIT_FAILED; /* there may be nowhere to print the cause */
    }
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write */
    setlocale(LC_CTYPE, "");  /* for sign.h; numbers stay as they are in C */
    argp_err_exit_status = EXIT_USAGE;
    if (argc > 0) {
        argv[0] = name; /* messages begin with it, however it was called */
    }
    if (!command_choose(&program, argc, argv, &chosen)) {
        return EXIT_USAGE;
    }
    const outcome status = commands[chosen.command].run(chosen.argc, chosen.argv);
    const bool is_whole =
        (output_was_closed && works_unseen(chosen.command)) || is_output_whole(chosen.name);
    command_ended = true;
    return status == OUTCOME_DONE && !is_whole ? EXIT_FAILED : exit_code(status);
}
