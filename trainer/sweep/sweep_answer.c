#include "sweep_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "comparison.h"
#include "comparison_print.h"
#include "message.h"
#include "printable.h"
#include "retried_calls.h"
#include "run_record.h"
#include "verdict.h"
#include "verdict_plot.h"
#include "verdict_words.h"

#define PICTURE_FILE "comparison.svg"

/* The path of a file beside the runs that no other process writes, on this host or another one. */
static int own_path(char out[PATH_MAX], const char *logdir, char *message)
{
    char name[NAME_MAX];
    run_record here = {0};
    run_record_name_process(&here);
    snprintf(name, sizeof name, "comparison-%s-%" PRIu64 ".svg", here.host, here.process);
    return message_join_path(out, PATH_MAX, logdir, name, message);
}

/* Several processes of a sweep may draw at the same time, and the temporary file of
 * verdict_plot_write would have the same name in all of them. So each writes a file of its own, and
 * then renames it to the picture's name. */
static int write_picture(const char *path, const char *logdir, const comparison *all,
                         const verdict *answer, char *message)
{
    char own[PATH_MAX];
    const verdict_plot wanted = {
        .path = own, .source = logdir, .axis = VERDICT_AXIS_EPOCHS, .look = &theme_light};
    if (own_path(own, logdir, message) != 0 ||
        verdict_plot_write(&wanted, all, answer, message) != 0) {
        return -1;
    }
    if (retried_renameat(AT_FDCWD, own, path) != 0) {
        message_set(message, "%s cannot be written: %s", path, strerror(errno));
        retried_unlinkat(AT_FDCWD, own, 0);
        return -1;
    }
    return 0;
}

/* Draws the picture of the comparison beside the runs. If that fails, the sweep still succeeds. */
static void draw_runs(const experiment *data, const comparison *all, const verdict *answer)
{
    const char *logdir = data->options->logdir;
    char message[MESSAGE_BYTES];
    char path[PATH_MAX];
    char shown[PATH_MAX];
    if (message_join_path(path, sizeof path, logdir, PICTURE_FILE, message) != 0 ||
        write_picture(path, logdir, all, answer, message) != 0) {
        fflush(stdout);
        fprintf(stderr, "%s: no picture: %s\n", data->program, message);
        return;
    }
    printable_copy(shown, sizeof shown, path);
    printf("Picture: %s\n", shown);
}

/* The picture and the verdict come last, since the end of a long output is what users see. */
static int print_answer(const experiment *data, const comparison *all, const verdict *answer)
{
    comparison_print_table(all, answer, stdout);
    putchar('\n');
    experiment_print_view(data, data->options->logdir);
    experiment_print_colours(data);
    draw_runs(data, all, answer);
    putchar('\n');
    return verdict_words_print(answer, stdout);
}

outcome sweep_answer(const experiment *data, const sweep_list *list)
{
    char message[MESSAGE_BYTES];
    comparison all = {0};
    verdict answer = {0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < list->count; i++) {
        const char *directory = list->runs[i].directory;
        status = comparison_add(&all, directory, strrchr(directory, '/') + 1, message);
    }
    comparison_sort(&all);
    if (status == 0 &&
        (verdict_make(&answer, &all, 0) != 0 || print_answer(data, &all, &answer) != 0)) {
        status = message_set(message, "no memory for the comparison");
    }
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", data->program, message);
    }
    verdict_free(&answer);
    comparison_free(&all);
    return status == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
}
