/* tblog merge: the event files of a run as one file. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "event_files.h"
#include "event_merge.h"
#include "exit_status.h"
#include "option_check.h"
#include "terminal_text.h"

/* Two runs in one file would be drawn as one curve. */
static bool is_one_run(const event_files *files)
{
    for (size_t i = 1; i < files->count; i++) {
        if (strcmp(files->at[i].run, files->at[0].run) != 0) {
            fputs("tblog merge: ", stderr);
            terminal_text_print_to(stderr, files->at[0].path);
            fputs(" and ", stderr);
            terminal_text_print_to(stderr, files->at[i].path);
            fputs(" are of two runs, which one file cannot hold\n", stderr);
            return false;
        }
    }
    return true;
}

static enum exit_status merge_files(const arguments *all)
{
    event_files files = {0};
    enum exit_status status = EXIT_STATUS_FAILED;
    if (event_files_find(&files, "merge", all->paths) && is_one_run(&files)) {
        status = event_merge(&files, all->output);
    }
    event_files_free(&files);
    return status;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    return arguments_parse(key, argument, state, state->input);
}

int command_merge(int argc, char **argv)
{
    static const struct argp_option options[] = {ARGUMENTS_NEW_FILE_OPTION, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH... -o OUT",
        .doc =
            "Copy the events of a run's files into one file, in order of step, then wall time.\v"
            "PATH is an event file or a run's directory. All must be in one directory. They are "
            "not changed. Points that a restart (a session log with START) made obsolete are left "
            "out. If a run was resumed without START, the points of both halves are kept: use "
            "'tblog trim' on the older file first. A temporary file takes as much space as the "
            "files. Move the files out of the log directory afterwards; otherwise TensorBoard "
            "draws every point twice. Damaged files are refused ('tblog repair' saves the whole "
            "records). A torn last record, which a crash leaves, is left out.\n\n"
            "Exit status: 0 success; 1 error, OUT is not written; 2 wrong usage; 3 success, "
            "except for a torn last record."};
    arguments all = {.needs_output = true};
    if (option_check_parse(&argp, argc, argv, &all) != 0) {
        return EXIT_STATUS_USAGE;
    }
    const enum exit_status status = merge_files(&all);
    arguments_free(&all);
    return (int)status;
}
