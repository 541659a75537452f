/* tblog export: the scalars of event files as CSV (RFC 4180, but for lines that end with a plain
 * line feed). */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "event_files.h"
#include "output_file.h"
#include "tag_filter.h"
#include "tblog/tblog.h"

typedef struct export
{
    const char *output;
    char **paths;
    tag_filter filter;
    output_file file;
    const char *run; /* of the file being read */
}
export;

/* In quotes where it needs them; a quote inside is doubled. */
static void print_field(FILE *stream, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stream);
        return;
    }
    putc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', stream);
        putc(*text, stream);
    }
    putc('"', stream);
}

/* `digits` are enough for the number to be read back as it is. */
static void print_number(FILE *stream, double number, int digits)
{
    if (isnan(number))
        fputs("NaN", stream);
    else if (isinf(number))
        fputs(number > 0 ? "Infinity" : "-Infinity", stream);
    else
        fprintf(stream, "%.*g", digits, number);
}

static bool export_event(void *context, const tblog_event *event)
{
    export *all = context;
    FILE *stream = all->file.stream;
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = &event->values[i];
        if (value->kind != TBLOG_VALUE_SCALAR || !tag_filter_chooses(&all->filter, value->tag))
            continue;
        print_field(stream, all->run);
        putc(',', stream);
        print_field(stream, value->tag);
        fprintf(stream, ",%" PRId64 ",", event->step);
        print_number(stream, event->wall_time, 17);
        putc(',', stream);
        print_number(stream, value->scalar, 9);
        putc('\n', stream);
    }
    return !ferror(stream);
}

static enum exit_status export_files(export *all)
{
    event_files files = {0};
    enum exit_status worst =
        event_files_find(&files, "export", all->paths) ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
    if (!output_file_open(&all->file, "export", all->output)) {
        event_files_free(&files);
        return EXIT_STATUS_FAILED;
    }
    fputs("run,tag,step,wall_time,value\n", all->file.stream);
    for (size_t i = 0; i < files.count; i++) {
        all->run = files.at[i].run;
        worst = worse_status(worst, event_file_read("export", files.at[i].path, export_event, all));
    }
    event_files_free(&files);
    return output_file_finish(&all->file) ? worst : EXIT_STATUS_FAILED;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    export *all = state->input;
    const char *problem;
    switch (key) {
    case 't':
        problem = tag_filter_add(&all->filter, argument);
        if (problem != NULL)
            argp_error(state, "--tag '%s': %s", argument, problem);
        return 0;
    case 'o':
        all->output = argument;
        return 0;
    case ARGP_KEY_ARG:
        return ARGP_ERR_UNKNOWN; /* all at once, below */
    case ARGP_KEY_ARGS:
        all->paths = state->argv + state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "PATH is missing");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_export(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"tag", 't', "REGEX", 0, "Only tags that match; may be repeated", 0},
        {"output", 'o', "FILE", 0,
         "Write this file, which must not be there, instead of standard "
         "output",
         0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc = "Export the scalars of event files as CSV: run, tag, step, wall time, value.\v"
               "A directory stands for the files below it whose names contain 'tfevents'. Every "
               "number is printed with as many digits as it takes to read it back; NaN and "
               "infinities are NaN, Infinity and -Infinity. REGEX is a POSIX extended regular "
               "expression.\n\n"
               "Exit status: 0 all exported; 1 failed, or a file is damaged behind what is "
               "exported; 2 wrong usage; 3 nothing wrong but torn last records."};
    export all = {0};
    int status = EXIT_STATUS_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &all) == 0)
        status = (int)export_files(&all);
    tag_filter_free(&all.filter);
    return status;
}
