/* tblog tail: the curves of event files in the terminal, also while they grow. */
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "chart.h"
#include "commands.h"
#include "event_files.h"
#include "read_events.h"
#include "series.h"
#include "tblog/tblog.h"
#include "text.h"

enum { CHART_ROWS = 8, COLUMNS_DEFAULT = 80, INTERVAL_MS_DEFAULT = 1000 };

/* A file that is followed. */
typedef struct followed_file {
    char *path;
    char *run;
    tblog_reader *reader;
    bool told_damage;
} followed_file;

typedef struct tail {
    arguments arguments;
    bool follow;
    long interval_ms;
    followed_file *files;
    size_t file_count;
    tag_map series;
    bool news; /* points that no chart shows yet */
    enum exit_status worst;
} tail;

static void complain(tail *all, const char *path, const char *what)
{
    fprintf(stderr, "tblog tail: %s: %s\n", path, what);
    all->worst = EXIT_STATUS_FAILED;
}

/* ---- Files ---- */

static bool is_followed(const tail *all, const char *path)
{
    for (size_t i = 0; i < all->file_count; i++) {
        if (strcmp(all->files[i].path, path) == 0)
            return true;
    }
    return false;
}

/* Takes over the strings of `found`. A file that cannot be opened is kept too, told once. */
static void follow_file(tail *all, event_file *found)
{
    followed_file *files = realloc(all->files, (all->file_count + 1) * sizeof *files);
    if (files == NULL) {
        complain(all, found->path, strerror(errno));
        return;
    }
    all->files = files;
    followed_file *file = &files[all->file_count++];
    *file = (followed_file){.path = found->path, .run = found->run};
    *found = (event_file){0};
    file->reader = open_events("tail", file->path);
    if (file->reader == NULL)
        all->worst = EXIT_STATUS_FAILED;
}

static void find_files(tail *all, const char *command)
{
    event_files found = {0};
    if (!event_files_find(&found, command, all->arguments.paths) && command != NULL)
        all->worst = EXIT_STATUS_FAILED;
    for (size_t i = 0; i < found.count; i++) {
        if (!is_followed(all, found.at[i].path))
            follow_file(all, &found.at[i]);
    }
    event_files_free(&found);
}

/* ---- Points ---- */

static void add_event(tail *all, const followed_file *file, const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (value->kind != TBLOG_VALUE_SCALAR ||
            !tag_filter_chooses(&all->arguments.filter, value->tag))
            continue;
        if (!series_add(&all->series, file->run, value->tag, event->step, value->scalar))
            complain(all, file->path, tblog_status_string(TBLOG_NO_MEMORY));
        all->news = true;
    }
}

/* Reads what there is, and goes on behind damage, for the curve behind it is wanted too. */
static void read_file(tail *all, followed_file *file)
{
    const tblog_event *event;
    tblog_status status;
    do {
        while ((status = tblog_reader_next(file->reader, &event)) == TBLOG_OK)
            add_event(all, file, event);
        if (status == TBLOG_END || (status == TBLOG_TRUNCATED && all->follow))
            return;
        if (!file->told_damage)
            fprintf(stderr, "tblog tail: %s: %s\n", file->path, tblog_reader_message(file->reader));
        file->told_damage = true;
        all->worst = worse_status(all->worst, status == TBLOG_TRUNCATED ? EXIT_STATUS_TORN
                                                                        : EXIT_STATUS_FAILED);
    } while (status == TBLOG_DAMAGED && tblog_reader_resync(file->reader, NULL) == TBLOG_OK);
}

/* ---- Charts ---- */

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return COLUMNS_DEFAULT;
}

static void print_series(tag_series *series, int columns, bool braille)
{
    text_print(series->key.run);
    fputs("  ", stdout);
    text_print(series->key.tag);
    size_t count;
    const chart_point *points = series_points(series, &count);
    if (count > 0)
        printf("  %.6g at step %" PRId64, series->last.value, series->last.step);
    if (series->non_finite > 0)
        printf("  (%" PRIu64 " not finite)", series->non_finite);
    putchar('\n');
    if (count > 0)
        (void)chart_print(stdout, points, count, columns - 1, CHART_ROWS, braille);
}

/* False where standard output takes no more. */
static bool print_charts(tail *all)
{
    bool on_terminal = isatty(STDOUT_FILENO) != 0;
    bool braille = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    tag_map_sort(&all->series);
    if (on_terminal && all->follow)
        fputs("\033[H\033[2J", stdout);
    for (size_t i = 0; i < all->series.count; i++)
        print_series((tag_series *)all->series.entries[i], terminal_columns(), braille);
    all->news = false;
    return finish_standard_output("tail");
}

/* ---- The command ---- */

static void wait_ms(long interval_ms)
{
    struct timespec pause = {.tv_sec = interval_ms / 1000, .tv_nsec = interval_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static enum exit_status run_tail(tail *all)
{
    find_files(all, "tail");
    for (;;) {
        for (size_t i = 0; i < all->file_count; i++) {
            if (all->files[i].reader != NULL)
                read_file(all, &all->files[i]);
        }
        if (all->news && !print_charts(all))
            return EXIT_STATUS_FAILED;
        if (!all->follow)
            break;
        wait_ms(all->interval_ms);
        find_files(all, NULL);
    }
    if (all->series.count == 0 && all->worst == EXIT_STATUS_DONE)
        complain(all, all->arguments.paths[0], "no scalars, or none with such a tag");
    return all->worst;
}

static void free_tail(tail *all)
{
    for (size_t i = 0; i < all->file_count; i++) {
        tblog_reader_close(all->files[i].reader);
        free(all->files[i].path);
        free(all->files[i].run);
    }
    free(all->files);
    series_free_all(&all->series);
    arguments_free(&all->arguments);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    tail *all = state->input;
    char *end;
    switch (key) {
    case 'f':
        all->follow = true;
        return 0;
    case 'i':
        all->interval_ms = (long)(strtod(argument, &end) * 1000);
        if (end == argument || *end != '\0' || all->interval_ms < 1 || all->interval_ms > 86400000)
            argp_error(state, "--interval '%s': not a number of seconds", argument);
        return 0;
    default:
        return arguments_parse(key, argument, state, &all->arguments);
    }
}

int command_tail(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"follow", 'f', NULL, 0, "Draw again whenever there are new points, until interrupted", 0},
        {"interval", 'i', "SECONDS", 0, "How often --follow looks; default 1", 0},
        ARGUMENTS_TAG_OPTION,
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc = "Draw the scalars of event files as charts in the terminal.\v"
               "A directory stands for the files below it whose names contain 'tfevents', with -f "
               "for those that come later too. Behind damage it goes on. Where the locale is not "
               "UTF-8 the curve is made of asterisks. REGEX is a POSIX extended regular "
               "expression.\n\n"
               "Exit status: 0 all drawn; 1 failed, a file is damaged, or there are no such "
               "scalars; 2 wrong usage; 3 nothing wrong but torn last records."};
    tail all = {.interval_ms = INTERVAL_MS_DEFAULT};
    setlocale(LC_CTYPE, "");
    int status = EXIT_STATUS_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &all) == 0)
        status = (int)run_tail(&all);
    free_tail(&all);
    return status;
}
