/* The evaluation for programs: the keys are in docs/evaluate.md. Numbers that are not there or not
 * finite are null; all digits are given, so that they can be compared with those of run.json. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "evaluation_report.h"
#include "printable.h"
#include "real_to_json.h"
#include "run_config_json.h"

enum { JSON_PATH_BYTES = 8192 };

static json_t *path_to_json(const char *path)
{
    char shown[JSON_PATH_BYTES]; /* JSON is UTF-8, as paths need not be */
    printable_copy(shown, sizeof shown, path);
    return json_string(shown);
}

static json_t *run_to_json(const model *trained)
{
    const model_origin *origin = &trained->origin;
    if (!trained->has_origin) {
        return json_null();
    }
    return json_pack("{s:o, s:I, s:I, s:o, s:o}",                                 //
                     "configuration", run_config_to_json(&origin->config),        //
                     "epoch", (json_int_t)origin->epochs,                         //
                     "iterations", (json_int_t)origin->iterations,                //
                     "val_loss", real_to_json(origin->figures.val_loss),          //
                     "val_accuracy", real_to_json(origin->figures.val_accuracy)); //
}

static json_t *known(const evaluation_report *self, bool answer)
{
    return self->model->has_origin ? json_boolean(answer) : json_null();
}

static json_t *data_to_json(const evaluation_report *self)
{
    char crc32[9];
    snprintf(crc32, sizeof crc32, "%08" PRIx32, self->data_crc32);
    return json_pack("{s:o, s:s, s:o}", "path", path_to_json(self->data_path), "crc32", crc32,
                     "is_of_run", known(self, evaluation_report_has_run_data(self)));
}

static json_t *engine_to_json(const evaluation_report *self)
{
    const engine_plan *plan = self->plan;
    return json_pack("{s:s, s:s, s:s, s:s, s:o}",                         //
                     "name", self->engine,                                //
                     "arithmetic", plan->arithmetic,                      //
                     "precision", engine_precision_name(plan->precision), //
                     "hardware", plan->hardware,                          //
                     "is_of_run", known(self, self->difference[0] == '\0'));
}

static json_t *accuracy_to_json(const evaluation_accuracy *accuracy)
{
    return json_pack("{s:I, s:I, s:o, s:o, s:o}",              //
                     "correct", (json_int_t)accuracy->correct, //
                     "images", (json_int_t)accuracy->images,   //
                     "value", real_to_json(accuracy->value),   //
                     "low", real_to_json(accuracy->low),       //
                     "high", real_to_json(accuracy->high));
}

/* NULL without memory, as in all functions above. */
static json_t *classes_to_json(const evaluation *result)
{
    json_t *array = json_array();
    int status = 0;
    for (unsigned label = 0; label < LENET_CLASSES; label++) {
        json_t *item = json_pack("{s:i}", "class", (int)label);
        status |= json_object_update_new(item, accuracy_to_json(&result->classes[label]));
        status |= json_array_append_new(array, item);
    }
    if (status != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *confusion_to_json(const evaluation *result)
{
    json_t *matrix = json_array();
    int status = 0;
    for (unsigned label = 0; label < LENET_CLASSES; label++) {
        json_t *row = json_array();
        for (unsigned predicted = 0; predicted < LENET_CLASSES; predicted++) {
            const json_int_t images = result->confusion[label][predicted];
            status |= json_array_append_new(row, json_integer(images));
        }
        status |= json_array_append_new(matrix, row);
    }
    if (status != 0) {
        json_decref(matrix);
        return NULL;
    }
    return matrix;
}

int evaluation_report_print_json(const evaluation_report *self, FILE *out)
{
    json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",           //
                             "model", path_to_json(self->path),                    //
                             "run", run_to_json(self->model),                      //
                             "data", data_to_json(self),                           //
                             "engine", engine_to_json(self),                       //
                             "loss", real_to_json(self->result.loss),              //
                             "accuracy", accuracy_to_json(&self->result.accuracy), //
                             "classes", classes_to_json(&self->result),            //
                             "confusion", confusion_to_json(&self->result));
    if (root == NULL) {
        return -1;
    }
    const int status = json_dumpf(root, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(root);
    return ferror(out) ? 0 : status;
}
