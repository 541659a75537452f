/* The comparison for programs. Numbers that are not there or not finite are null.
 *
 *   target_accuracy   the validation accuracy at which a run has converged
 *   target            "given", "usual" (99 %) or "common" (no batch size reaches 99 %, and all runs
 *                     reach this)
 *   batch_sizes       largest first, each with
 *     batch_size, learning_rate
 *     rate            "only", or how one of several was chosen: "confirmed" or "chosen" (verdict.h)
 *     runs, diverged, unfinished   how many; the figures are over `runs`
 *     final_val_accuracy, best_val_accuracy
 *                     {mean, error, low, high}: the mean's standard error and 95 % interval, null
 *                     for a single run
 *     epochs_to_target, seconds_to_target
 *                     medians, null if it is never reached
 *     reached         runs that reach it
 *     seconds_per_epoch, peak_bytes
 *   differences       a row a pair of batch sizes:
 *                     {batch_size, other, points, low, high, p, paired, common_seeds}; points is
 *                     the first one's accuracy less the other's, in percentage points; p is
 *                     Holm's
 *   best              batch_size of the best validated ones: an array of one, or of equals
 *   better_than_all   whether it is better beyond chance than all others that finished without
 *                     a diverged seed
 *   fastest, cheapest likewise batch_size; cheapest is empty if seconds cannot be compared
 *   seeds_needed      to tell the best from the nearest other one; null if not known, 101 for more
 *                     than 100
 *   left_out          {other_program, other_data, other_epochs, other_engine, repeated}:
 *                     how many runs are in `runs` and in nothing else
 *   runs              largest batch size first, each with
 *     name, batch_size, learning_rate, seed, engine, hardware, precision, state, note ("" for none)
 *                     the engine is "keras" of a log of Keras, of which much is not known: null
 *     place                        "member" of what is compared, or a key of left_out
 *     host                         of the process that trained it last, or does; null if not known
 *     diverged_at_step             as in run.json, or null
 *     runs_at_once                 how many shared the hardware, and so its seconds
 *     epochs_planned, epochs       epochs are counted from 1 everywhere
 *     steps_per_epoch, peak_bytes
 *     seconds_per_epoch            {value, low, high}: median, fastest and slowest epoch, training
 *     samples_per_second           of training, at the median
 *     seconds                      training and validation of all epochs
 *     loss, accuracy, val_loss, val_accuracy         each {final, best, best_epoch}
 *     epochs_to_target, seconds_to_target            null if it is never reached */
#include <jansson.h>
#include <stdlib.h>

#include "comparison_print.h"
#include "real_to_json.h"

static const char *const target_keys[] = {
    [VERDICT_TARGET_GIVEN] = "given",
    [VERDICT_TARGET_USUAL] = "usual",
    [VERDICT_TARGET_COMMON] = "common",
};

static const char *const rate_keys[] = {
    [VERDICT_ONE_RATE] = "only",
    [VERDICT_RATE_CONFIRMED] = "confirmed",
    [VERDICT_RATE_CHOSEN] = "chosen",
};

static json_t *whole_or_null(uint64_t value)
{
    return value > 0 ? json_integer((json_int_t)value) : json_null();
}

static json_t *rate_or_null(double learning_rate)
{
    return learning_rate > 0 ? json_real(learning_rate) : json_null();
}

static json_t *figure_to_json(const compared_figure *figure)
{
    return json_pack("{s:o, s:o, s:o}", "final", real_to_json(figure->final), "best",
                     real_to_json(figure->best), "best_epoch", whole_or_null(figure->best_epoch));
}

/* Adds to `object` what only a run with a finished epoch has. */
static int add_figures(json_t *object, const compared_run *run, double target)
{
    const double pace = run->seconds_per_epoch;
    json_t *figures =
        json_pack("{s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",         //
                  "seconds_per_epoch",                                                   //
                  "value", real_to_json(pace),                                           //
                  "low", real_to_json(run->fastest_epoch),                               //
                  "high", real_to_json(run->slowest_epoch),                              //
                  "samples_per_second",                                                  //
                  real_to_json(compared_run_samples_per_second(run)),                    //
                  "seconds", real_to_json(run->seconds),                                 //
                  "loss", figure_to_json(&run->loss),                                    //
                  "accuracy", figure_to_json(&run->accuracy),                            //
                  "val_loss", figure_to_json(&run->val_loss),                            //
                  "val_accuracy", figure_to_json(&run->val_accuracy),                    //
                  "epochs_to_target", real_to_json(compared_run_epochs_to(run, target)), //
                  "seconds_to_target", real_to_json(compared_run_seconds_to(run, target)));
    const int status = json_object_update(object, figures);
    json_decref(figures);
    return status;
}

static json_t *run_to_json(const compared_run *run, family_place place, double target)
{
    const run_record *record = &run->record;
    const run_config *config = &record->config;
    const char *host = record->host[0] != '\0' ? record->host : NULL;
    const char *hardware = record->hardware[0] != '\0' ? record->hardware : NULL;
    const char *precision = run->is_foreign ? NULL : engine_precision_name(config->precision);
    json_t *seed = run->is_foreign ? json_null() : json_integer((json_int_t)config->seed);
    json_t *object = json_pack("{s:s, s:I, s:o, s:o, s:s, s:s?, s:s?, s:s, s:o, s:s, s:s?}", //
                               "name", run->name,                                            //
                               "batch_size", (json_int_t)config->batch_size,                 //
                               "learning_rate", rate_or_null(config->learning_rate),         //
                               "seed", seed,                                                 //
                               "engine", config->engine,                                     //
                               "hardware", hardware,                                         //
                               "precision", precision,                                       //
                               "state", run_state_name(record->state),                       //
                               "diverged_at_step", whole_or_null(record->diverged_at_step),  //
                               "note", run->note,                                            //
                               "host", host);
    json_t *counts =
        json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}",                                     //
                  "place", family_place_key(place),                                     //
                  "runs_at_once", (json_int_t)record->runs_at_once,                     //
                  "epochs_planned", (json_int_t)config->epochs,                         //
                  "epochs", (json_int_t)record->epoch_count,                            //
                  "steps_per_epoch", whole_or_null(run_config_steps_per_epoch(config)), //
                  "peak_bytes", whole_or_null(record->memory.total));
    int status = json_object_update(object, counts);
    json_decref(counts);
    if (status == 0 && record->epoch_count > 0) {
        status = add_figures(object, run, target);
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *mean_to_json(verdict_mean mean)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "mean", real_to_json(mean.value), "error",
                     real_to_json(mean.error), "low", real_to_json(mean.low), "high",
                     real_to_json(mean.high));
}

static json_t *row_to_json(const verdict_row *row)
{
    return json_pack("{s:I, s:o, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", //
                     "batch_size", (json_int_t)row->batch_size,                           //
                     "learning_rate", rate_or_null(row->learning_rate),                   //
                     "rate", rate_keys[row->rate],                                        //
                     "runs", (json_int_t)row->seeds,                                      //
                     "diverged", (json_int_t)row->diverged,                               //
                     "unfinished", (json_int_t)row->unfinished,                           //
                     "final_val_accuracy", mean_to_json(row->accuracy),                   //
                     "best_val_accuracy", mean_to_json(row->best_accuracy),               //
                     "epochs_to_target", real_to_json(row->epochs),                       //
                     "seconds_to_target", real_to_json(row->seconds),                     //
                     "reached", (json_int_t)row->reached,                                 //
                     "seconds_per_epoch", real_to_json(row->seconds_per_epoch),           //
                     "peak_bytes", whole_or_null(row->memory));
}

static json_t *pair_to_json(const verdict *answer, size_t left, size_t right)
{
    const verdict_pair *pair = verdict_pair_of(answer, left, right);
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:I}",              //
                     "batch_size", (json_int_t)answer->rows[left].batch_size, //
                     "other", (json_int_t)answer->rows[right].batch_size,     //
                     "points", real_to_json(100 * pair->accuracy.mean),       //
                     "low", real_to_json(100 * pair->accuracy.low),           //
                     "high", real_to_json(100 * pair->accuracy.high),         //
                     "p", real_to_json(pair->p),                              //
                     "paired", (int)pair->paired,                             //
                     "common_seeds", (json_int_t)pair->common);
}

static json_t *pairs_to_json(const verdict *answer)
{
    json_t *array = json_array();
    int status = 0;
    for (size_t i = 0; i < answer->count; i++) {
        for (size_t j = i + 1; j < answer->count; j++) {
            status |= json_array_append_new(array, pair_to_json(answer, i, j));
        }
    }
    if (status != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *leaders_to_json(const verdict *answer, verdict_question question, size_t *rows)
{
    json_t *array = json_array();
    int status = 0;
    const bool is_told = question != VERDICT_SECONDS || answer->same_hardware;
    const size_t count = is_told ? verdict_leaders(answer, question, rows) : 0;
    for (size_t i = 0; i < count; i++) {
        status |= json_array_append_new(array, json_integer(answer->rows[rows[i]].batch_size));
    }
    if (status != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

/* better_than_all and seeds_needed. */
static json_t *certainty_to_json(const verdict *answer, size_t *rows)
{
    const bool has_best = verdict_leaders(answer, VERDICT_ACCURACY, rows) > 0;
    const size_t best = has_best ? rows[0] : 0;
    const size_t rivals = has_best ? verdict_rivals(answer, best, rows) : 0;
    unsigned seeds = 0;
    if (rivals > 0) {
        seeds = verdict_seeds_needed(answer, best, verdict_nearest(answer, best, rows, rivals));
    }
    return json_pack("{s:b, s:o}", "better_than_all",
                     (int)(has_best && verdict_is_best(answer, best)), "seeds_needed",
                     whole_or_null(seeds));
}

static json_t *left_out_to_json(const verdict *answer)
{
    json_t *object = json_object();
    int status = 0;
    for (family_place place = FAMILY_MEMBER + 1; place < FAMILY_PLACES; place++) {
        status |= json_object_set_new(object, family_place_key(place),
                                      json_integer((json_int_t)answer->left_out[place]));
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* NULL without memory. */
static json_t *all_to_json(const comparison *all, const verdict *answer, size_t *rows)
{
    int status = 0;
    json_t *runs = json_array();
    json_t *sizes = json_array();
    for (size_t i = 0; i < all->count; i++) {
        status |= json_array_append_new(
            runs, run_to_json(&all->runs[i], answer->places[i], answer->target));
    }
    for (size_t i = 0; i < answer->count; i++) {
        status |= json_array_append_new(sizes, row_to_json(&answer->rows[i]));
    }
    json_t *root = json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",            //
                             "target_accuracy", real_to_json(answer->target),            //
                             "target", target_keys[answer->target_is],                   //
                             "batch_sizes", sizes,                                       //
                             "differences", pairs_to_json(answer),                       //
                             "best", leaders_to_json(answer, VERDICT_ACCURACY, rows),    //
                             "fastest", leaders_to_json(answer, VERDICT_EPOCHS, rows),   //
                             "cheapest", leaders_to_json(answer, VERDICT_SECONDS, rows), //
                             "left_out", left_out_to_json(answer),                       //
                             "runs", runs);
    json_t *certainty = certainty_to_json(answer, rows);
    status |= json_object_update(root, certainty);
    json_decref(certainty);
    if (status != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

int comparison_print_json(const comparison *all, const verdict *answer, FILE *out)
{
    size_t *rows = malloc((answer->count + 1) * sizeof *rows);
    json_t *root = rows != NULL ? all_to_json(all, answer, rows) : NULL;
    free(rows);
    if (root == NULL) {
        return -1;
    }
    const int status = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    fputc('\n', out);
    json_decref(root);
    return ferror(out) ? 0 : status; /* the stream's owner reports errors of writing */
}
