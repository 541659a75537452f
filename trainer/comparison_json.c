/* The comparison for programs. Numbers that are not there or not finite are null.
 *
 *   target_accuracy  the validation accuracy at which a run has converged
 *   runs             largest batch size first, each with
 *     name, batch_size, seed, engine, hardware, precision, state, note ("" for none)
 *     epochs_planned, epochs       epochs are counted from 1 everywhere
 *     steps_per_epoch, peak_bytes
 *     seconds_per_epoch, samples_per_second          training only
 *     validation_seconds_per_epoch
 *     loss, accuracy, val_loss, val_accuracy         each {final, best, best_epoch}
 *     first_epoch_loss
 *     val_accuracy_error           {final, best}: binomial standard errors
 *     to_target                    {epochs, samples, seconds, epochs_earliest, epochs_latest} or
 *                                  null; the range is as if accuracies were one error off
 *   answers          fewest_epochs, fewest_samples, fewest_seconds, lowest_first_epoch_loss,
 *                    final_val_accuracy, best_val_accuracy, each null or
 *                    {winner, value, next, next_value, tie} with names of runs */
#include <jansson.h>
#include <math.h>

#include "comparison.h"

static const char *const question_keys[COMPARISON_QUESTIONS] = {
    [COMPARISON_FEWEST_EPOCHS] = "fewest_epochs",
    [COMPARISON_FEWEST_SAMPLES] = "fewest_samples",
    [COMPARISON_FEWEST_SECONDS] = "fewest_seconds",
    [COMPARISON_FIRST_LOSS] = "lowest_first_epoch_loss",
    [COMPARISON_FINAL_ACCURACY] = "final_val_accuracy",
    [COMPARISON_BEST_ACCURACY] = "best_val_accuracy",
};

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole_or_null(uint32_t value)
{
    return value > 0 ? json_integer(value) : json_null();
}

static json_t *figure_to_json(const compared_figure *figure)
{
    return json_pack("{s:o, s:o, s:o}", "final", real_or_null(figure->final), "best",
                     real_or_null(figure->best), "best_epoch", whole_or_null(figure->best_epoch));
}

static json_t *target_to_json(const compared_run *run)
{
    if (run->target_epoch == 0) {
        return json_null();
    }
    const json_int_t samples = (json_int_t)run->target_epoch * run->record.config.training_samples;
    return json_pack("{s:I, s:I, s:f, s:I, s:o}", "epochs", (json_int_t)run->target_epoch,
                     "samples", samples, "seconds", comparison_seconds_to(run, run->target_epoch),
                     "epochs_earliest", (json_int_t)run->target_epoch_earliest, "epochs_latest",
                     whole_or_null(run->target_epoch_latest));
}

/* Adds to `object` what only a run with a finished epoch has. */
static int add_figures(json_t *object, const compared_run *run)
{
    json_t *figures =
        json_pack("{s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o}",     //
                  "seconds_per_epoch", run->seconds_per_epoch,                       //
                  "validation_seconds_per_epoch", run->validation_seconds_per_epoch, //
                  "samples_per_second", run->samples_per_second,                     //
                  "loss", figure_to_json(&run->loss),                                //
                  "accuracy", figure_to_json(&run->accuracy),                        //
                  "val_loss", figure_to_json(&run->val_loss),                        //
                  "val_accuracy", figure_to_json(&run->val_accuracy),                //
                  "first_epoch_loss", real_or_null(run->curves.points[0].loss),      //
                  "val_accuracy_error", "final", real_or_null(run->final_error), "best",
                  real_or_null(run->best_error), //
                  "to_target", target_to_json(run));
    const int status = json_object_update(object, figures);
    json_decref(figures);
    return status;
}

static json_t *run_to_json(const compared_run *run)
{
    const run_record *record = &run->record;
    json_t *object = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", //
                               "name", run->name,                                              //
                               "batch_size", (json_int_t)record->config.batch_size,            //
                               "seed", (json_int_t)record->config.seed,                        //
                               "engine", record->config.engine,                                //
                               "hardware", record->hardware,                                   //
                               "precision", engine_precision_name(record->config.precision),   //
                               "state", run_state_name(record->state),                         //
                               "note", run->note,                                              //
                               "epochs_planned", (json_int_t)record->config.epochs,            //
                               "epochs", (json_int_t)run->epochs,                              //
                               "steps_per_epoch", (json_int_t)run->steps_per_epoch,            //
                               "peak_bytes", (json_int_t)record->memory.total);
    if (object != NULL && run->epochs > 0 && add_figures(object, run) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *answer_to_json(const comparison *self, comparison_question question)
{
    const comparison_answer answer = comparison_ask(self, question);
    if (answer.winner == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:f, s:s?, s:o, s:b}", "winner", answer.winner->name, "value",
                     answer.winner_value, "next", answer.next != NULL ? answer.next->name : NULL,
                     "next_value", real_or_null(answer.next_value), "tie", answer.tie);
}

int comparison_print_json(const comparison *self, FILE *out)
{
    json_t *runs = json_array();
    json_t *answers = json_object();
    int status = 0;
    for (size_t i = 0; i < self->count; i++) {
        status |= json_array_append_new(runs, run_to_json(&self->runs[i]));
    }
    for (comparison_question q = 0; q < COMPARISON_QUESTIONS; q++) {
        status |= json_object_set_new(answers, question_keys[q], answer_to_json(self, q));
    }
    json_t *root = json_pack("{s:f, s:o, s:o}", "target_accuracy", COMPARISON_TARGET, "runs", runs,
                             "answers", answers);
    if (root == NULL || status != 0) {
        json_decref(root);
        return -1;
    }
    status = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    fputc('\n', out);
    json_decref(root);
    return status;
}
