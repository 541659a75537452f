#include "keras_file.h"

#include <stdlib.h>
#include <string.h>

#include "hdf5_file.h"
#include "keras_model.h"
#include "lenet.h"
#include "message.h"
#include "model_facts.h"
#include "zip_archive.h"

enum { LAYERS = LENET_TENSORS / 2, TENSORS_A_LAYER = 2 };

static hdf5_node tensor_node(const char *name, unsigned index, const float *parameters)
{
    const lenet_tensor *tensor = &lenet_tensors[index];
    hdf5_node node = {.name = name, .data = parameters + tensor->offset, .rank = tensor->rank};
    memcpy(node.shape, tensor->shape, sizeof node.shape);
    return node;
}

/* The layers with weights in the order of lenet_tensors. Keras finds them by its own names, made
 * from their class and their order; the names in config.json do not matter. */
static void make_weights(file_content *out, const float *parameters)
{
    static const char *const names[LAYERS] = {"conv2d", "conv2d_1", "dense", "dense_1"};
    hdf5_node tensors[LAYERS][TENSORS_A_LAYER];
    hdf5_node variables[LAYERS];
    hdf5_node layers[LAYERS];
    for (unsigned i = 0; i < LAYERS; i++) {
        tensors[i][0] = tensor_node("0", TENSORS_A_LAYER * i, parameters);
        tensors[i][1] = tensor_node("1", TENSORS_A_LAYER * i + 1, parameters);
        variables[i] =
            (hdf5_node){.name = "vars", .members = tensors[i], .member_count = TENSORS_A_LAYER};
        layers[i] = (hdf5_node){.name = names[i], .members = &variables[i], .member_count = 1};
    }
    /* Keras before 3.6 requires the group of the model's own variables, which is empty. */
    const hdf5_node members[] = {{.name = "layers", .members = layers, .member_count = LAYERS},
                                 {.name = "vars"}};
    const hdf5_node root = {.members = members, .member_count = sizeof members / sizeof *members};
    hdf5_file_make(out, &root);
}

/* Keras' names of the versions, but no date, so that the same model makes the same bytes. */
static char *make_metadata(const model *from)
{
    json_t *metadata =
        json_pack("{s:s, s:o}", "keras_version", KERAS_MODEL_VERSION, "trainer", model_facts(from));
    char *text = json_dumps(metadata, JSON_COMPACT);
    json_decref(metadata);
    return text;
}

int keras_file_make(file_content *out, const model *from, char *message)
{
    file_content weights = {0};
    char *config = keras_model_json();
    char *metadata = make_metadata(from);
    int status = -1;
    make_weights(&weights, from->parameters);
    if (config == NULL || metadata == NULL || weights.failed) {
        message_set(message, "no memory for the Keras model");
    } else {
        const zip_member members[] = {{"metadata.json", metadata, strlen(metadata)},
                                      {"config.json", config, strlen(config)},
                                      {"model.weights.h5", weights.data, weights.bytes}};
        status = zip_archive_make(out, members, sizeof members / sizeof *members, "", message);
    }
    file_content_free(&weights);
    free(metadata);
    free(config);
    return status;
}
