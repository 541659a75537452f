/* tblog verify: reads event files to their ends and says what is wrong with them. */
#include <argp.h>
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tblog/tblog.h"

typedef struct verification {
    size_t files;
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
    all->files++;
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

/* A file that was named is verified whatever it is called; below a directory only what TensorBoard
 * would read. */
static void verify_entry(verification *all, const FTSENT *entry)
{
    bool wanted = entry->fts_level == FTS_ROOTLEVEL || strstr(entry->fts_name, "tfevents") != NULL;
    switch (entry->fts_info) {
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        complain(all, entry->fts_path, strerror(entry->fts_errno));
        break;
    case FTS_DC:
        complain(all, entry->fts_path, "a link to a directory above it");
        break;
    case FTS_D:
    case FTS_DP:
    case FTS_DOT:
        break;
    default:
        if (wanted)
            verify_file(all, entry->fts_path);
    }
}

static int compare_names(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static int verify_paths(char **paths)
{
    /* One after the other, so that a path of which nothing could be read is told. */
    verification all = {0};
    for (; *paths != NULL; paths++) {
        size_t files_before = all.files;
        bool failed_before = all.any_failed;
        all.any_failed = false;
        char *one[] = {*paths, NULL};
        FTS *tree = fts_open(one, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
        FTSENT *entry;
        errno = tree == NULL ? errno : 0;
        while (tree != NULL && (entry = fts_read(tree)) != NULL)
            verify_entry(&all, entry);
        if (errno != 0)
            complain(&all, *paths, strerror(errno));
        else if (all.files == files_before && !all.any_failed)
            complain(&all, *paths, "no event file here (their names contain 'tfevents')");
        if (tree != NULL)
            fts_close(tree);
        all.any_failed |= failed_before;
    }
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
