/* Field numbers are those of TensorFlow's graph.proto, node_def.proto, attr_value.proto and
 * tensor_shape.proto. Nothing is ever nested deeper than a node, so each message is encoded into a
 * small buffer of its own, and then into the one around it. */
#include "lenet_graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lenet.h"

enum {
    GRAPH_NODE = 1,
    GRAPH_VERSIONS = 4,
    VERSIONS_PRODUCER = 1,
    NODE_NAME = 1,
    NODE_OP = 2,
    NODE_INPUT = 3,
    NODE_ATTR = 5,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,
    VALUE_LIST = 1,
    VALUE_STRING = 2,
    VALUE_TYPE = 6,
    VALUE_SHAPE = 7,
    LIST_INTEGER = 3,
    LIST_SHAPE = 7,
    SHAPE_DIM = 2,
    DIM_SIZE = 1,
    TYPE_FLOAT = 1,
    PRODUCER = 1, /* the version of GraphDef: any above 0 */
    MESSAGE_BYTES_MOST = 512,
    RANK_MOST = 4
};

typedef enum wire_type { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_32_BITS = 5 } wire_type;

typedef struct message {
    uint8_t bytes[MESSAGE_BYTES_MOST];
    size_t size;
} message;

static void put_byte(message *out, uint8_t byte)
{
    assert(out->size < sizeof out->bytes);
    out->bytes[out->size++] = byte;
}

static void put_varint(message *out, uint64_t value)
{
    for (; value >= 128; value >>= 7) {
        put_byte(out, (uint8_t)(value | 128));
    }
    put_byte(out, (uint8_t)value);
}

static void put_key(message *out, unsigned field, wire_type type)
{
    put_varint(out, field << 3 | type);
}

/* Negative ones as protobuf's int64 has them: as a large unsigned number. */
static void put_integer(message *out, unsigned field, int64_t value)
{
    put_key(out, field, WIRE_VARINT);
    put_varint(out, (uint64_t)value);
}

static void put_bytes(message *out, unsigned field, const void *bytes, size_t count)
{
    put_key(out, field, WIRE_BYTES);
    put_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        put_byte(out, ((const uint8_t *)bytes)[i]);
    }
}

static void put_text(message *out, unsigned field, const char *text)
{
    put_bytes(out, field, text, strlen(text));
}

static void put_message(message *out, unsigned field, const message *inner)
{
    put_bytes(out, field, inner->bytes, inner->size);
}

/* ---- Attributes of a node ---- */

static void put_attribute(message *node, const char *key, const message *value)
{
    message entry = {.size = 0};
    put_text(&entry, ENTRY_KEY, key);
    put_message(&entry, ENTRY_VALUE, value);
    put_message(node, NODE_ATTR, &entry);
}

static void put_type(message *node, const char *key)
{
    message value = {.size = 0};
    put_integer(&value, VALUE_TYPE, TYPE_FLOAT);
    put_attribute(node, key, &value);
}

static void put_padding(message *node)
{
    message value = {.size = 0};
    put_text(&value, VALUE_STRING, "VALID");
    put_attribute(node, "padding", &value);
}

/* [1, side, side, 1], as strides and windows are given. */
static void put_window(message *node, const char *key, int64_t side)
{
    const int64_t window[] = {1, side, side, 1};
    message list = {.size = 0};
    message value = {.size = 0};
    for (size_t i = 0; i < 4; i++) {
        put_integer(&list, LIST_INTEGER, window[i]);
    }
    put_message(&value, VALUE_LIST, &list);
    put_attribute(node, key, &value);
}

/* A shape of up to RANK_MOST sides, which 0 ends; -1 is the batch. */
typedef struct shape {
    int64_t sides[RANK_MOST + 1];
} shape;

static message encode_shape(const shape *sides)
{
    message out = {.size = 0};
    for (const int64_t *side = sides->sides; *side != 0; side++) {
        message dim = {.size = 0};
        put_integer(&dim, DIM_SIZE, *side);
        put_message(&out, SHAPE_DIM, &dim);
    }
    return out;
}

static void put_shape(message *node, const shape *sides)
{
    const message encoded = encode_shape(sides);
    message value = {.size = 0};
    put_message(&value, VALUE_SHAPE, &encoded);
    put_attribute(node, "shape", &value);
}

/* What TensorBoard writes beside the edges. */
static void put_output_shape(message *node, const shape *sides)
{
    const message encoded = encode_shape(sides);
    message list = {.size = 0};
    message value = {.size = 0};
    put_message(&list, LIST_SHAPE, &encoded);
    put_message(&value, VALUE_LIST, &list);
    put_attribute(node, "_output_shapes", &value);
}

/* ---- Nodes ---- */

/* The name is layer/part; `inputs` are full names, and NULL ends them. */
static message begin_node(const char *layer, const char *part, const char *op,
                          const char *const *inputs)
{
    message node = {.size = 0};
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", layer, part[0] != '\0' ? "/" : "", part);
    put_text(&node, NODE_NAME, name);
    put_text(&node, NODE_OP, op);
    for (; *inputs != NULL; inputs++) {
        put_text(&node, NODE_INPUT, *inputs);
    }
    return node;
}

/* The nodes go one behind the other into a stream. */
static void write_field(FILE *out, unsigned field, const message *inner)
{
    message head = {.size = 0};
    put_key(&head, field, WIRE_BYTES);
    put_varint(&head, inner->size);
    fwrite(head.bytes, 1, head.size, out);
    fwrite(inner->bytes, 1, inner->size, out);
}

static void write_input(FILE *out)
{
    const shape images = {{-1, LENET_IMAGE_SIDE, LENET_IMAGE_SIDE, 1}};
    message node = begin_node("input_layer", "", "Placeholder", (const char *const[]){NULL});
    put_type(&node, "dtype");
    put_shape(&node, &images);
    put_output_shape(&node, &images);
    write_field(out, GRAPH_NODE, &node);
}

static void write_variable(FILE *out, const char *layer, const char *part, const shape *sides)
{
    message node = begin_node(layer, part, "VariableV2", (const char *const[]){NULL});
    put_type(&node, "dtype");
    put_shape(&node, sides);
    put_output_shape(&node, sides);
    write_field(out, GRAPH_NODE, &node);
}

/* An operation of one result, a float tensor. */
static void write_operation(FILE *out, const char *layer, const char *op, const char *const *inputs,
                            const shape *result)
{
    message node = begin_node(layer, op, op, inputs);
    put_type(&node, "T");
    if (strcmp(op, "Conv2D") == 0) {
        put_window(&node, "strides", 1);
        put_padding(&node);
    } else if (strcmp(op, "MaxPool") == 0) {
        put_window(&node, "ksize", 2);
        put_window(&node, "strides", 2);
        put_padding(&node);
    }
    put_output_shape(&node, result);
    write_field(out, GRAPH_NODE, &node);
}

/* A layer with weights: `op` of the input and the kernel, then the bias, then the activation. */
static void write_layer(FILE *out, const char *layer, const char *op, const char *input,
                        const shape *kernel, const shape *result, const char *activation)
{
    char kernel_name[64], bias_name[64], op_name[64], sum_name[64];
    shape bias = {{0}};
    for (const int64_t *side = kernel->sides; *side != 0; side++) {
        bias.sides[0] = *side; /* the last one: the layer's outputs */
    }
    snprintf(kernel_name, sizeof kernel_name, "%s/kernel", layer);
    snprintf(bias_name, sizeof bias_name, "%s/bias", layer);
    snprintf(op_name, sizeof op_name, "%s/%s", layer, op);
    snprintf(sum_name, sizeof sum_name, "%s/BiasAdd", layer);
    write_variable(out, layer, "kernel", kernel);
    write_variable(out, layer, "bias", &bias);
    write_operation(out, layer, op, (const char *const[]){input, kernel_name, NULL}, result);
    write_operation(out, layer, "BiasAdd", (const char *const[]){op_name, bias_name, NULL}, result);
    write_operation(out, layer, activation, (const char *const[]){sum_name, NULL}, result);
}

static void write_plain(FILE *out, const char *layer, const char *op, const char *input,
                        const shape *result)
{
    write_operation(out, layer, op, (const char *const[]){input, NULL}, result);
}

static void write_versions(FILE *out)
{
    message versions = {.size = 0};
    put_integer(&versions, VERSIONS_PRODUCER, PRODUCER);
    write_field(out, GRAPH_VERSIONS, &versions);
}

static void write_graph(FILE *out)
{
    const shape conv1 = {{-1, LENET_CONV1_SIDE, LENET_CONV1_SIDE, LENET_CONV1_CHANNELS}};
    const shape conv2 = {{-1, LENET_CONV2_SIDE, LENET_CONV2_SIDE, LENET_CONV2_CHANNELS}};
    const shape pool = {{-1, LENET_POOL_SIDE, LENET_POOL_SIDE, LENET_CONV2_CHANNELS}};
    const shape flat = {{-1, LENET_FLAT}};
    const shape dense1 = {{-1, LENET_DENSE1}};
    const shape classes = {{-1, LENET_CLASSES}};
    const shape kernel1 = {{LENET_KERNEL_SIDE, LENET_KERNEL_SIDE, 1, LENET_CONV1_CHANNELS}};
    const shape kernel2 = {
        {LENET_KERNEL_SIDE, LENET_KERNEL_SIDE, LENET_CONV1_CHANNELS, LENET_CONV2_CHANNELS}};
    const shape kernel3 = {{LENET_FLAT, LENET_DENSE1}};
    const shape kernel4 = {{LENET_DENSE1, LENET_CLASSES}};
    write_input(out);
    write_layer(out, "conv2d", "Conv2D", "input_layer", &kernel1, &conv1, "Relu");
    write_layer(out, "conv2d_1", "Conv2D", "conv2d/Relu", &kernel2, &conv2, "Relu");
    write_plain(out, "max_pooling2d", "MaxPool", "conv2d_1/Relu", &pool);
    write_plain(out, "dropout", "Dropout", "max_pooling2d/MaxPool", &pool);
    write_plain(out, "flatten", "Reshape", "dropout/Dropout", &flat);
    write_layer(out, "dense", "MatMul", "flatten/Reshape", &kernel3, &dense1, "Relu");
    write_plain(out, "dropout_1", "Dropout", "dense/Relu", &dense1);
    write_layer(out, "dense_1", "MatMul", "dropout_1/Dropout", &kernel4, &classes, "Softmax");
    write_versions(out);
}

uint8_t *lenet_graph_def(size_t *bytes)
{
    char *graph = NULL;
    FILE *out = open_memstream(&graph, bytes);
    if (out == NULL) {
        return NULL;
    }
    write_graph(out);
    const int failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(graph);
        return NULL;
    }
    return (uint8_t *)graph;
}
