/* tblog verify: reads event files to their ends and says what is wrong with them. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "arguments.h"
#include "commands.h"
#include "complaint.h"
#include "event_files.h"
#include "exit_status.h"
#include "option_check.h"
#include "read_events.h"
#include "standard_output.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

typedef struct verification {
    bool any_failed;
    bool any_torn;
} verification;

static void complain(verification *all, const char *path, const char *what)
{
    complaint_print("verify", path, "%s", what);
    all->any_failed = true;
}

static void verify_file(verification *all, const char *path)
{
    tblog_reader *reader = open_events("verify", path);
    if (reader == NULL) {
        all->any_failed = true;
        return;
    }
    const tblog_event *event;
    tblog_status status;
    uint64_t events = 0, untimed = 0;
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        events++;
        untimed += isfinite(event->wall_time) ? 0 : 1;
    }
    if (untimed > 0) {
        complaint_print("verify", path,
                        "note: the wall time of %" PRIu64 " events is not a finite number",
                        untimed);
    }
    switch (status) {
    case TBLOG_END:
        terminal_text_print(path);
        printf(": whole, %" PRIu64 " events\n", events);
        break;
    case TBLOG_TRUNCATED:
        complaint_print("verify", path, "torn last record behind %" PRIu64 " events: %s", events,
                        tblog_reader_message(reader));
        all->any_torn = true;
        break;
    case TBLOG_DAMAGED:
        complain_of_damage("verify", path, reader, events);
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
    for (size_t i = 0; i < files.count; i++) {
        verify_file(&all, files.at[i].path);
    }
    event_files_free(&files);
    all.any_failed |= !finish_standard_output("verify");
    return all.any_failed ? EXIT_STATUS_FAILED : all.any_torn ? EXIT_STATUS_TORN : EXIT_STATUS_DONE;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    return arguments_parse(key, argument, state, state->input);
}

int command_verify(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc =
            "Check every record of event files: both checksums, and that it is an event.\v"
            "A directory stands for the files below it whose names contain 'tfevents'. What is "
            "wrong goes to standard error, with the byte where it begins. A file without a whole "
            "record is no event file; of any other 'tblog repair' saves what is whole.\n\n"
            "Exit status: 0 all whole; 1 a file is damaged, no event file or cannot be read; 2 "
            "wrong usage; 3 "
            "nothing wrong but torn last records, as a crash leaves them."};
    arguments all = {0};
    if (option_check_parse(&argp, argc, argv, &all) != 0) {
        return EXIT_STATUS_USAGE;
    }
    const int status = verify_paths(all.paths);
    arguments_free(&all);
    return status;
}
