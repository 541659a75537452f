#include "prediction_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "printable.h"

enum { BEST = 3, FLOAT_DIGITS = 9 };

bool prediction_format_find(const char *name, prediction_format *out)
{
    static const char *const names[] = {
        [PREDICTION_TEXT] = "text", [PREDICTION_JSON] = "json", [PREDICTION_CSV] = "csv"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (prediction_format)i;
            return true;
        }
    }
    return false;
}

/* The likeliest of the classes that are not taken; the first of equals. */
static unsigned likeliest(const float *probabilities, const bool *taken)
{
    unsigned best = LENET_CLASSES;
    for (unsigned i = 0; i < LENET_CLASSES; i++) {
        if (!taken[i] && (best == LENET_CLASSES || probabilities[i] > probabilities[best])) {
            best = i;
        }
    }
    return best;
}

static unsigned class_of(const prediction *made)
{
    static const bool none[LENET_CLASSES];
    return likeliest(made->probabilities, none);
}

static void print_text(FILE *out, const prediction *made, const char *file)
{
    bool taken[LENET_CLASSES] = {false};
    fputs(file, out);
    if (made->is_indexed) {
        fprintf(out, "[%" PRIu32 "]", made->index);
    }
    for (unsigned i = 0; i < BEST; i++) {
        const unsigned next = likeliest(made->probabilities, taken);
        taken[next] = true;
        fprintf(out, "%s %u %.4f", i == 0 ? ":" : ",", next, (double)made->probabilities[next]);
    }
    fputc('\n', out);
}

static void print_numbers(FILE *out, const prediction *made, const char *separator)
{
    for (unsigned i = 0; i < LENET_CLASSES; i++) {
        fprintf(out, "%s%.*g", i == 0 ? "" : separator, FLOAT_DIGITS,
                (double)made->probabilities[i]);
    }
}

static int print_json(FILE *out, const prediction *made, const char *file)
{
    json_t *name = json_string(file);
    if (name == NULL) {
        return -1;
    }
    fputs("{\"image\": ", out);
    const int status = json_dumpf(name, out, JSON_ENCODE_ANY);
    json_decref(name);
    if (made->is_indexed) {
        fprintf(out, ", \"index\": %" PRIu32, made->index);
    }
    fprintf(out, ", \"class\": %u, \"probabilities\": [", class_of(made));
    print_numbers(out, made, ", ");
    fputs("]}", out);
    return ferror(out) ? 0 : status;
}

/* A field by RFC 4180: quoted if it contains a character that would otherwise end it. */
static void print_field(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        fputs(*c == '"' ? "\"\"" : (const char[]){*c, '\0'}, out);
    }
    fputc('"', out);
}

static void print_csv(FILE *out, const prediction *made, const char *file)
{
    print_field(out, file);
    fputc(',', out);
    if (made->is_indexed) {
        fprintf(out, "%" PRIu32, made->index);
    }
    fprintf(out, ",%u,", class_of(made));
    print_numbers(out, made, ",");
    fputc('\n', out);
}

void prediction_print_begin(prediction_printer *self)
{
    if (self->format == PREDICTION_JSON) {
        fputc('[', self->out);
    } else if (self->format == PREDICTION_CSV) {
        fputs("image,index,class", self->out);
        for (unsigned i = 0; i < LENET_CLASSES; i++) {
            fprintf(self->out, ",p%u", i);
        }
        fputc('\n', self->out);
    }
}

void prediction_print_end(prediction_printer *self)
{
    if (self->format == PREDICTION_JSON) {
        fputs(self->has_printed ? "\n]\n" : "]\n", self->out);
    }
}

int prediction_print(prediction_printer *self, const prediction *made)
{
    char file[PATH_MAX];
    int status = 0;
    printable_copy(file, sizeof file, made->file);
    switch (self->format) {
    case PREDICTION_TEXT:
        print_text(self->out, made, file);
        break;
    case PREDICTION_JSON:
        fputs(self->has_printed ? ",\n" : "\n", self->out);
        status = print_json(self->out, made, file);
        break;
    case PREDICTION_CSV:
        print_csv(self->out, made, file);
        break;
    }
    self->has_printed = true;
    return status;
}
