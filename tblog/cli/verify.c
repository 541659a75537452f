/* tblog verify: reads event files completely and reports errors. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "complaint.h"
#include "event_files.h"
#include "exit_status.h"
#include "option_check.h"
#include "read_events.h"
#include "standard_output.h"
#include "step_order.h"
#include "tag_map.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

/* A tag of the run whose files are being read. */
typedef struct tag_state {
    tag_key key;
    tag_steps steps;
    uint64_t noted_in; /* the number of the last file whose note counts it; 0 for none */
} tag_state;

/* What is not damage but deserves a note, for one file. */
typedef struct file_notes {
    uint64_t untimed;          /* events whose wall time is not a finite number */
    uint64_t tags_back;        /* tags with a step that goes back or repeats */
    const tag_state *tag_back; /* the first of them, its step, and the one before */
    int64_t step_back;
    int64_t step_before;
} file_notes;

typedef struct verification {
    bool any_failed;
    bool any_torn;
    uint64_t file; /* the number of the current one, from 1 */
    file_notes notes;
    const char *run; /* of the current file, like the next two */
    run_starts starts;
    tag_map tags; /* tag_state */
} verification;

static void complain(verification *all, const char *path, const char *what)
{
    complaint_print("verify", path, "%s", what);
    all->any_failed = true;
}

/* ---- Notes ---- */

static bool mind_value(verification *all, const tblog_event *event, const tblog_value *value)
{
    const tag_key key = {
        .run = all->run, .tag = value->tag, .content = event->content, .plugin = value->plugin};
    tag_state *tag = tag_map_get(&all->tags, &key, sizeof *tag);
    if (tag == NULL) {
        return false;
    }
    const int64_t step_before = tag->steps.last;
    if (is_setting(tag->key.plugin) || !tag_steps_go_back(&tag->steps, &all->starts, event->step) ||
        tag->noted_in == all->file) {
        return true;
    }
    tag->noted_in = all->file;
    if (all->notes.tags_back++ == 0) {
        all->notes.tag_back = tag;
        all->notes.step_back = event->step;
        all->notes.step_before = step_before;
    }
    return true;
}

/* False without memory. */
static bool mind_event(verification *all, const tblog_event *event)
{
    all->notes.untimed += isfinite(event->wall_time) ? 0 : 1;
    run_starts_mind(&all->starts, event);
    for (size_t i = 0; i < event->value_count; i++) {
        if (!mind_value(all, event, event->values[i])) {
            return false;
        }
    }
    return true;
}

static void print_notes(const file_notes *notes, const char *path)
{
    if (notes->untimed > 0) {
        complaint_print("verify", path,
                        "note: the wall time of %" PRIu64 " events is not a finite number",
                        notes->untimed);
    }
    if (notes->tags_back > 0) {
        complaint_begin("verify", path);
        fprintf(stderr, "note: step %" PRId64 " follows step %" PRId64 " under tag '",
                notes->step_back, notes->step_before);
        terminal_text_print_to(stderr, notes->tag_back->key.tag);
        fprintf(stderr, "'%s: " STEPS_GO_BACK_EFFECT "\n",
                notes->tags_back == 1 ? "" : ", and others go back or repeat too");
    }
}

/* ---- Files ---- */

static void begin_file(verification *all, const char *run)
{
    if (all->run == NULL || strcmp(all->run, run) != 0) {
        tag_map_free(&all->tags);
        all->starts = (run_starts){0};
    }
    all->run = run;
    all->file++;
    all->notes = (file_notes){0};
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
    uint64_t events = 0;
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        events++;
        if (!mind_event(all, event)) {
            complain(all, path, tblog_status_string(TBLOG_NO_MEMORY));
            tblog_reader_close(reader);
            return;
        }
    }
    print_notes(&all->notes, path);
    switch (status) {
    case TBLOG_END:
        terminal_text_print(path);
        printf(": whole, %" PRIu64 " events\n", events);
        break;
    case TBLOG_TRUNCATED:
        complaint_print("verify", path, "torn last record after %" PRIu64 " events: %s", events,
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
        begin_file(&all, files.at[i].run);
        verify_file(&all, files.at[i].path);
    }
    tag_map_free(&all.tags);
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
            "A directory stands for all files below it whose names contain 'tfevents'. Errors are "
            "printed to standard error, with the byte offset at which they begin. A file without a "
            "whole record is reported as not an event file; from others, 'tblog repair' saves the "
            "whole records. Notes report what is not damage but looks odd in TensorBoard, such as "
            "steps that go back or repeat. They do not change the exit status.\n\n"
            "Exit status: 0 all files are whole; 1 a file is damaged, is not an event file or "
            "cannot be read; 2 wrong usage; 3 no error except torn last records, which a crash "
            "leaves."};
    arguments all = {0};
    if (option_check_parse(&argp, argc, argv, &all) != 0) {
        return EXIT_STATUS_USAGE;
    }
    const int status = verify_paths(all.paths);
    arguments_free(&all);
    return status;
}
