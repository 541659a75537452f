/* tblog tail: the curves of event files in the terminal, also while they grow. */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "complaint.h"
#include "event_files.h"
#include "exit_status.h"
#include "option_check.h"
#include "read_events.h"
#include "series.h"
#include "tail_charts.h"
#include "tblog/tblog.h"

enum { INTERVAL_MS_DEFAULT = 1000 };

/* What changes if a file is written to, or another takes its place. */
typedef struct file_stamp {
    bool is_known;
    dev_t device; /* with the inode: which file it is */
    ino_t inode;
    off_t size;
    struct timespec changed;
} file_stamp;

/* A file that is followed. */
typedef struct followed_file {
    char *path;
    char *run;
    tblog_reader *reader; /* NULL before it was opened, or if that failed */
    bool was_opened;
    bool may_grow;
    bool is_stale; /* to be read again: it, or another file of its run, has changed */
    bool told_damage;
    file_stamp opened;   /* when it was opened */
    file_stamp dead_end; /* when no record was found after damage */
} followed_file;

typedef struct tail {
    arguments arguments;
    bool follow;
    long interval_ms;
    followed_file *files;
    size_t file_count;
    void *paths; /* of the files: a tree of search.h */
    tag_map series;
    bool news; /* there are points that no chart shows yet */
    enum exit_status worst;
} tail;

static void complain(tail *all, const char *path, const char *what)
{
    complaint_print("tail", path, "%s", what);
    all->worst = EXIT_STATUS_FAILED;
}

/* ---- Files ---- */

static int compare_paths(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* Takes ownership of the strings of `found`. Keeps a file that cannot be opened, reported once. */
static void follow_file(tail *all, found_file *found)
{
    followed_file *files = realloc(all->files, (all->file_count + 1) * sizeof *files);
    if (files != NULL) {
        all->files = files;
    }
    if (files == NULL || tsearch(found->path, &all->paths, compare_paths) == NULL) {
        complain(all, found->path, strerror(ENOMEM));
        return;
    }
    followed_file *file = &files[all->file_count++];
    *file = (followed_file){.path = found->path, .run = found->run};
    *found = (found_file){0};
}

static file_stamp stamp_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return (file_stamp){0};
    }
    return (file_stamp){.is_known = true,
                        .device = status.st_dev,
                        .inode = status.st_ino,
                        .size = status.st_size,
                        .changed = status.st_mtim};
}

/* Whether the file was removed, replaced, or cut to less than what was read. The open reader
 * prevents the system from reusing the inode. */
static bool is_no_longer_what_was_read(const followed_file *file)
{
    const file_stamp now = stamp_of(file->path);
    return file->opened.is_known &&
           (now.device != file->opened.device || now.inode != file->opened.inode ||
            (uint64_t)now.size < tblog_reader_offset(file->reader));
}

/* A series has the points of all files of its run, so they are dropped together. */
static void mark_run_stale(tail *all, const char *run)
{
    for (size_t i = 0; i < all->file_count; i++) {
        all->files[i].is_stale |= strcmp(all->files[i].run, run) == 0;
    }
    series_forget_run(&all->series, run);
    all->news = true;
}

static void free_file(tail *all, followed_file *file)
{
    tblog_reader_close(file->reader);
    tdelete(file->path, &all->paths, compare_paths);
    free(file->path);
    free(file->run);
}

/* Drops the runs of which a file has changed. find_files finds the remaining files again. */
static void forget_stale_runs(tail *all)
{
    for (size_t i = 0; i < all->file_count; i++) {
        if (!all->files[i].is_stale && is_no_longer_what_was_read(&all->files[i])) {
            mark_run_stale(all, all->files[i].run);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < all->file_count; i++) {
        if (all->files[i].is_stale) {
            free_file(all, &all->files[i]);
        } else {
            all->files[kept++] = all->files[i];
        }
    }
    all->file_count = kept;
}

static void find_files(tail *all, const char *command)
{
    event_files found = {0};
    if (!event_files_find(&found, command, all->arguments.paths) && command != NULL) {
        all->worst = EXIT_STATUS_FAILED;
    }
    for (size_t i = 0; i < found.count; i++) {
        if (tfind(found.at[i].path, &all->paths, compare_paths) == NULL) {
            follow_file(all, &found.at[i]);
        }
    }
    event_files_free(&found);
}

/* ---- Points ---- */

static void add_event(tail *all, const followed_file *file, const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (value->kind != TBLOG_VALUE_SCALAR ||
            !tag_filter_chooses(&all->arguments.filter, value->tag)) {
            continue;
        }
        if (!series_add(&all->series, file->run, value->tag, event->step, value->scalar)) {
            complain(all, file->path, tblog_status_string(TBLOG_NO_MEMORY));
        }
        all->news = true;
    }
}

/* Searching a long damaged end at every check would keep a processor busy. */
static bool is_still_dead_end(const followed_file *file)
{
    const file_stamp *then = &file->dead_end;
    if (!then->is_known) {
        return false;
    }
    const file_stamp now = stamp_of(file->path);
    return now.is_known && now.size == then->size && now.changed.tv_sec == then->changed.tv_sec &&
           now.changed.tv_nsec == then->changed.tv_nsec;
}

/* Reads what there is, and skips damage, because the curve continues after it. */
static void read_points(tail *all, followed_file *file)
{
    const file_stamp before = file->may_grow ? stamp_of(file->path) : (file_stamp){0};
    const tblog_event *event;
    tblog_status status;
    file->dead_end = (file_stamp){0};
    do {
        while ((status = tblog_reader_next(file->reader, &event)) == TBLOG_OK) {
            add_event(all, file, event);
        }
        if (status == TBLOG_END || (status == TBLOG_TRUNCATED && file->may_grow)) {
            return;
        }
        if (!file->told_damage) {
            complaint_print("tail", file->path, "%s", tblog_reader_message(file->reader));
        }
        file->told_damage = true;
        all->worst = worse_status(all->worst, status == TBLOG_TRUNCATED ? EXIT_STATUS_TORN
                                                                        : EXIT_STATUS_FAILED);
        if (status == TBLOG_DAMAGED) {
            status = tblog_reader_resync(file->reader, NULL);
        }
    } while (status == TBLOG_OK);
    if (status == TBLOG_END) {
        file->dead_end = before;
    }
}

static void open_file(tail *all, followed_file *file)
{
    file->was_opened = true;
    file->opened = stamp_of(file->path);
    file->reader = open_events("tail", file->path);
    if (file->reader == NULL) {
        all->worst = EXIT_STATUS_FAILED;
        return;
    }
    file->may_grow = all->follow && !events_are_gzipped(file->reader);
    if (all->follow && !file->may_grow) {
        complaint_print("tail", file->path, "note: a gzip file is drawn, but not followed");
    }
}

/* A file is opened once, and kept open only if it may grow. */
static void read_file(tail *all, followed_file *file)
{
    if (!file->was_opened) {
        open_file(all, file);
    }
    if (file->reader == NULL || is_still_dead_end(file)) {
        return;
    }
    read_points(all, file);
    if (!file->may_grow) {
        tblog_reader_close(file->reader);
        file->reader = NULL;
    }
}

/* ---- The command ---- */

static void wait_ms(long interval_ms)
{
    const struct timespec pause = {.tv_sec = interval_ms / 1000,
                                   .tv_nsec = interval_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Every file that is followed stays open. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static enum exit_status run_tail(tail *all)
{
    static char screen[64 * 1024]; /* written as a whole, so that it does not flicker */
    if (all->follow) {
        raise_file_limit();
        setvbuf(stdout, screen, _IOFBF, sizeof screen);
    }
    find_files(all, "tail");
    for (;;) {
        for (size_t i = 0; i < all->file_count; i++) {
            read_file(all, &all->files[i]);
        }
        if (all->news && !tail_charts_print(&all->series, all->follow)) {
            return EXIT_STATUS_FAILED;
        }
        all->news = false;
        if (!all->follow) {
            break;
        }
        wait_ms(all->interval_ms);
        forget_stale_runs(all);
        find_files(all, NULL);
    }
    if (all->series.count == 0 && all->worst == EXIT_STATUS_DONE) {
        complain(all, all->arguments.paths[0], "no scalars, or none with such a tag");
    }
    return all->worst;
}

static void free_tail(tail *all)
{
    for (size_t i = 0; i < all->file_count; i++) {
        free_file(all, &all->files[i]);
    }
    free(all->files);
    series_free_all(&all->series);
    arguments_free(&all->arguments);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    tail *all = state->input;
    char *end;
    double seconds;
    switch (key) {
    case 'f':
        all->follow = true;
        return 0;
    case 'i':
        seconds = strtod(argument, &end);
        if (end == argument || *end != '\0' || !(seconds >= 0.001 && seconds <= 86400.0)) {
            return option_check_refuse(state, "--interval '%s': not a number of seconds", argument);
        }
        all->interval_ms = (long)(seconds * 1000);
        return 0;
    default:
        return arguments_parse(key, argument, state, &all->arguments);
    }
}

int command_tail(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"follow", 'f', NULL, 0, "Redraw when there are new points, until interrupted", 0},
        {"interval", 'i', "SECONDS", 0, "Time between checks for new points; default 1", 0},
        ARGUMENTS_TAG_OPTION,
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "PATH...",
        .doc =
            "Draw the scalars of event files as charts in the terminal.\v"
            "A directory stands for all files below it whose names contain 'tfevents'. With -f, "
            "new files are included too, and a run is read again if one of its files is replaced, "
            "cut or removed. Gzip files are drawn once, but not followed. Damage is skipped. If "
            "the locale is not UTF-8, curves are drawn with asterisks. REGEX is a POSIX extended "
            "regular expression.\n\n"
            "Exit status: 0 success; 1 error, a damaged file, or no matching scalars; 2 wrong "
            "usage; 3 no error except torn last records."};
    tail all = {.interval_ms = INTERVAL_MS_DEFAULT};
    int status = EXIT_STATUS_USAGE;
    if (option_check_parse(&argp, argc, argv, &all) == 0) {
        status = (int)run_tail(&all);
    }
    free_tail(&all);
    return status;
}
