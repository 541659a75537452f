/* tblog ls: lists event files, one line for each tag of each run, and for each kind of event
 * without a tag. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "complaint.h"
#include "event_files.h"
#include "exit_status.h"
#include "json_out.h"
#include "option_check.h"
#include "read_events.h"
#include "standard_output.h"
#include "step_order.h"
#include "tag_map.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

typedef struct tag_summary {
    tag_key key;
    tblog_value_kind value_kind;
    uint64_t count;
    int64_t first_step;
    int64_t last_step;
    tag_steps steps;
    uint64_t out_of_order; /* the number of values whose step goes back or repeats */
} tag_summary;

typedef struct listing {
    arguments arguments;
    bool as_json;
    tag_map tags;
    const char *run; /* of the file being read */
    run_starts starts;
} listing;

/* ---- Reading ---- */

/* The tag's summary, with one value more. NULL with a message without memory. */
static tag_summary *count_tag(listing *all, const tag_key *key, tblog_value_kind kind, int64_t step)
{
    tag_summary *tag = tag_map_get(&all->tags, key, sizeof *tag);
    if (tag == NULL) {
        fprintf(stderr, "tblog ls: %s\n", tblog_status_string(TBLOG_NO_MEMORY));
        return NULL;
    }
    if (tag->count++ == 0) {
        tag->first_step = step;
        tag->value_kind = kind;
    }
    tag->last_step = step;
    return tag;
}

static bool count_value(listing *all, const tblog_event *event, const tblog_value *value)
{
    if (!tag_filter_chooses(&all->arguments.filter, value->tag)) {
        return true;
    }
    const tag_key key = {
        .run = all->run, .tag = value->tag, .content = event->content, .plugin = value->plugin};
    tag_summary *tag = count_tag(all, &key, value->kind, event->step);
    if (tag == NULL) {
        return false;
    }
    if (!is_setting(tag->key.plugin) && tag_steps_go_back(&tag->steps, &all->starts, event->step)) {
        tag->out_of_order++;
    }
    return true;
}

/* Every file has a file version, so it is not listed. */
static bool count_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    (void)reader;
    listing *all = context;
    run_starts_mind(&all->starts, event);
    for (size_t i = 0; i < event->value_count; i++) {
        if (!count_value(all, event, event->values[i])) {
            return false;
        }
    }
    if (event->value_count > 0 || event->file_version != NULL) {
        return true;
    }
    const tag_key key = {.run = all->run,
                         .tag = event->run_metadata != NULL ? event->run_metadata : "",
                         .content = event->content,
                         .plugin = event->content};
    return !tag_filter_chooses(&all->arguments.filter, key.tag) ||
           count_tag(all, &key, TBLOG_VALUE_OTHER, event->step) != NULL;
}

/* ---- Printing ---- */

/* The kind that TensorBoard assumes: the tag's plugin, or scalars, which need not name one. For an
 * event without values, its content. */
static const char *kind_name(const tag_summary *tag)
{
    if (tag->key.plugin[0] != '\0') {
        return tag->key.plugin;
    }
    return tag->value_kind == TBLOG_VALUE_SCALAR ? "scalars" : "-";
}

static void print_padded(const char *text, int columns)
{
    const int needed = terminal_text_columns(text);
    terminal_text_print(text);
    printf("%*s  ", needed < columns ? columns - needed : 0, "");
}

/* A longer name exceeds its column, so that one name does not push the others off the screen. */
static int wider(int columns, const char *text)
{
    enum { COLUMNS_MAX = 60 };
    int needed = terminal_text_columns(text);
    needed = needed < COLUMNS_MAX ? needed : COLUMNS_MAX;
    return needed > columns ? needed : columns;
}

static void print_table(const tag_map *tags)
{
    bool any_marked = false;
    int run_columns = 3, tag_columns = 3, kind_columns = 4;
    for (size_t i = 0; i < tags->count; i++) {
        const tag_summary *tag = (const tag_summary *)tags->entries[i];
        run_columns = wider(run_columns, tag->key.run);
        tag_columns = wider(tag_columns, tag->key.tag);
        kind_columns = wider(kind_columns, kind_name(tag));
    }
    if (tags->count > 0) {
        printf("%-*s  %-*s  %-*s  %9s  %9s  %9s\n", run_columns, "RUN", tag_columns, "TAG",
               kind_columns, "KIND", "COUNT", "FIRST", "LAST");
    }
    for (size_t i = 0; i < tags->count; i++) {
        const tag_summary *tag = (const tag_summary *)tags->entries[i];
        print_padded(tag->key.run, run_columns);
        print_padded(tag->key.tag, tag_columns);
        print_padded(kind_name(tag), kind_columns);
        const bool marked = tag->out_of_order > 0;
        printf("%9" PRIu64 "  %9" PRId64 "  %9" PRId64 "%s\n", tag->count, tag->first_step,
               tag->last_step, marked ? "  *" : "");
        any_marked |= marked;
    }
    if (any_marked) {
        puts("* steps go back or repeat: " STEPS_GO_BACK_EFFECT);
    }
}

static bool print_json(const tag_map *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        const tag_summary *tag = (const tag_summary *)tags->entries[i];
        json_out out = {.stream = stdout};
        json_out_begin(&out, NULL, '{');
        json_out_text(&out, "run", tag->key.run);
        json_out_text(&out, "tag", tag->key.tag);
        json_out_text(&out, "kind", kind_name(tag));
        json_out_integer(&out, "count", (int64_t)tag->count);
        json_out_integer(&out, "first_step", tag->first_step);
        json_out_integer(&out, "last_step", tag->last_step);
        json_out_integer(&out, "out_of_order_steps", (int64_t)tag->out_of_order);
        json_out_end(&out, '}');
        putchar('\n');
        if (out.no_memory) {
            fprintf(stderr, "tblog ls: %s\n", tblog_status_string(TBLOG_NO_MEMORY));
            return false;
        }
    }
    return true;
}

static enum exit_status print_listing(listing *all)
{
    tag_map_sort(&all->tags);
    if (!all->as_json) {
        print_table(&all->tags);
    } else if (!print_json(&all->tags)) {
        return EXIT_STATUS_FAILED;
    }
    return finish_standard_output("ls") ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

/* ---- The command ---- */

static enum exit_status list(listing *all)
{
    event_files files = {0};
    enum exit_status worst = event_files_find(&files, "ls", all->arguments.paths)
                                 ? EXIT_STATUS_DONE
                                 : EXIT_STATUS_FAILED;
    for (size_t i = 0; i < files.count; i++) {
        if (all->run == NULL || strcmp(all->run, files.at[i].run) != 0) {
            all->starts = (run_starts){0};
        }
        all->run = files.at[i].run;
        worst = worse_status(worst, read_events("ls", files.at[i].path, count_event, all));
    }
    event_files_free(&files);
    if (all->tags.count == 0 && worst == EXIT_STATUS_DONE) {
        complaint_print("ls", all->arguments.paths[0], "note: no values, or none with such a tag");
    }
    return worse_status(worst, print_listing(all));
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    listing *all = state->input;
    if (key != 'j') {
        return arguments_parse(key, argument, state, &all->arguments);
    }
    all->as_json = true;
    return 0;
}

int command_ls(int argc, char **argv)
{
    static const struct argp_option options[] = {
        ARGUMENTS_TAG_OPTION,
        {"json", 'j', NULL, 0, "Print one JSON object per line instead of a table", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc =
            "List the tags of event files: run, tag, kind, number of values, first and last step.\v"
            "A directory stands for all files below it whose names contain 'tfevents'. A run is a "
            "directory with such files. The kind is the TensorBoard plugin that shows the tag. "
            "Events without a tag, such as graphs, get one line per kind with an empty tag. A star "
            "marks tags whose steps go back or repeat; TensorBoard then shows fewer points than "
            "the files hold. In JSON, \"out_of_order_steps\" counts these steps, and a run whose "
            "name is not UTF-8 is an object {\"base64\": \"...\"}. REGEX is a POSIX extended "
            "regular expression.\n\n"
            "Exit status: 0 success; 1 error, or a damaged file, of which the part before the "
            "damage is listed; 2 wrong usage; 3 no error except torn last records."};
    listing all = {0};
    int status = EXIT_STATUS_USAGE;
    if (option_check_parse(&argp, argc, argv, &all) == 0) {
        status = (int)list(&all);
    }
    tag_map_free(&all.tags);
    arguments_free(&all.arguments);
    return status;
}
