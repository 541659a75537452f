/* tblog repair: saves the whole records of a damaged file into a new one. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "event_copy.h"
#include "tblog/tblog.h"

typedef struct repair {
    const char *input;
    const char *output;
    tblog_reader *reader;
    event_copy copy;
    uint64_t lost_bytes;
    uint64_t lost_places;
} repair;

/* Goes on behind damage and tells what it cost. TBLOG_OK where records follow. */
static tblog_status leave_out(repair *all)
{
    uint64_t begin = tblog_reader_offset(all->reader);
    char problem[256];
    snprintf(problem, sizeof problem, "%s", tblog_reader_message(all->reader));
    uint64_t lost;
    tblog_status status = tblog_reader_resync(all->reader, &lost);
    if (status != TBLOG_OK && status != TBLOG_END)
        return status;
    printf("%s: lost bytes %" PRIu64 " to %" PRIu64 ": %s\n", all->input, begin, begin + lost - 1,
           problem);
    all->lost_bytes += lost;
    all->lost_places++;
    return status;
}

static bool copy_whole_records(repair *all)
{
    tblog_event event;
    tblog_status status;
    do {
        while ((status = tblog_reader_next(all->reader, &event)) == TBLOG_OK) {
            if (!event_copy_add(&all->copy, all->reader, &event))
                return false;
        }
        if (status == TBLOG_DAMAGED || status == TBLOG_TRUNCATED)
            status = leave_out(all);
    } while (status == TBLOG_OK);
    if (status != TBLOG_END)
        fprintf(stderr, "tblog repair: %s: %s\n", all->input, tblog_reader_message(all->reader));
    else if (all->copy.events == 0)
        fprintf(stderr, "tblog repair: %s: no whole record in it, so there is nothing to save\n",
                all->input);
    return status == TBLOG_END && all->copy.events > 0;
}

static enum exit_status report(repair *all)
{
    if (all->lost_places == 0)
        printf("%s: nothing was wrong\n", all->input);
    else
        printf("%s: lost %" PRIu64 " bytes in %" PRIu64 " %s\n", all->input, all->lost_bytes,
               all->lost_places, all->lost_places == 1 ? "place" : "places");
    printf("%s: %" PRIu64 " events saved%s\n", all->output, all->copy.events,
           all->copy.added_version ? ", behind a new file version" : "");
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_STATUS_DONE;
    fprintf(stderr, "tblog repair: standard output: %s\n", strerror(errno));
    return EXIT_STATUS_FAILED;
}

static enum exit_status repair_file(repair *all)
{
    if (tblog_reader_open(&all->reader, all->input) != TBLOG_OK) {
        fprintf(stderr, "tblog repair: %s: %s\n", all->input, strerror(errno));
        return EXIT_STATUS_FAILED;
    }
    enum exit_status status = EXIT_STATUS_FAILED;
    if (event_copy_begin(&all->copy, "repair", all->output)) {
        if (!copy_whole_records(all))
            output_file_discard(&all->copy.file);
        else if (output_file_finish(&all->copy.file))
            status = report(all);
    }
    tblog_reader_close(all->reader);
    return status;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    repair *all = state->input;
    switch (key) {
    case 'o':
        all->output = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (all->input != NULL)
            argp_error(state, "one file at a time: '%s' is too many", argument);
        all->input = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "FILE is missing");
        return EINVAL;
    case ARGP_KEY_SUCCESS:
        if (all->output == NULL)
            argp_error(state, "-o OUT is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_repair(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"output", 'o', "OUT", 0, "The new file; it must not be there", 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FILE -o OUT",
        .doc = "Save every whole record of an event file into a new file.\v"
               "FILE is only read. Behind damage it goes on at the next record whose header proves "
               "itself by its checksum. What is lost is printed, with its place in FILE. A record "
               "is whole if both its checksums are right and it is an event. For TensorBoard to "
               "read OUT instead of FILE, move FILE out of the log directory, and give OUT a name "
               "that contains 'tfevents'.\n\n"
               "Exit status: 0 all that was whole is in OUT; 1 failed, and there is no OUT; 2 "
               "wrong usage."};
    repair all = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &all) != 0)
        return EXIT_STATUS_USAGE;
    return (int)repair_file(&all);
}
