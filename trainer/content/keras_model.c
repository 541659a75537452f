/* TensorBoard's reader of this form goes through config.layers in order. It uses each layer's
 * class_name, config.name and config.dtype, and connects it to the layer before. The rest is for
 * people and for Keras 2.15 and 3, which all load it; so it has no key that one of them does not
 * know. Names are those that Keras gives in a fresh session. */
#include "keras_model.h"

#include <jansson.h>

#include "lenet.h"

static json_t *layer(const char *class_name, const char *name, json_t *details)
{
    json_t *config = json_pack("{s:s, s:s}", "name", name, "dtype", "float32");
    json_object_update(config, details);
    json_decref(details);
    return json_pack("{s:s, s:s, s:o, s:n}", "module", "keras.layers", "class_name", class_name,
                     "config", config, "registered_name");
}

static json_t *convolution(const char *name, int filters)
{
    return layer("Conv2D", name,
                 json_pack("{s:i, s:[i,i], s:[i,i], s:s, s:s, s:b}",                  //
                           "filters", filters,                                        //
                           "kernel_size", LENET_KERNEL_SIDE, LENET_KERNEL_SIDE,       //
                           "strides", 1, 1, "padding", "valid", "activation", "relu", //
                           "use_bias", 1));
}

static json_t *dense(const char *name, int units, const char *activation)
{
    return layer("Dense", name,
                 json_pack("{s:i, s:s, s:b}", "units", units, "activation", activation, //
                           "use_bias", 1));
}

static json_t *dropout(const char *name, int rate_256)
{
    return layer("Dropout", name, json_pack("{s:f}", "rate", rate_256 / 256.0));
}

/* Keras 3 writes batch_shape, but accepts the name of Keras 2, which does not know the new one. */
static json_t *input(void)
{
    return layer(
        "InputLayer", "input_layer",
        json_pack("{s:[n,i,i,i]}", "batch_input_shape", LENET_IMAGE_SIDE, LENET_IMAGE_SIDE, 1));
}

static json_t *pooling(void)
{
    return layer("MaxPooling2D", "max_pooling2d",
                 json_pack("{s:[i,i], s:[i,i], s:s}", "pool_size", 2, 2, "strides", 2, 2, //
                           "padding", "valid"));
}

char *keras_model_json(void)
{
    json_t *model = json_pack("{s:s, s:s, s:{s:s, s:b, s:[o,o,o,o,o,o,o,o,o]}, s:n, s:s}", //
                              "module", "keras", "class_name", "Sequential",               //
                              "config", "name", "sequential", "trainable", 1, "layers",    //
                              input(),                                                     //
                              convolution("conv2d", LENET_CONV1_CHANNELS),                 //
                              convolution("conv2d_1", LENET_CONV2_CHANNELS),               //
                              pooling(),                                                   //
                              dropout("dropout", LENET_DROPOUT1_RATE_256),                 //
                              layer("Flatten", "flatten", json_object()),                  //
                              dense("dense", LENET_DENSE1, "relu"),                        //
                              dropout("dropout_1", LENET_DROPOUT2_RATE_256),               //
                              dense("dense_1", LENET_CLASSES, "softmax"),                  //
                              "registered_name",                                           //
                              "keras_version", KERAS_MODEL_VERSION);
    char *text = json_dumps(model, JSON_COMPACT);
    json_decref(model);
    return text;
}
