/* An evaluation and what it was made of, printed for people and for programs. */
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
    const char *path; /* of the model, as it was given */
    const model *model;
    const char *data_path; /* as it was given */
    uint32_t data_crc32;   /* dataset.crc32 */
    const char *engine;    /* its name */
    const engine_plan *plan;
    const char *difference; /* of engine, precision and arithmetic from the training's, as
                               model_engine_open notes it; "" if there is none */
    evaluation result;
} evaluation_report;

/* Was the model trained with these data? Then, if there is no difference either, the figures are
 * those of its run, bit for bit. False if it is not known. */
bool evaluation_report_has_run_data(const evaluation_report *self);

/* For people: in at most 80 columns and in ASCII, but for the paths. */
void evaluation_report_print(const evaluation_report *self, FILE *out);

/* One JSON object, whose keys docs/evaluate.md lists. 0, or -1 without memory; a stream that fails
 * is its owner's to report. */
MUST_CHECK int evaluation_report_print_json(const evaluation_report *self, FILE *out);

#endif
