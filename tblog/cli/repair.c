/* tblog repair: saves the whole records of a damaged file to a new one. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "arguments.h"
#include "commands.h"
#include "complaint.h"
#include "event_copy.h"
#include "exit_status.h"
#include "option_check.h"
#include "read_events.h"
#include "standard_output.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

typedef struct repair {
    const char *input;
    tblog_reader *reader;
    event_copy copy;
    uint64_t lost_bytes;
    uint64_t lost_places;
} repair;

/* Skips damage and prints what was lost. TBLOG_OK if records follow. */
static tblog_status leave_out(repair *all)
{
    const uint64_t begin = tblog_reader_offset(all->reader);
    char problem[256];
    snprintf(problem, sizeof problem, "%s", tblog_reader_message(all->reader));
    uint64_t lost;
    const tblog_status status = tblog_reader_resync(all->reader, &lost);
    if (status != TBLOG_OK && status != TBLOG_END) {
        return status;
    }
    terminal_text_print(all->input);
    const char *unsearched = tblog_reader_message(all->reader);
    printf(": lost bytes %" PRIu64 " to %" PRIu64 ": %s%s%s\n", begin, begin + lost - 1, problem,
           unsearched[0] == '\0' ? "" : "; ", unsearched);
    all->lost_bytes += lost;
    all->lost_places++;
    return status;
}

static bool copy_whole_records(repair *all)
{
    const tblog_event *event;
    tblog_status status;
    do {
        while ((status = tblog_reader_next(all->reader, &event)) == TBLOG_OK) {
            if (!event_copy_add(&all->copy, all->reader, event)) {
                return false;
            }
        }
        if (status == TBLOG_DAMAGED || status == TBLOG_TRUNCATED) {
            status = leave_out(all);
        }
    } while (status == TBLOG_OK);
    if (status != TBLOG_END) {
        complaint_print("repair", all->input, "%s", tblog_reader_message(all->reader));
    } else if (all->copy.events == 0) {
        complaint_print("repair", all->input, "no whole record in it, so there is nothing to save");
    }
    return status == TBLOG_END && all->copy.events > 0;
}

static enum exit_status report(repair *all)
{
    terminal_text_print(all->input);
    if (all->lost_places == 0) {
        puts(": nothing was wrong");
    } else {
        printf(": lost %" PRIu64 " bytes in %" PRIu64 " %s\n", all->lost_bytes, all->lost_places,
               all->lost_places == 1 ? "place" : "places");
    }
    terminal_text_print(all->copy.file.path);
    printf(": %" PRIu64 " events saved%s\n", all->copy.events,
           all->copy.added_version ? ", after a new file version" : "");
    return finish_standard_output("repair") ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

static enum exit_status repair_file(const arguments *request)
{
    repair all = {.input = request->paths[0]};
    all.reader = open_events("repair", all.input);
    if (all.reader == NULL) {
        return EXIT_STATUS_FAILED;
    }
    enum exit_status status = EXIT_STATUS_FAILED;
    if (event_copy_begin(&all.copy, "repair", request->output)) {
        status = copy_whole_records(&all) ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
        status = output_file_end(&all.copy.file, status);
    }
    if (status == EXIT_STATUS_DONE) {
        status = report(&all);
    }
    tblog_reader_close(all.reader);
    return status;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    return arguments_parse(key, argument, state, state->input);
}

int command_repair(int argc, char **argv)
{
    static const struct argp_option options[] = {ARGUMENTS_NEW_FILE_OPTION, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FILE -o OUT",
        .doc =
            "Save the whole records of a damaged event file to a new file.\v"
            "FILE is not changed. A record is whole if both its checksums are right and it is an "
            "event. After damage, reading resumes at the next record whose header has a correct "
            "checksum. The offset and size of each loss are printed. No whole record is lost, "
            "unless FILE was crafted with many records inside records: then the command prints "
            "which bytes it did not search. To make TensorBoard read OUT, move FILE out of the log "
            "directory, and give OUT a name that contains 'tfevents'.\n\n"
            "Exit status: 0 OUT has all whole records; 1 error, OUT is not written, unless the "
            "only error was in printing the losses; 2 wrong usage."};
    arguments all = {.one_file = true, .needs_output = true};
    if (option_check_parse(&argp, argc, argv, &all) != 0) {
        return EXIT_STATUS_USAGE;
    }
    const enum exit_status status = repair_file(&all);
    arguments_free(&all);
    return (int)status;
}
