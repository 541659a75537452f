#include "sweep_list.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "message.h"

static int add_run(sweep_list *list, const run_options *options, size_t index, char *message)
{
    char path[PATH_MAX];
    const run_choice choice = run_options_choice(options, index);
    if (experiment_run_path(path, options->logdir, choice, options->seeds > 0, message) != 0) {
        return -1;
    }
    char *directory = strdup(path);
    if (directory == NULL) {
        return message_set(message, "no memory for the list of runs");
    }
    list->runs[list->count++] =
        (listed_run){.index = index, .choice = choice, .directory = directory};
    return 0;
}

int sweep_list_make(sweep_list *out, const run_options *options, char *message)
{
    const size_t count = run_options_run_count(options);
    int status = 0;
    *out = (sweep_list){
        .runs = calloc(count, sizeof *out->runs), .whole_count = count, .epochs = options->epochs};
    if (out->runs == NULL) {
        return message_set(message, "no memory for the list of runs");
    }
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (task_share_has(&options->sharing.task, i)) {
            status = add_run(out, options, i, message);
        }
    }
    if (status != 0) {
        sweep_list_free(out);
    }
    return status;
}

void sweep_list_free(sweep_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->runs[i].directory);
    }
    free(list->runs);
    *list = (sweep_list){0};
}
