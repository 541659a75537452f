/* trainer evaluate: measures a trained network on a validation set. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "dataset.h"
#include "evaluation_report.h"
#include "message.h"
#include "model_engine.h"
#include "model_file.h"
#include "option_check.h"
#include "option_value.h"

enum option_key { KEY_DATA = 256, KEY_BEST, KEY_FORMAT };

typedef struct evaluate_options {
    const char *model;
    const char *data;
    bool best;
    bool json;
    model_engine_options engine;
} evaluate_options;

static const struct argp_option option_table[] = {
    {"data", KEY_DATA, "PATH", 0,
     "The data set whose validation images are classified, as for train "
     "(default " DATASET_DEFAULT_PATH ")",
     1},
    {"best", KEY_BEST, NULL, 0, OPTION_BEST_HELP, 1},
    {"format", KEY_FORMAT, "text|json", 0, "A report for people (default) or JSON", 1},
    {0}};

static error_t take_option(int key, char *text, struct argp_state *state)
{
    evaluate_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->engine;
        return 0;
    case KEY_DATA:
        return option_take_name(state, "--data", text, &options->data);
    case KEY_BEST:
        options->best = true;
        return 0;
    case KEY_FORMAT:
        options->json = strcmp(text, "json") == 0;
        if (!options->json && strcmp(text, "text") != 0) {
            return option_wrong(state, "--format: \"%s\" is not text or json", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        return option_take_model(state, text, &options->model);
    case ARGP_KEY_END:
        return option_check_model(state, options->model);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Evaluates and prints. 0, or -1 with a message. */
static int print_report(model_engine *self, const evaluate_options *options,
                        const dataset_part *validation, evaluation_report *report, char *message)
{
    engine_result result;
    uint8_t *predicted = malloc(validation->count);
    if (predicted == NULL) {
        return message_set(message, "no memory for the predictions");
    }
    if (self->api->evaluate(self->engine, ENGINE_VALIDATION, &result, predicted) != ENGINE_OK) {
        free(predicted);
        return message_set(message, "the %s engine failed to evaluate: %s", self->api->name,
                           self->api->message(self->engine));
    }
    if (isnan(result.loss_sum)) {
        free(predicted);
        return message_set(message,
                           "the model's probabilities are not all numbers: its weights are "
                           "too large");
    }
    evaluation_make(&report->result, validation->labels, predicted, validation->count,
                    result.loss_sum);
    free(predicted);
    if (!options->json) {
        evaluation_report_print(report, stdout);
        return 0;
    }
    return evaluation_report_print_json(report, stdout) == 0
               ? 0
               : message_set(message, "no memory for the report");
}

static outcome evaluate_on(const char *program, const evaluate_options *options,
                           const model *trained, const dataset *data)
{
    char message[MESSAGE_BYTES];
    char difference[MESSAGE_BYTES];
    const dataset_part *part = &data->validation;
    const engine_data validation = {part->images, part->labels, part->count};
    model_engine used;
    outcome status =
        model_engine_open(&used, trained, &options->engine, &validation, difference, message);
    if (status == OUTCOME_DONE) {
        evaluation_report report = {.path = options->model,
                                    .model = trained,
                                    .data_path = options->data,
                                    .data_crc32 = data->crc32,
                                    .engine = used.api->name,
                                    .plan = used.api->planned(used.engine),
                                    .difference = difference};
        if (print_report(&used, options, part, &report, message) != 0) {
            status = OUTCOME_FAILED;
        }
        model_engine_close(&used);
    }
    if (status != OUTCOME_DONE) {
        fprintf(stderr, "%s: %s\n", program, message);
    }
    return status;
}

static outcome evaluate(const char *program, const evaluate_options *options)
{
    char message[MESSAGE_BYTES];
    model trained = {0};
    dataset data = {0};
    outcome status = OUTCOME_FAILED;
    if (model_load(&trained, options->model, options->best, message) != 0 ||
        dataset_load(&data, options->data, message) != 0) {
        fprintf(stderr, "%s: %s\n", program, message);
        goto cleanup;
    }
    status = evaluate_on(program, options, &trained, &data);
cleanup:
    dataset_free(&data);
    model_free(&trained);
    return status;
}

outcome evaluate_command(int argc, char **argv)
{
    const struct argp_child children[] = {{&model_engine_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {
        option_table,
        take_option,
        "MODEL",
        "Classifies the validation images of a data set with a trained network. Prints the loss, "
        "the accuracy in total and by class, and the confusion matrix. MODEL is a run's directory "
        "or a file such as its model.safetensors."
        "\v"
        "The range after an accuracy, as in 99.12 % (98.92 to 99.29), is Wilson's score interval "
        "at 95 %. These images are a sample: the accuracy on all images of their kind is probably "
        "in this range.\n\n"
        "With the data, engine, instruction set and precision of the training, loss and accuracy "
        "are those of the run, bit for bit.",
        children,
        NULL,
        NULL};
    evaluate_options options = {.data = DATASET_DEFAULT_PATH};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return evaluate(argv[0], &options);
}
