/* tblog trim: copies an event file without the points from a step on, without some tags, or with
 * tags renamed. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "complaint.h"
#include "event_copy.h"
#include "exit_status.h"
#include "option_check.h"
#include "read_events.h"
#include "tag_edits.h"
#include "tag_map.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

typedef struct trim {
    arguments arguments;
    bool has_from;
    int64_t from;
    tag_edits edits;
    tag_map tags;
    event_copy copy;
} trim;

/* Only a tag's first value names its plugin. */
typedef struct tag_state {
    tag_key key;
    bool kept_plugin;
    bool dropped_plugin;
} tag_state;

static bool complain_of_tag(const trim *all, const char *tag, const char *what)
{
    fputs("tblog trim: ", stderr);
    terminal_text_print_to(stderr, all->arguments.paths[0]);
    fputs(": tag '", stderr);
    terminal_text_print_to(stderr, tag);
    fprintf(stderr, "' %s\n", what);
    return false;
}

/* Notes a value. False with a message if no value that is kept names its tag's plugin; scalars need
 * none. */
static bool mind_plugin(trim *all, const tblog_value *value, bool kept)
{
    const tag_key key = {
        .run = "", .tag = value->tag, .content = "summary", .plugin = value->plugin};
    tag_state *tag = tag_map_get(&all->tags, &key, sizeof *tag);
    if (tag == NULL) {
        fprintf(stderr, "tblog trim: %s\n", tblog_status_string(TBLOG_NO_MEMORY));
        return false;
    }
    if (value->plugin[0] != '\0') {
        tag->kept_plugin |= kept;
        tag->dropped_plugin |= !kept;
    }
    if (!kept || tag->kept_plugin || !tag->dropped_plugin || value->kind == TBLOG_VALUE_SCALAR) {
        return true;
    }
    return complain_of_tag(all, value->tag,
                           "goes back to an earlier step after its first value; without that one, "
                           "the only one with metadata, TensorBoard would not show the others");
}

/* Notes that an edited tag exists. False with a message if another one would be renamed to a tag
 * that stays. */
static bool mind_edit(const trim *all, const char *tag, tag_edit *edit)
{
    if (edit != NULL) {
        edit->is_met = true;
        return true;
    }
    return tag_edits_find_new(&all->edits, tag) == NULL ||
           complain_of_tag(all, tag, "is there already, so no other can be renamed to it");
}

/* The end of a session with hyper-parameters has step 0, however late it comes. */
static bool ends_session(const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        if (strcmp(event->values[i]->tag, "_hparams_/session_end_info") == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the event is kept by --from. */
static bool is_before(const trim *all, const tblog_event *event)
{
    return !all->has_from || strcmp(event->content, "summary") != 0 ||
           (event->step < all->from && !ends_session(event));
}

static const char *new_tag(void *context, const char *tag)
{
    const trim *all = context;
    const tag_edit *edit = tag_edits_find(&all->edits, tag);
    return edit != NULL ? edit->new_tag : tag;
}

static bool copy_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    trim *all = context;
    const bool kept = is_before(all, event);
    bool is_edited = false;
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        tag_edit *edit = tag_edits_find(&all->edits, value->tag);
        const bool is_dropped = edit != NULL && edit->new_tag == NULL;
        if (!mind_edit(all, value->tag, edit) || (!is_dropped && !mind_plugin(all, value, kept))) {
            return false;
        }
        is_edited |= edit != NULL;
    }
    if (!kept) {
        return true;
    }
    return is_edited ? event_copy_add_edited(&all->copy, reader, event, new_tag, all)
                     : event_copy_add(&all->copy, reader, event);
}

/* False with a message for each tag to drop or rename that the file does not have. */
static bool met_all_tags(const trim *all)
{
    bool met = true;
    for (size_t i = 0; i < all->edits.count; i++) {
        const tag_edit *edit = &all->edits.at[i];
        if (!edit->is_met) {
            met = complain_of_tag(all, edit->tag, "is not there");
        }
    }
    return met;
}

static enum exit_status trim_file(trim *all)
{
    if (!event_copy_begin(&all->copy, "trim", all->arguments.output)) {
        return EXIT_STATUS_FAILED;
    }
    enum exit_status status = read_events("trim", all->arguments.paths[0], copy_event, all);
    if (status != EXIT_STATUS_FAILED && !met_all_tags(all)) {
        status = EXIT_STATUS_FAILED;
    }
    return output_file_end(&all->copy.file, status);
}

/* ---- The command ---- */

static bool parse_step(const char *text, int64_t *step)
{
    char *end;
    errno = 0;
    *step = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

enum { OPTION_DROP_TAG = 256, OPTION_RENAME_TAG };

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    trim *all = state->input;
    const char *problem;
    switch (key) {
    case 's':
        if (!parse_step(argument, &all->from)) {
            return option_check_refuse(state, "--from '%s': not a step", argument);
        }
        all->has_from = true;
        return 0;
    case OPTION_DROP_TAG:
        problem = tag_edits_add_drop(&all->edits, argument);
        if (problem != NULL) {
            return option_check_refuse(state, "--drop-tag '%s': %s", argument, problem);
        }
        return 0;
    case OPTION_RENAME_TAG:
        problem = tag_edits_add_rename(&all->edits, argument);
        if (problem != NULL) {
            return option_check_refuse(state, "--rename-tag '%s': %s", argument, problem);
        }
        return 0;
    case ARGP_KEY_SUCCESS:
        if (!all->has_from && all->edits.count == 0) {
            return option_check_refuse(state, "--from, --drop-tag or --rename-tag is missing");
        }
        return arguments_parse(key, argument, state, &all->arguments);
    default:
        return arguments_parse(key, argument, state, &all->arguments);
    }
}

int command_trim(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"from", 's', "STEP", 0, "Leave out the points from this step on", 0},
        {"drop-tag", OPTION_DROP_TAG, "TAG", 0, "Leave out this tag; may be repeated", 0},
        {"rename-tag", OPTION_RENAME_TAG, "OLD=NEW", 0, "Rename a tag; may be repeated", 0},
        ARGUMENTS_NEW_FILE_OPTION,
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FILE -o OUT",
        .doc =
            "Copy an event file without the points from a step on, without some tags, or with tags "
            "renamed.\v"
            "FILE is not changed; move it out of the log directory afterwards. Damaged files are "
            "refused ('tblog repair' saves the whole records). A torn last record, which a crash "
            "leaves, is left out.\n\n"
            "Use --from if a run was resumed from an older checkpoint; otherwise its curves are "
            "drawn twice. Events that are not summaries are kept at every step. The end of a "
            "session with hyper-parameters is left out at every step, because the run "
            "continues.\n\n"
            "TAG, OLD and NEW are complete tag names. The first '=' ends OLD. TAG and OLD must be "
            "in FILE. NEW must not be, unless that tag is dropped or renamed too. Other files of "
            "the run are not considered.\n\n"
            "Exit status: 0 success; 1 error, OUT is not written; 2 wrong usage; 3 success, "
            "except for a torn last record."};
    trim all = {.arguments = {.one_file = true, .needs_output = true}};
    int status = EXIT_STATUS_USAGE;
    if (option_check_parse(&argp, argc, argv, &all) == 0) {
        status = (int)trim_file(&all);
    }
    tag_map_free(&all.tags);
    tag_edits_free(&all.edits);
    arguments_free(&all.arguments);
    return status;
}
