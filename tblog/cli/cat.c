/* tblog cat: an event file as lines of JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "event_json.h"
#include "exit_status.h"
#include "option_check.h"
#include "read_events.h"
#include "standard_output.h"

/* One line. */
static bool print_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    (void)reader;
    json_out out = {.stream = stdout};
    event_json(&out, event, context);
    if (out.no_memory) {
        fprintf(stderr, "tblog cat: %s\n", tblog_status_string(TBLOG_NO_MEMORY));
    } else if (putchar('\n') == EOF || ferror(stdout)) {
        fprintf(stderr, "tblog cat: standard output: %s\n", strerror(errno));
    } else {
        return true;
    }
    return false;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    return arguments_parse(key, argument, state, state->input);
}

int command_cat(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_option,
        .args_doc = "FILE",
        .doc =
            "Print the events of an event file, one JSON object per line.\v"
            "FILE may be a pipe, such as /dev/stdin. Values are decoded: text as text, histograms "
            "as buckets, PR curves as six rows, hyper-parameters and layouts with all their "
            "fields. For images, audio and graphs, the sizes in bytes are printed ('tblog export' "
            "saves them). Metadata of unknown plugins, and other bytes that are not UTF-8, are "
            "objects {\"base64\": \"...\"}. NaN and infinities are the strings \"NaN\", "
            "\"Infinity\" and \"-Infinity\".\n\n"
            "Exit status: 0 success; 1 error, or a damaged file, of which the part before the "
            "damage is printed; 2 wrong usage; 3 the file ends inside a record."};
    arguments all = {.one_file = true};
    if (option_check_parse(&argp, argc, argv, &all) != 0) {
        return EXIT_STATUS_USAGE;
    }
    tag_map tags = {0};
    const enum exit_status status = read_events("cat", all.paths[0], print_event, &tags);
    tag_map_free(&tags);
    arguments_free(&all);
    return (int)(finish_standard_output("cat") ? status : EXIT_STATUS_FAILED);
}
