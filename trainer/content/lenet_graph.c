#include "lenet_graph.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph.pb-c.h"
#include "lenet.h"

enum {
    BATCH = -1,   /* a size that the graph leaves open */
    PRODUCER = 1, /* the version of GraphDef: any above 0 */
    RANK_MOST = 4,
    INPUTS_MOST = 2,
    ATTRIBUTES_MOST = 5
};

/* An operation of one result, a tensor of floats. */
typedef struct operation {
    const char *name; /* layer/part */
    const char *op;
    const char *inputs[INPUTS_MOST]; /* names of operations; NULL for none */
    int64_t shape[RANK_MOST];        /* of the result, followed by 0 */
} operation;

/* The shapes of the layers' outputs. */
#define CONV1_SHAPE   {BATCH, LENET_CONV1_SIDE, LENET_CONV1_SIDE, LENET_CONV1_CHANNELS}
#define CONV2_SHAPE   {BATCH, LENET_CONV2_SIDE, LENET_CONV2_SIDE, LENET_CONV2_CHANNELS}
#define POOL_SHAPE    {BATCH, LENET_POOL_SIDE, LENET_POOL_SIDE, LENET_CONV2_CHANNELS}
#define DENSE1_SHAPE  {BATCH, LENET_DENSE1}
#define CLASSES_SHAPE {BATCH, LENET_CLASSES}

/* clang-format off */
static const operation operations[] = {
    {"input_layer", "Placeholder", {NULL}, {BATCH, LENET_IMAGE_SIDE, LENET_IMAGE_SIDE, 1}},

    {"conv2d/kernel", "VariableV2", {NULL},
     {LENET_KERNEL_SIDE, LENET_KERNEL_SIDE, 1, LENET_CONV1_CHANNELS}},
    {"conv2d/bias", "VariableV2", {NULL}, {LENET_CONV1_CHANNELS}},
    {"conv2d/Conv2D", "Conv2D", {"input_layer", "conv2d/kernel"}, CONV1_SHAPE},
    {"conv2d/BiasAdd", "BiasAdd", {"conv2d/Conv2D", "conv2d/bias"}, CONV1_SHAPE},
    {"conv2d/Relu", "Relu", {"conv2d/BiasAdd"}, CONV1_SHAPE},

    {"conv2d_1/kernel", "VariableV2", {NULL},
     {LENET_KERNEL_SIDE, LENET_KERNEL_SIDE, LENET_CONV1_CHANNELS, LENET_CONV2_CHANNELS}},
    {"conv2d_1/bias", "VariableV2", {NULL}, {LENET_CONV2_CHANNELS}},
    {"conv2d_1/Conv2D", "Conv2D", {"conv2d/Relu", "conv2d_1/kernel"}, CONV2_SHAPE},
    {"conv2d_1/BiasAdd", "BiasAdd", {"conv2d_1/Conv2D", "conv2d_1/bias"}, CONV2_SHAPE},
    {"conv2d_1/Relu", "Relu", {"conv2d_1/BiasAdd"}, CONV2_SHAPE},

    {"max_pooling2d/MaxPool", "MaxPool", {"conv2d_1/Relu"}, POOL_SHAPE},
    {"dropout/Dropout", "Dropout", {"max_pooling2d/MaxPool"}, POOL_SHAPE},
    {"flatten/Reshape", "Reshape", {"dropout/Dropout"}, {BATCH, LENET_FLAT}},

    {"dense/kernel", "VariableV2", {NULL}, {LENET_FLAT, LENET_DENSE1}},
    {"dense/bias", "VariableV2", {NULL}, {LENET_DENSE1}},
    {"dense/MatMul", "MatMul", {"flatten/Reshape", "dense/kernel"}, DENSE1_SHAPE},
    {"dense/BiasAdd", "BiasAdd", {"dense/MatMul", "dense/bias"}, DENSE1_SHAPE},
    {"dense/Relu", "Relu", {"dense/BiasAdd"}, DENSE1_SHAPE},
    {"dropout_1/Dropout", "Dropout", {"dense/Relu"}, DENSE1_SHAPE},

    {"dense_1/kernel", "VariableV2", {NULL}, {LENET_DENSE1, LENET_CLASSES}},
    {"dense_1/bias", "VariableV2", {NULL}, {LENET_CLASSES}},
    {"dense_1/MatMul", "MatMul", {"dropout_1/Dropout", "dense_1/kernel"}, CLASSES_SHAPE},
    {"dense_1/BiasAdd", "BiasAdd", {"dense_1/MatMul", "dense_1/bias"}, CLASSES_SHAPE},
    {"dense_1/Softmax", "Softmax", {"dense_1/BiasAdd"}, CLASSES_SHAPE},
};
/* clang-format on */
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* An operation as a message, with all that the message points to. */
typedef struct node_messages {
    TrainerPb__NodeDef node;
    char *inputs[INPUTS_MOST];
    TrainerPb__NodeDef__AttrEntry *entry_pointers[ATTRIBUTES_MOST];
    TrainerPb__NodeDef__AttrEntry entries[ATTRIBUTES_MOST];
    TrainerPb__AttrValue values[ATTRIBUTES_MOST];
    TrainerPb__AttrValue__ListValue lists[ATTRIBUTES_MOST]; /* of those values that are lists */
    TrainerPb__TensorShapeProto shape;
    TrainerPb__TensorShapeProto *shape_pointer;
    TrainerPb__TensorShapeProto__Dim *dim_pointers[RANK_MOST];
    TrainerPb__TensorShapeProto__Dim dims[RANK_MOST];
} node_messages;

/* The caller fills in the returned value. A list is empty until then. */
static TrainerPb__AttrValue *add_attribute(node_messages *self, const char *key,
                                           TrainerPb__AttrValue__ValueCase value_case)
{
    const size_t i = self->node.n_attr++;
    assert(i < ATTRIBUTES_MOST);
    trainer_pb__node_def__attr_entry__init(&self->entries[i]);
    trainer_pb__attr_value__init(&self->values[i]);
    self->entry_pointers[i] = &self->entries[i];
    self->entries[i].key = (char *)key;
    self->entries[i].value = &self->values[i];
    self->values[i].value_case = value_case;
    if (value_case == TRAINER_PB__ATTR_VALUE__VALUE_LIST) {
        trainer_pb__attr_value__list_value__init(&self->lists[i]);
        self->values[i].list = &self->lists[i];
    }
    return &self->values[i];
}

static void add_type(node_messages *self, const char *key)
{
    add_attribute(self, key, TRAINER_PB__ATTR_VALUE__VALUE_TYPE)->type =
        TRAINER_PB__DATA_TYPE__DT_FLOAT;
}

static void add_padding(node_messages *self)
{
    static const char padding[] = "VALID";
    add_attribute(self, "padding", TRAINER_PB__ATTR_VALUE__VALUE_S)->s =
        (ProtobufCBinaryData){.len = strlen(padding), .data = (uint8_t *)padding};
}

/* The strides or the window of a convolution or a pooling: [1, side, side, 1]. */
static void add_window(node_messages *self, const char *key, unsigned side)
{
    static const int64_t windows[][RANK_MOST] = {{1, 1, 1, 1}, {1, 2, 2, 1}};
    TrainerPb__AttrValue__ListValue *list =
        add_attribute(self, key, TRAINER_PB__ATTR_VALUE__VALUE_LIST)->list;
    list->n_i = RANK_MOST;
    list->i = (int64_t *)windows[side - 1];
}

static void fill_shape(node_messages *self, const int64_t sides[RANK_MOST])
{
    trainer_pb__tensor_shape_proto__init(&self->shape);
    self->shape_pointer = &self->shape;
    self->shape.dim = self->dim_pointers;
    for (size_t i = 0; i < RANK_MOST && sides[i] != 0; i++) {
        trainer_pb__tensor_shape_proto__dim__init(&self->dims[i]);
        self->dims[i].size = sides[i];
        self->dim_pointers[i] = &self->dims[i];
        self->shape.n_dim++;
    }
}

/* TensorBoard writes this shape beside the edges. */
static void add_output_shape(node_messages *self)
{
    TrainerPb__AttrValue__ListValue *list =
        add_attribute(self, "_output_shapes", TRAINER_PB__ATTR_VALUE__VALUE_LIST)->list;
    list->n_shape = 1;
    list->shape = &self->shape_pointer;
}

static void fill_attributes(node_messages *self, const operation *from)
{
    if (strcmp(from->op, "Placeholder") == 0 || strcmp(from->op, "VariableV2") == 0) {
        add_type(self, "dtype");
        add_attribute(self, "shape", TRAINER_PB__ATTR_VALUE__VALUE_SHAPE)->shape = &self->shape;
    } else {
        add_type(self, "T");
    }
    if (strcmp(from->op, "Conv2D") == 0) {
        add_window(self, "strides", 1);
        add_padding(self);
    } else if (strcmp(from->op, "MaxPool") == 0) {
        add_window(self, "ksize", 2);
        add_window(self, "strides", 2);
        add_padding(self);
    }
    add_output_shape(self);
}

static void fill_node(node_messages *self, const operation *from)
{
    trainer_pb__node_def__init(&self->node);
    self->node.name = (char *)from->name;
    self->node.op = (char *)from->op;
    self->node.input = self->inputs;
    for (size_t i = 0; i < INPUTS_MOST && from->inputs[i] != NULL; i++) {
        self->inputs[self->node.n_input++] = (char *)from->inputs[i];
    }
    self->node.attr = self->entry_pointers;
    fill_shape(self, from->shape);
    fill_attributes(self, from);
}

uint8_t *lenet_graph_def(size_t *bytes)
{
    TrainerPb__GraphDef graph = TRAINER_PB__GRAPH_DEF__INIT;
    TrainerPb__VersionDef versions = TRAINER_PB__VERSION_DEF__INIT;
    TrainerPb__NodeDef *node_pointers[OPERATIONS];
    node_messages *nodes = calloc(OPERATIONS, sizeof *nodes);
    if (nodes == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        fill_node(&nodes[i], &operations[i]);
        node_pointers[i] = &nodes[i].node;
    }
    versions.producer = PRODUCER;
    graph.n_node = OPERATIONS;
    graph.node = node_pointers;
    graph.versions = &versions;
    *bytes = trainer_pb__graph_def__get_packed_size(&graph);
    uint8_t *packed = malloc(*bytes);
    if (packed != NULL) {
        trainer_pb__graph_def__pack(&graph, packed);
    }
    free(nodes);
    return packed;
}
