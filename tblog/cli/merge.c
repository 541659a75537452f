/* tblog merge: the event files of a run as one file. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "event_copy.h"
#include "event_files.h"
#include "tblog/tblog.h"

typedef struct merge {
    const char *output;
    char **paths;
    event_copy copy;
} merge;

/* One file version is enough. */
static bool choose(void *context, const tblog_event *event, bool *failed)
{
    const merge *all = context;
    (void)failed;
    return event->file_version == NULL || all->copy.events == 0;
}

/* Two runs in one file would be drawn as one curve. */
static bool is_one_run(const event_files *files)
{
    for (size_t i = 1; i < files->count; i++) {
        if (strcmp(files->at[i].run, files->at[0].run) != 0) {
            fprintf(stderr, "tblog merge: %s and %s are of two runs, which one file cannot hold\n",
                    files->at[0].path, files->at[i].path);
            return false;
        }
    }
    return true;
}

static enum exit_status copy_files(merge *all, const event_files *files)
{
    if (!event_copy_begin(&all->copy, "merge", all->output))
        return EXIT_STATUS_FAILED;
    enum exit_status worst = EXIT_STATUS_DONE;
    for (size_t i = 0; i < files->count && worst != EXIT_STATUS_FAILED; i++)
        worst = worse_status(worst, event_copy_file(&all->copy, files->at[i].path, choose, all));
    if (worst == EXIT_STATUS_FAILED)
        output_file_discard(&all->copy.file);
    else if (!output_file_finish(&all->copy.file))
        worst = EXIT_STATUS_FAILED;
    return worst;
}

static enum exit_status merge_files(merge *all)
{
    event_files files = {0};
    enum exit_status status = EXIT_STATUS_FAILED;
    if (event_files_find(&files, "merge", all->paths) && is_one_run(&files))
        status = copy_files(all, &files);
    event_files_free(&files);
    return status;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    merge *all = state->input;
    switch (key) {
    case 'o':
        all->output = argument;
        return 0;
    case ARGP_KEY_ARG:
        return ARGP_ERR_UNKNOWN; /* all at once, below */
    case ARGP_KEY_ARGS:
        all->paths = state->argv + state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "PATH is missing");
        return EINVAL;
    case ARGP_KEY_SUCCESS:
        if (all->output == NULL)
            argp_error(state, "-o OUT is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_merge(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"output", 'o', "OUT", 0, "The new file; it must not be there", 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH... -o OUT",
        .doc =
            "Copy the events of a run's files into one file, in TensorBoard's order: that of the "
            "files' names.\v"
            "PATH is an event file or a run's directory; all must be in one directory. They are "
            "only read. Move them out of the log directory afterwards, or TensorBoard draws "
            "every point twice. A damaged file is refused ('tblog repair' saves what is whole); "
            "a torn last record, as a crash leaves it, is left out.\n\n"
            "Exit status: 0 done; 1 failed, and there is no OUT; 2 wrong usage; 3 done, but for "
            "a torn last record."};
    merge all = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &all) != 0)
        return EXIT_STATUS_USAGE;
    return (int)merge_files(&all);
}
