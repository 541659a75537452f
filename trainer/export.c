/* trainer export: converts a trained network for other programs. */
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "command.h"
#include "message.h"
#include "model_export.h"
#include "model_file.h"
#include "option_check.h"
#include "option_value.h"
#include "output_path.h"
#include "printable.h"

enum { KEY_OUTPUT = 'o', KEY_BEST = 256, KEY_OVERWRITE };

static const struct argp_option option_table[] = {
    {"output", KEY_OUTPUT, "FILE", 0, "The file to write; its ending decides the format", 0},
    {"best", KEY_BEST, NULL, 0, OPTION_BEST_HELP, 0},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE if it exists", 0},
    {0}};

typedef struct export_options {
    const char *model;
    const char *output;
    const export_format *format;
    bool best;
    bool overwrite;
} export_options;

static error_t take_output(const struct argp_state *state, export_options *options,
                           const char *text)
{
    options->output = text;
    options->format = export_format_of(text);
    return options->format != NULL
               ? 0
               : option_wrong(state, "-o: \"%s\" does not end in %s", text, model_export_endings);
}

static error_t check_all_given(const struct argp_state *state, const export_options *options)
{
    const error_t error = option_check_model(state, options->model);
    if (error == 0 && options->output == NULL) {
        return option_wrong(state, "-o FILE is missing; FILE ends in %s", model_export_endings);
    }
    return error;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    export_options *options = state->input;
    switch (key) {
    case KEY_OUTPUT:
        return take_output(state, options, text);
    case KEY_BEST:
        options->best = true;
        return 0;
    case KEY_OVERWRITE:
        options->overwrite = true;
        return 0;
    case ARGP_KEY_ARG:
        return option_take_model(state, text, &options->model);
    case ARGP_KEY_END:
        return check_all_given(state, options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One line: the file, and which network is in it. */
static void print_written(const char *file, const export_format *format, const model *from)
{
    const model_origin *origin = &from->origin;
    printf("%s: written as %s", file, export_format_title(format));
    if (!from->has_origin) {
        puts("; MODEL does not record which run it is from");
        return;
    }
    printf(", the network after epoch %u (%" PRIu64 " steps)", (unsigned)origin->epochs,
           origin->iterations);
    if (!isnan(origin->figures.val_accuracy)) {
        printf(", val_accuracy %.4f", origin->figures.val_accuracy);
    }
    putchar('\n');
}

static outcome export(const char *program, const export_options *options)
{
    char message[MESSAGE_BYTES];
    char shown[MESSAGE_BYTES];
    model loaded = {0};
    printable_copy(shown, sizeof shown, options->output);
    if (output_path_check(options->output, options->overwrite, message) != 0 ||
        model_load(&loaded, options->model, options->best, message) != 0) {
        fprintf(stderr, "%s: %s\n", program, message);
        return OUTCOME_FAILED;
    }
    const int status = model_export(&loaded, options->format, options->output, message);
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", program, message);
    } else {
        print_written(shown, options->format, &loaded);
    }
    model_free(&loaded);
    return status == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
}

outcome export_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        "MODEL -o FILE",
        "Converts a trained network for other programs. MODEL is a run's directory or a "
        ".safetensors file."
        "\v"
        "The ending of FILE decides the format: .onnx for onnxruntime, OpenCV and most other "
        "runtimes; .safetensors for PyTorch; .keras for Keras; .npz for JAX and NumPy. "
        "docs/models.md shows how to load each.",
        NULL,
        NULL,
        NULL};
    export_options options = {0};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return export(argv[0], &options);
}
