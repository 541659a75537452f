/* trainer predict: reads the digits in images with a trained network. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "dataset.h"
#include "image_file.h"
#include "message.h"
#include "mnist_form.h"
#include "model_engine.h"
#include "model_file.h"
#include "option_check.h"
#include "option_value.h"
#include "predictor.h"

enum option_key { KEY_BEST = 256, KEY_FORMAT, KEY_RAW };

typedef struct predict_options {
    const char *model;
    char **images; /* [image_count] */
    size_t image_count;
    bool best;
    bool raw;
    prediction_format format;
    model_engine_options engine;
} predict_options;

static const struct argp_option option_table[] = {
    {"best", KEY_BEST, NULL, 0, OPTION_BEST_HELP, 1},
    {"format", KEY_FORMAT, "text|json|csv", 0,
     "Print one line per image with its three likeliest classes (default), or all probabilities as "
     "JSON or CSV",
     1},
    {"raw", KEY_RAW, NULL, 0,
     "Use images as they are: light digits on black; refuse sizes other than 28x28", 1},
    {0}};

static error_t take_argument(const struct argp_state *state, predict_options *options,
                             const char *text)
{
    if (state->arg_num == 0) {
        return option_take_model(state, text, &options->model);
    }
    if (options->image_count++ == 0) {
        options->images = &state->argv[state->next - 1]; /* the others follow it */
    }
    const char *name;
    return option_take_name(state, "IMAGE", text, &name);
}

static error_t check_all_given(const struct argp_state *state, const predict_options *options)
{
    const error_t error = option_check_model(state, options->model);
    if (error == 0 && options->image_count == 0) {
        return option_wrong(
            state,
            "IMAGE is missing: give the run's directory or a model first, then PNG, PGM or IDX "
            "files, or - for standard input");
    }
    return error;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    predict_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->engine;
        return 0;
    case KEY_BEST:
        options->best = true;
        return 0;
    case KEY_FORMAT:
        return prediction_format_find(text, &options->format)
                   ? 0
                   : option_wrong(state, "--format: \"%s\" is not text, json or csv", text);
    case KEY_RAW:
        options->raw = true;
        return 0;
    case ARGP_KEY_ARG:
        return take_argument(state, options, text);
    case ARGP_KEY_END:
        return check_all_given(state, options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct predict_job {
    const char *program;
    bool raw;
    predictor *predictor;
    bool has_refused; /* an image or a file */
} predict_job;

static void refuse(predict_job *self, const char *message)
{
    fprintf(stderr, "%s: %s\n", self->program, message);
    self->has_refused = true;
}

/* The image in the network's form. 0, or -1 with a message without the file's name. */
static int take_form(uint8_t *out, const image *from, bool raw, char *message)
{
    if (!raw) {
        return mnist_form(out, from, message);
    }
    if (from->width != MNIST_FORM_SIDE || from->height != MNIST_FORM_SIDE) {
        return message_set(message, "is %ux%u: --raw takes images of %dx%d", (unsigned)from->width,
                           (unsigned)from->height, MNIST_FORM_SIDE, MNIST_FORM_SIDE);
    }
    memcpy(out, from->pixels, MNIST_FORM_PIXELS);
    return 0;
}

/* 0, also if the image was refused; -1 with a message if no further one can be predicted. */
static int predict_image(predict_job *self, const image *from, const prediction *origin,
                         char *message)
{
    char index[16] = "";
    uint8_t form[MNIST_FORM_PIXELS];
    if (take_form(form, from, self->raw, message) == 0) {
        return predictor_add(self->predictor, form, origin, message);
    }
    if (origin->is_indexed) {
        snprintf(index, sizeof index, "[%u]", (unsigned)origin->index);
    }
    message_set(message, "%s%s: %s", origin->file, index, message);
    refuse(self, message);
    return 0;
}

/* As above. */
static int predict_idx(predict_job *self, const image_file *file, char *message)
{
    dataset_images held;
    if (dataset_images_decode(&held, file->bytes, file->count, file->name, message) != 0) {
        refuse(self, message);
        return 0;
    }
    int status = 0;
    for (uint32_t i = 0; i < held.count && status == 0; i++) {
        const image one = {held.pixels + (size_t)i * MNIST_FORM_PIXELS, MNIST_FORM_SIDE,
                           MNIST_FORM_SIDE};
        const prediction origin = {.file = file->name, .is_indexed = true, .index = i};
        status = predict_image(self, &one, &origin, message);
    }
    free(held.pixels);
    return status;
}

static int predict_file(predict_job *self, const char *path, char *message)
{
    image_file file;
    image one;
    if (image_file_read(&file, path, message) != 0) {
        refuse(self, message);
        return 0;
    }
    int status = 0;
    if (file.kind == IMAGE_FILE_IDX) {
        status = predict_idx(self, &file, message);
    } else if (image_file_decode(&file, &one, message) != 0) {
        refuse(self, message);
    } else {
        const prediction origin = {.file = file.name};
        status = predict_image(self, &one, &origin, message);
        image_free(&one);
    }
    image_file_free(&file);
    return status;
}

/* As above. */
static int predict_all(predict_job *self, const predict_options *options, char *message)
{
    for (size_t i = 0; i < options->image_count; i++) {
        if (predict_file(self, options->images[i], message) != 0) {
            return -1;
        }
    }
    return predictor_flush(self->predictor, message);
}

static outcome predict_with(const char *program, const predict_options *options, model_engine *used)
{
    char message[MESSAGE_BYTES];
    prediction_printer printer = {.out = stdout, .format = options->format};
    predict_job job = {
        .program = program, .raw = options->raw, .predictor = predictor_make(used, &printer)};
    if (job.predictor == NULL) {
        fprintf(stderr, "%s: no memory for images\n", program);
        return OUTCOME_FAILED;
    }
    prediction_print_begin(&printer);
    if (predict_all(&job, options, message) != 0) {
        refuse(&job, message);
    }
    prediction_print_end(&printer);
    predictor_free(job.predictor);
    return job.has_refused ? OUTCOME_FAILED : OUTCOME_DONE;
}

static outcome predict(const char *program, const predict_options *options)
{
    char message[MESSAGE_BYTES];
    char difference[MESSAGE_BYTES];
    model trained;
    model_engine used;
    if (model_load(&trained, options->model, options->best, message) != 0) {
        if (image_file_has_images(options->model)) {
            message_set(message,
                        "%s is a file of images, not a model: give the run's directory or a model "
                        "first, then the images",
                        options->model);
        }
        fprintf(stderr, "%s: %s\n", program, message);
        return OUTCOME_FAILED;
    }
    outcome status =
        model_engine_open(&used, &trained, &options->engine, NULL, difference, message);
    model_free(&trained);
    if (status != OUTCOME_DONE) {
        fprintf(stderr, "%s: %s\n", program, message);
        return status;
    }
    if (difference[0] != '\0') {
        fprintf(stderr, "Note: %s\n", difference);
    }
    status = predict_with(program, options, &used);
    model_engine_close(&used);
    return status;
}

outcome predict_command(int argc, char **argv)
{
    const struct argp_child children[] = {{&model_engine_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {
        option_table,
        take_option,
        "MODEL IMAGE...",
        "Prints which digit is in each image. MODEL is a run's directory or a .safetensors file. "
        "IMAGE is a PNG or PGM file of any size, an IDX file of images, plain or gzipped, or - for "
        "one of these from standard input."
        "\v"
        "Each image is first made like MNIST's: the ink is separated from the paper, made light on "
        "black, scaled and centred. An image must show one digit and nothing else. The network "
        "knows only the ten digits: it may call a cat a 3 with a probability of 0.99.\n\n"
        "Exit status: 0 if every image has a prediction, 1 if an image was refused; the others are "
        "still read.",
        children,
        NULL,
        NULL};
    predict_options options = {0};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return predict(argv[0], &options);
}
