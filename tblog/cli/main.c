/* The tblog tool: finds the command and calls it. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command_choice.h"
#include "commands.h"
#include "exit_status.h"
#include "stream_guard.h"
#include "tblog/tblog.h"

static const struct {
    command_entry entry;
    int (*run)(int argc, char **argv);
} commands[] = {
    {{"ls", "PATH...", "list runs, tags, kinds, counts and steps"}, command_ls},
    {{"cat", "FILE", "print the events, one JSON object per line"}, command_cat},
    {{"export", "PATH...", "export scalars as CSV, images and audio as files"}, command_export},
    {{"tail", "[-f] PATH...", "draw the scalars in the terminal"}, command_tail},
    {{"verify", "PATH...", "check every record"}, command_verify},
    {{"repair", "FILE -o OUT", "save the whole records of a damaged file"}, command_repair},
    {{"merge", "PATH... -o OUT", "join the files of a run"}, command_merge},
    {{"trim", "FILE -o OUT", "copy a file without late points or some tags"}, command_trim},
};

static const command_entry *command_at(size_t i)
{
    return i < sizeof commands / sizeof commands[0] ? &commands[i].entry : NULL;
}

static const command_program program = {
    .name = "tblog",
    .purpose = "Inspect, check and repair TensorBoard event files.",
    .notes =
        "PATH is an event file, or a directory with all files below it. Files may be compressed "
        "with "
        "gzip. No command changes an existing file.\n\n"
        "Exit status: 0 success; 1 error or damage; 2 wrong usage; 3 no error except a torn last "
        "record.",
    .command_at = command_at,
};

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "tblog %s\n", tblog_version());
}

/* Opens standard streams that the caller has closed. Otherwise a command's new file would get such
 * a number, and printed text would go into it. They are opened read-only, so that printing
 * fails. */
static bool fill_standard_descriptors(void)
{
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDONLY);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    return descriptor >= 0 && close(descriptor) == 0;
}

/* The command returned, so it has checked its own output. */
static bool command_ended;

/* argp prints help and version, then exits without checking that printing succeeded. */
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
    static char name[] = "tblog";
    command_choice chosen;
    setlocale(LC_CTYPE, ""); /* for the columns of characters, and regular expressions */
    argp_err_exit_status = EXIT_STATUS_USAGE;
    argp_program_version_hook = print_version;
    if (argc > 0) {
        argv[0] = name; /* messages begin with it, however it was called */
    }
    if (!command_choose(&program, argc, argv, &chosen)) {
        return EXIT_STATUS_USAGE;
    }
    const int status = commands[chosen.command].run(chosen.argc, chosen.argv);
    command_ended = true;
    return status;
}
