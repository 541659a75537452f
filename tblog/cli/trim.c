/* tblog trim: an event file without the points from a step on, as a run that goes on from an older
 * checkpoint needs it. */
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
#include "tag_map.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

typedef struct trim {
    arguments arguments;
    bool has_from;
    int64_t from;
    tag_map tags;
} trim;

/* A tag's plug-in stands with its first value only. */
typedef struct tag_state {
    tag_key key;
    bool kept_plugin;
    bool dropped_plugin;
} tag_state;

/* Minds a value; false with a message where nothing that is kept tells its tag's plug-in any
 * longer. Scalars need none. */
static bool mind_value(trim *all, const tblog_value *value, bool kept)
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
    complaint_begin("trim", all->arguments.paths[0]);
    fputs("tag '", stderr);
    terminal_text_print_to(stderr, value->tag);
    fputs("' goes back to an earlier step behind its first value, which alone says what it is: "
          "without that one TensorBoard would not show the others\n",
          stderr);
    return false;
}

/* The end of a session with hyper-parameters stands at step 0, however late it comes. */
static bool ends_session(const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        if (strcmp(event->values[i]->tag, "_hparams_/session_end_info") == 0) {
            return true;
        }
    }
    return false;
}

static event_choice choose(void *context, const tblog_event *event)
{
    trim *all = context;
    bool kept =
        strcmp(event->content, "summary") != 0 || (event->step < all->from && !ends_session(event));
    for (size_t i = 0; i < event->value_count; i++) {
        if (!mind_value(all, event->values[i], kept)) {
            return EVENT_FAIL;
        }
    }
    return kept ? EVENT_COPY : EVENT_LEAVE_OUT;
}

static bool parse_step(const char *text, int64_t *step)
{
    char *end;
    errno = 0;
    *step = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    trim *all = state->input;
    switch (key) {
    case 's':
        if (!parse_step(argument, &all->from)) {
            argp_error(state, "--from '%s': not a step", argument);
        }
        all->has_from = true;
        return 0;
    case ARGP_KEY_SUCCESS:
        if (!all->has_from) {
            argp_error(state, "--from STEP is missing");
        }
        return arguments_parse(key, argument, state, &all->arguments);
    default:
        return arguments_parse(key, argument, state, &all->arguments);
    }
}

int command_trim(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"from", 's', "STEP", 0, "The first step to leave out", 0}, ARGUMENTS_NEW_FILE_OPTION, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FILE --from STEP -o OUT",
        .doc = "Copy an event file without the points from a step on, of every tag.\v"
               "For a run that goes on from an older checkpoint, so that no curve is drawn twice. "
               "FILE is only read; move it out of the log directory afterwards. What is no summary "
               "is kept whatever its step; the end of a session with hyper-parameters is left out "
               "whatever its step, for the run goes on. A damaged file is refused ('tblog repair' "
               "saves what is whole); a torn last record, as a crash leaves it, is left out.\n\n"
               "Exit status: 0 done; 1 failed, and there is no OUT; 2 wrong usage; 3 done, but for "
               "a torn last record."};
    trim all = {.arguments = {.one_file = true, .needs_output = true}};
    int status = EXIT_STATUS_USAGE;
    if (option_check_parse(&argp, argc, argv, &all) == 0) {
        status = (int)event_copy_file("trim", all.arguments.output, all.arguments.paths[0], choose,
                                      &all);
    }
    tag_map_free(&all.tags);
    arguments_free(&all.arguments);
    return status;
}
