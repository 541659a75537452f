/* tblog verify: reads event files to their ends and says what is wrong with them. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "event_files.h"
#include "tblog/tblog.h"

typedef struct verification {
    bool any_failed;
    bool any_torn;
} verification;

static void complain(verification *all, const char *path, const char *what)
{
    fprintf(stderr, "tblog verify: %s: %s\n", path, what);
    all->any_failed = true;
}

static void verify_file(verification *all, const char *path)
{
    tblog_reader *reader;
    tblog_status status = tblog_reader_open(&reader, path);
    if (status != TBLOG_OK) {
        complain(all, path, strerror(errno));
        return;
    }
    tblog_event event;
    uint64_t events = 0;
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK)
        events++;
    switch (status) {
    case TBLOG_END:
        printf("%s: whole, %" PRIu64 " events\n", path, events);
        break;
    case TBLOG_TRUNCATED:
        fprintf(stderr, "tblog verify: %s: torn last record behind %" PRIu64 " events: %s\n", path,
                events, tblog_reader_message(reader));
        all->any_torn = true;
        break;
    case TBLOG_DAMAGED:
        fprintf(stderr, "tblog verify: %s: damaged behind %" PRIu64 " events: %s\n", path, events,
                tblog_reader_message(reader));
        all->any_failed = true;
        break;
    default:
        complain(all, path, tblog_reader_message(reader));
        break;
    }
    tblog_reader_close(reader);
}

static int verify_paths(char **paths)
{
    event_files files = {0};
    verification all = {.any_failed = !event_files_find(&files, "verify", paths)};
    for (size_t i = 0; i < files.count; i++)
        verify_file(&all, files.at[i].path);
    event_files_free(&files);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "tblog verify: standard output: %s\n", strerror(errno));
        all.any_failed = true;
    }
    return all.any_failed ? EXIT_STATUS_FAILED : all.any_torn ? EXIT_STATUS_TORN : EXIT_STATUS_DONE;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    char ***paths = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_ARG:
        return ARGP_ERR_UNKNOWN; /* all at once, below */
    case ARGP_KEY_ARGS:
        *paths = state->argv + state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "PATH is missing");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_verify(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc = "Check every record of event files: both checksums, and that it is an event.\v"
               "A directory stands for the files below it whose names contain 'tfevents'. What is "
               "wrong goes to standard error, with the byte where it begins.\n\n"
               "Exit status: 0 all whole; 1 a file is damaged or cannot be read; 2 wrong usage; 3 "
               "nothing wrong but torn last records, as a crash leaves them."};
    char **paths = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &paths) != 0)
        return EXIT_STATUS_USAGE;
    return verify_paths(paths);
}
