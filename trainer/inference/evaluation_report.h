/* Prints an evaluation and its input, for people and for programs. */
#ifndef TRAINER_EVALUATION_REPORT_H
#define TRAINER_EVALUATION_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine.h"
#include "evaluation.h"
#include "model.h"
#include "must_check.h"

typedef struct evaluation_report {
    const char *path; /* of the model, as given */
    const model *model;
    const char *data_path; /* as given */
    uint32_t data_crc32;   /* dataset.crc32 */
    const char *engine;    /* its name */
    const engine_plan *plan;
    const char *difference; /* the note of model_engine_open on engine, precision and arithmetic
                               that differ from the training's; "" if none does */
    evaluation result;
} evaluation_report;

/* Was the model trained with these data? If so, and if there is no difference, the figures are
 * those of its run, bit for bit. False if it is not known. */
bool evaluation_report_has_run_data(const evaluation_report *self);

/* For people: in at most 80 columns and in ASCII, but for the paths. */
void evaluation_report_print(const evaluation_report *self, FILE *out);

/* Prints one JSON object; docs/evaluate.md lists its keys. 0, or -1 without memory. The caller
 * checks `out` for errors. */
MUST_CHECK int evaluation_report_print_json(const evaluation_report *self, FILE *out);

#endif
