/* The comparison for programs. Numbers that are not there or not finite are null.
 *
 *   target_accuracy  the validation accuracy at which a run has converged
 *   runs             largest batch size first, each with
 *     name, batch_size, seed, engine, hardware, precision, state, note ("" for none)
 *     host                         of the process that trained it last, or does; null if not known
 *     diverged_at_step             as in run.json, or null
 *     runs_at_once                 how many shared the hardware, and so its seconds
 *     epochs_planned, epochs       epochs are counted from 1 everywhere
 *     steps_per_epoch, peak_bytes
 *     seconds_per_epoch, validation_seconds_per_epoch
 *                                  each {value, low, high}: median, fastest and slowest epoch
 *     samples_per_second           of training, at the median
 *     seconds                      training and validation of all epochs
 *     loss, accuracy, val_loss, val_accuracy         each {final, best, best_epoch}
 *     first_epoch_loss
 *     val_accuracy_error           {final, best}: binomial standard errors
 *     to_target                    {epochs, samples, seconds}, each {value, low, high}, or null;
 *                                  the range is as if accuracies were one error off, and for
 *                                  seconds every epoch as fast or slow as the fastest or slowest;
 *                                  high is null where it has no end, and value is where only the
 *                                  range has the target
 *   batch_sizes      the finished runs by batch size, each with batch_size, runs, diverged (how
 *                    many others did), and final_val_accuracy, best_val_accuracy,
 *                    first_epoch_loss, epochs_to_target, seconds_per_epoch, each
 *                    {mean, error, runs} over the runs that have the figure; error is the
 *                    mean's standard error, null for a single run
 *   answers          fewest_epochs, fewest_samples, fewest_seconds, lowest_first_epoch_loss,
 *                    final_val_accuracy, best_val_accuracy, each an array of the finished runs
 *                    that have an answer, best first:
 *                    {run, value, low, high, standing}; run is a name; standing is
 *     "first"        the best value, and it alone
 *     "equal"        one of several with the best value
 *     "unsure"       cannot be told apart from one with the best value
 *     "unknown"      no error is known to judge the difference by; low and high are null
 *     "behind"
 *     "unreliable"   after all others: a run that differs by its seed only diverged
 *   diverged         how many of the runs did, and so answer nothing */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "comparison.h"

static const char *const question_keys[COMPARISON_QUESTIONS] = {
    [COMPARISON_FEWEST_EPOCHS] = "fewest_epochs",
    [COMPARISON_FEWEST_SAMPLES] = "fewest_samples",
    [COMPARISON_FEWEST_SECONDS] = "fewest_seconds",
    [COMPARISON_FIRST_LOSS] = "lowest_first_epoch_loss",
    [COMPARISON_FINAL_ACCURACY] = "final_val_accuracy",
    [COMPARISON_BEST_ACCURACY] = "best_val_accuracy",
};

static const char *const standing_keys[] = {
    [COMPARISON_FIRST] = "first",   [COMPARISON_EQUAL] = "equal",
    [COMPARISON_UNSURE] = "unsure", [COMPARISON_UNKNOWN] = "unknown",
    [COMPARISON_BEHIND] = "behind", [COMPARISON_UNRELIABLE] = "unreliable",
};

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole_or_null(uint64_t value)
{
    return value > 0 ? json_integer((json_int_t)value) : json_null();
}

static json_t *figure_to_json(const compared_figure *figure)
{
    return json_pack("{s:o, s:o, s:o}", "final", real_or_null(figure->final), "best",
                     real_or_null(figure->best), "best_epoch", whole_or_null(figure->best_epoch));
}

static json_t *range_to_json(compared_range range)
{
    return json_pack("{s:o, s:o, s:o}", "value", real_or_null(range.value), "low",
                     real_or_null(range.low), "high", real_or_null(range.high));
}

static json_t *target_to_json(const compared_run *run)
{
    const compared_range *answers = run->answers;
    if (isnan(answers[COMPARISON_FEWEST_EPOCHS].value)) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o}",                                             //
                     "epochs", range_to_json(answers[COMPARISON_FEWEST_EPOCHS]),    //
                     "samples", range_to_json(answers[COMPARISON_FEWEST_SAMPLES]),  //
                     "seconds", range_to_json(answers[COMPARISON_FEWEST_SECONDS])); //
}

static json_t *error_to_json(compared_range accuracy)
{
    return real_or_null(accuracy.high - accuracy.value);
}

/* Adds to `object` what only a run with a finished epoch has. */
static int add_figures(json_t *object, const compared_run *run)
{
    json_t *figures =
        json_pack("{s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o}",          //
                  "seconds_per_epoch", range_to_json(run->seconds_per_epoch),                  //
                  "validation_seconds_per_epoch",                                              //
                  range_to_json(run->validation_seconds_per_epoch),                            //
                  "samples_per_second", run->samples_per_second,                               //
                  "seconds", run->seconds,                                                     //
                  "loss", figure_to_json(&run->loss),                                          //
                  "accuracy", figure_to_json(&run->accuracy),                                  //
                  "val_loss", figure_to_json(&run->val_loss),                                  //
                  "val_accuracy", figure_to_json(&run->val_accuracy),                          //
                  "first_epoch_loss", real_or_null(run->answers[COMPARISON_FIRST_LOSS].value), //
                  "val_accuracy_error",                                                        //
                  "final", error_to_json(run->answers[COMPARISON_FINAL_ACCURACY]),             //
                  "best", error_to_json(run->answers[COMPARISON_BEST_ACCURACY]),               //
                  "to_target", target_to_json(run));
    const int status = json_object_update(object, figures);
    json_decref(figures);
    return status;
}

static json_t *run_to_json(const compared_run *run)
{
    const run_record *record = &run->record;
    const char *host = record->host[0] != '\0' ? record->host : NULL;
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:s?, s:I, s:I, s:I, s:I, s:I}", //
                  "name", run->name,                                                              //
                  "batch_size", (json_int_t)record->config.batch_size,                            //
                  "seed", (json_int_t)record->config.seed,                                        //
                  "engine", record->config.engine,                                                //
                  "hardware", record->hardware,                                                   //
                  "precision", engine_precision_name(record->config.precision),                   //
                  "state", run_state_name(record->state),                                         //
                  "diverged_at_step", whole_or_null(record->diverged_at_step),                    //
                  "note", run->note,                                                              //
                  "host", host,                                                                   //
                  "runs_at_once", (json_int_t)record->runs_at_once,                               //
                  "epochs_planned", (json_int_t)record->config.epochs,                            //
                  "epochs", (json_int_t)run->epochs,                                              //
                  "steps_per_epoch", (json_int_t)run->steps_per_epoch,                            //
                  "peak_bytes", (json_int_t)record->memory.total);
    if (object != NULL && run->epochs > 0 && add_figures(object, run) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *answer_to_json(const comparison *self, comparison_question question,
                              comparison_entry *entries)
{
    json_t *array = json_array();
    const size_t count = comparison_ask(self, question, entries);
    for (size_t i = 0; i < count; i++) {
        const compared_range answer = entries[i].answer;
        json_t *item =
            json_pack("{s:s, s:o, s:o, s:o, s:s}", "run", entries[i].run->name, "value",
                      real_or_null(answer.value), "low", real_or_null(answer.low), "high",
                      real_or_null(answer.high), "standing", standing_keys[entries[i].standing]);
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *mean_to_json(compared_mean mean)
{
    return json_pack("{s:o, s:o, s:I}", "mean", real_or_null(mean.value), "error",
                     real_or_null(mean.error), "runs", (json_int_t)mean.runs);
}

static json_t *batch_sizes_to_json(const comparison *self)
{
    compared_batch_size *sizes = calloc(self->count + 1, sizeof *sizes);
    json_t *array = json_array();
    if (sizes == NULL) {
        json_decref(array);
        return NULL;
    }
    const size_t count = comparison_by_batch_size(self, sizes);
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",                  //
                                 "batch_size", (json_int_t)sizes[i].batch_size,               //
                                 "runs", (json_int_t)sizes[i].runs,                           //
                                 "diverged", (json_int_t)sizes[i].diverged,                   //
                                 "final_val_accuracy", mean_to_json(sizes[i].final_accuracy), //
                                 "best_val_accuracy", mean_to_json(sizes[i].best_accuracy),   //
                                 "first_epoch_loss", mean_to_json(sizes[i].first_loss),       //
                                 "epochs_to_target", mean_to_json(sizes[i].epochs_to_target), //
                                 "seconds_per_epoch", mean_to_json(sizes[i].seconds_per_epoch));
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            array = NULL;
            break;
        }
    }
    free(sizes);
    return array;
}

int comparison_print_json(const comparison *self, FILE *out)
{
    comparison_entry *entries = calloc(self->count + 1, sizeof *entries);
    if (entries == NULL) {
        return -1;
    }
    json_t *runs = json_array();
    json_t *answers = json_object();
    int status = 0;
    for (size_t i = 0; i < self->count; i++) {
        status |= json_array_append_new(runs, run_to_json(&self->runs[i]));
    }
    for (comparison_question q = 0; q < COMPARISON_QUESTIONS; q++) {
        status |= json_object_set_new(answers, question_keys[q], answer_to_json(self, q, entries));
    }
    free(entries);
    json_t *root = json_pack("{s:f, s:o, s:o, s:o, s:I}", "target_accuracy", COMPARISON_TARGET,
                             "runs", runs, "batch_sizes", batch_sizes_to_json(self), "answers",
                             answers, "diverged", (json_int_t)comparison_diverged(self));
    if (root == NULL || status != 0) {
        json_decref(root);
        return -1;
    }
    status = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    fputc('\n', out);
    json_decref(root);
    return ferror(out) ? 0 : status; /* what cannot be written is for the stream's owner to tell */
}
