/* Prints predictions as text, JSON or CSV, with one line per image. */
#ifndef TRAINER_PREDICTION_PRINT_H
#define TRAINER_PREDICTION_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lenet.h"
#include "must_check.h"

typedef struct prediction {
    const char *file;
    bool is_indexed;                    /* one of a file's many images: */
    uint32_t index;                     /* counted from 0 */
    float probabilities[LENET_CLASSES]; /* all finite */
} prediction;

typedef enum prediction_format {
    PREDICTION_TEXT, /* "digit.png: 7 0.9912, 1 0.0051, 2 0.0020": the three likeliest classes */
    PREDICTION_JSON, /* an array of {"image", "index" if there is one, "class", "probabilities"} */
    PREDICTION_CSV   /* a head "image,index,class,p0,…,p9", then the same */
} prediction_format;

/* Parses the name of a format ("text", "json", "csv"); false for any other. */
MUST_CHECK bool prediction_format_find(const char *name, prediction_format *out);

typedef struct prediction_printer {
    FILE *out;
    prediction_format format;
    bool has_printed; /* a prediction */
} prediction_printer;

/* Print the beginning and the end of the output. Call both, even if there is no prediction. */
void prediction_print_begin(prediction_printer *self);
void prediction_print_end(prediction_printer *self);

/* JSON and CSV have all digits of a float. 0, or -1 without memory. The caller checks `out` for
 * errors. */
MUST_CHECK int prediction_print(prediction_printer *self, const prediction *made);

#endif
