#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdint.h>

#include "number.h"
#include "printable.h"
#include "runs_json.h"
#include "sweep_list.h"

/* Directories come last: they may have blanks. */
void sweep_list_print_table(const sweep_list *list, FILE *out)
{
    fputs("index  batch size  learning rate  seed  epochs  directory\n", out);
    for (size_t i = 0; i < list->count; i++) {
        const listed_run *run = &list->runs[i];
        char rate[NUMBER_BYTES];
        char directory[PATH_MAX];
        number_format_exact(rate, run->choice.learning_rate);
        printable_copy(directory, sizeof directory, run->directory);
        fprintf(out, "%5zu  %10u  %13s  %4" PRIu64 "  %6u  %s\n", run->index,
                (unsigned)run->choice.batch_size, rate, run->choice.seed, (unsigned)list->epochs,
                directory);
    }
}

static json_t *run_to_json(const listed_run *run, uint32_t epochs)
{
    char directory[PATH_MAX];
    printable_copy(directory, sizeof directory, run->directory);
    return json_pack("{s:I, s:s, s:{s:I, s:f, s:I, s:I}}",             //
                     "index", (json_int_t)run->index,                  //
                     "directory", directory,                           //
                     "configuration",                                  //
                     "batch_size", (json_int_t)run->choice.batch_size, //
                     "learning_rate", run->choice.learning_rate,       //
                     "seed", (json_int_t)run->choice.seed,             //
                     "epochs", (json_int_t)epochs);
}

int sweep_list_print_json(const sweep_list *list, FILE *out)
{
    json_t *runs = json_array();
    int status = runs != NULL ? 0 : -1;
    for (size_t i = 0; status == 0 && i < list->count; i++) {
        status = json_array_append_new(runs, run_to_json(&list->runs[i], list->epochs));
    }
    if (status != 0) {
        json_decref(runs);
        return -1;
    }
    return runs_json_print(runs, out);
}
