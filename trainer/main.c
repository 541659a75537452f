/* trainer: dispatches to its commands, and the only place that picks exit codes: 0 done, 1 failed,
 * 2 wrong usage; after a signal 128 + its number, but 75 after SIGUSR1 and SIGUSR2. */
#include <argp.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
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
    {{"train", "", "one run at one batch size"}, train_command},
    {{"sweep", "", "a run at each of several batch sizes, then the comparison"}, sweep_command},
    {{"status", "", "how far the runs below a directory are, on whatever host"}, status_command},
    {{"plan", "", "the memory that a run would take, and the largest batch that fits"},
     plan_command},
    {{"compare", "", "the comparison of the runs below a directory"}, compare_command},
    {{"plot", "", "loss and accuracy of the runs below a directory as a picture"}, plot_command},
    {{"evaluate", "", "how well a trained network classifies a validation set"}, evaluate_command},
    {{"predict", "", "which digit is in an image, by a kept network"}, predict_command},
    {{"export", "", "a trained network as a file for other programs"}, export_command},
    {{"selftest", "", "whether the device computes what it should"}, selftest_command},
};

static const command_entry *command_at(size_t i)
{
    return i < sizeof commands / sizeof commands[0] ? &commands[i].entry : NULL;
}

static const command_program program = {
    .name = "trainer",
    .purpose = "Train LeNet on MNIST and log each run for TensorBoard.",
    .notes =
        "Exit status: 0 done, 1 failed, 2 wrong usage; after a signal 128 and its number, but "
        "75 after SIGUSR1 and SIGUSR2, by which a scheduler says that time is short. A run that "
        "a signal ended can be resumed, from its last saved state if a warning says that its "
        "state was not saved.",
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
    static char name[] = "trainer";
    command_choice chosen;
    if (fill_standard_descriptors() != 0) {
        return EXIT_FAILED; /* there may be nowhere to say why */
    }
    setlocale(LC_CTYPE, ""); /* for sign.h; numbers stay as they are in C */
    argp_err_exit_status = EXIT_USAGE;
    if (argc > 0) {
        argv[0] = name; /* messages begin with it, however it was called */
    }
    if (!command_choose(&program, argc, argv, &chosen)) {
        return EXIT_USAGE;
    }
    const outcome status = commands[chosen.command].run(chosen.argc, chosen.argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "%s: standard output cannot be written to; what it got is not whole\n",
                chosen.name);
        return status == OUTCOME_DONE ? EXIT_FAILED : exit_code(status);
    }
    return exit_code(status);
}
