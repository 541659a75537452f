#include "onnx_file.h"

#include <stdlib.h>

#include "lenet.h"
#include "message.h"
#include "model_facts.h"
#include "onnx.pb-c.h"
#include "torch_layout.h"

enum { IR_VERSION = 7, OPSET = 13 };
enum { INPUTS_MOST = 3, ATTRIBUTES_MOST = 2, SIDES = 2, RANK_MOST = 4, FACTS_MOST = 16 };

#define INPUT  "images"
#define OUTPUT "probabilities"

/* An attribute: a number, or the same number for each side of a window. */
typedef struct attribute {
    const char *name; /* NULL for none */
    int64_t value;
    bool for_each_side;
} attribute;

/* An operation of one result, which has the operation's name. */
typedef struct operation {
    const char *name;
    const char *op;
    const char *inputs[INPUTS_MOST]; /* NULL for none */
    attribute attributes[ATTRIBUTES_MOST];
} operation;

/* clang-format off */
static const operation operations[] = {
    {"conv1", "Conv", {INPUT, "conv1.weight", "conv1.bias"},
     {{"kernel_shape", LENET_KERNEL_SIDE, true}}},
    {"conv1_relu", "Relu", {"conv1"}, {{0}}},
    {"conv2", "Conv", {"conv1_relu", "conv2.weight", "conv2.bias"},
     {{"kernel_shape", LENET_KERNEL_SIDE, true}}},
    {"conv2_relu", "Relu", {"conv2"}, {{0}}},
    {"pool", "MaxPool", {"conv2_relu"}, {{"kernel_shape", 2, true}, {"strides", 2, true}}},
    {"flat", "Flatten", {"pool"}, {{"axis", 1, false}}},
    {"fc1", "Gemm", {"flat", "fc1.weight", "fc1.bias"}, {{"transB", 1, false}}},
    {"fc1_relu", "Relu", {"fc1"}, {{0}}},
    {"fc2", "Gemm", {"fc1_relu", "fc2.weight", "fc2.bias"}, {{"transB", 1, false}}},
    {OUTPUT, "Softmax", {"fc2"}, {{"axis", 1, false}}},
};
/* clang-format on */
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* Each of these is a message with all that it points to. */

typedef struct node_messages {
    OnnxPb__NodeProto node;
    char *inputs[INPUTS_MOST];
    char *output;
    OnnxPb__AttributeProto *attribute_pointers[ATTRIBUTES_MOST];
    OnnxPb__AttributeProto attributes[ATTRIBUTES_MOST];
    int64_t sides[ATTRIBUTES_MOST][SIDES];
} node_messages;

typedef struct tensor_messages {
    OnnxPb__TensorProto tensor;
    int64_t dims[RANK_MOST];
} tensor_messages;

typedef struct value_messages {
    OnnxPb__ValueInfoProto value;
    OnnxPb__TypeProto type;
    OnnxPb__TypeProto__Tensor tensor_type;
    OnnxPb__TensorShapeProto shape;
    OnnxPb__TensorShapeProto__Dimension *dim_pointers[RANK_MOST];
    OnnxPb__TensorShapeProto__Dimension dims[RANK_MOST];
} value_messages;

typedef struct graph_messages {
    OnnxPb__GraphProto graph;
    OnnxPb__NodeProto *node_pointers[OPERATIONS];
    node_messages nodes[OPERATIONS];
    OnnxPb__TensorProto *tensor_pointers[LENET_TENSORS];
    tensor_messages tensors[LENET_TENSORS];
    OnnxPb__ValueInfoProto *input_pointer;
    value_messages input;
    OnnxPb__ValueInfoProto *output_pointer;
    value_messages output;
    float weights[LENET_PARAMETERS]; /* of the tensors */
} graph_messages;

typedef struct fact_messages {
    size_t count;
    OnnxPb__StringStringEntryProto *pointers[FACTS_MOST];
    OnnxPb__StringStringEntryProto entries[FACTS_MOST];
} fact_messages;

static void add_attribute(node_messages *self, const attribute *from)
{
    const size_t i = self->node.n_attribute++;
    OnnxPb__AttributeProto *to = &self->attributes[i];
    onnx_pb__attribute_proto__init(to);
    self->attribute_pointers[i] = to;
    to->name = (char *)from->name;
    to->has_type = true;
    if (from->for_each_side) {
        to->type = ONNX_PB__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        to->ints = self->sides[i];
        to->n_ints = SIDES;
        self->sides[i][0] = self->sides[i][1] = from->value;
    } else {
        to->type = ONNX_PB__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        to->has_i = true;
        to->i = from->value;
    }
}

static void fill_node(node_messages *self, const operation *from)
{
    onnx_pb__node_proto__init(&self->node);
    self->node.name = self->output = (char *)from->name;
    self->node.op_type = (char *)from->op;
    self->node.input = self->inputs;
    for (size_t i = 0; i < INPUTS_MOST && from->inputs[i] != NULL; i++) {
        self->inputs[self->node.n_input++] = (char *)from->inputs[i];
    }
    self->node.output = &self->output;
    self->node.n_output = 1;
    self->node.attribute = self->attribute_pointers;
    for (size_t i = 0; i < ATTRIBUTES_MOST && from->attributes[i].name != NULL; i++) {
        add_attribute(self, &from->attributes[i]);
    }
}

static void fill_tensor(tensor_messages *self, unsigned index, const float *parameters,
                        float *weights)
{
    const torch_tensor *from = &torch_tensors[index];
    torch_layout_read(parameters, index, weights);
    onnx_pb__tensor_proto__init(&self->tensor);
    self->tensor.name = (char *)from->name;
    self->tensor.has_data_type = true;
    self->tensor.data_type = ONNX_PB__TENSOR_PROTO__DATA_TYPE__FLOAT;
    self->tensor.n_dims = from->rank;
    self->tensor.dims = self->dims;
    for (unsigned i = 0; i < from->rank; i++) {
        self->dims[i] = from->shape[i];
    }
    self->tensor.has_raw_data = true;
    self->tensor.raw_data = (ProtobufCBinaryData){
        .len = lenet_tensors[index].count * sizeof *weights, .data = (uint8_t *)weights};
}

/* The shape is [N, sides[rank]]. */
static void fill_value(value_messages *self, const char *name, const char *meaning, size_t rank,
                       const int64_t *sides)
{
    onnx_pb__tensor_shape_proto__init(&self->shape);
    self->shape.n_dim = rank + 1;
    self->shape.dim = self->dim_pointers;
    for (size_t i = 0; i <= rank; i++) {
        onnx_pb__tensor_shape_proto__dimension__init(&self->dims[i]);
        self->dim_pointers[i] = &self->dims[i];
        if (i == 0) {
            self->dims[i].value_case = ONNX_PB__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            self->dims[i].dim_param = (char *)"N";
        } else {
            self->dims[i].value_case = ONNX_PB__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            self->dims[i].dim_value = sides[i - 1];
        }
    }
    onnx_pb__type_proto__tensor__init(&self->tensor_type);
    self->tensor_type.has_elem_type = true;
    self->tensor_type.elem_type = ONNX_PB__TENSOR_PROTO__DATA_TYPE__FLOAT;
    self->tensor_type.shape = &self->shape;
    onnx_pb__type_proto__init(&self->type);
    self->type.value_case = ONNX_PB__TYPE_PROTO__VALUE_TENSOR_TYPE;
    self->type.tensor_type = &self->tensor_type;
    onnx_pb__value_info_proto__init(&self->value);
    self->value.name = (char *)name;
    self->value.type = &self->type;
    self->value.doc_string = (char *)meaning;
}

static void fill_graph(graph_messages *self, const float *parameters)
{
    static const int64_t image[] = {1, LENET_IMAGE_SIDE, LENET_IMAGE_SIDE};
    static const int64_t classes[] = {LENET_CLASSES};
    onnx_pb__graph_proto__init(&self->graph);
    self->graph.name = (char *)"lenet";
    for (size_t i = 0; i < OPERATIONS; i++) {
        fill_node(&self->nodes[i], &operations[i]);
        self->node_pointers[i] = &self->nodes[i].node;
    }
    self->graph.n_node = OPERATIONS;
    self->graph.node = self->node_pointers;
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        fill_tensor(&self->tensors[i], i, parameters, self->weights + lenet_tensors[i].offset);
        self->tensor_pointers[i] = &self->tensors[i].tensor;
    }
    self->graph.n_initializer = LENET_TENSORS;
    self->graph.initializer = self->tensor_pointers;
    fill_value(&self->input, INPUT, "Grey images: byte / 255, a light digit on black.",
               sizeof image / sizeof image[0], image);
    self->input.type.denotation = (char *)"IMAGE";
    self->input_pointer = &self->input.value;
    self->graph.n_input = 1;
    self->graph.input = &self->input_pointer;
    fill_value(&self->output, OUTPUT, "The probability of each class.",
               sizeof classes / sizeof classes[0], classes);
    self->output_pointer = &self->output.value;
    self->graph.n_output = 1;
    self->graph.output = &self->output_pointer;
}

static void add_fact(fact_messages *self, const char *key, const char *value)
{
    OnnxPb__StringStringEntryProto *entry = &self->entries[self->count];
    onnx_pb__string_string_entry_proto__init(entry);
    entry->key = (char *)key;
    entry->value = (char *)value;
    self->pointers[self->count++] = entry;
}

/* The texts still belong to `facts`. */
static void fill_facts(fact_messages *self, json_t *facts)
{
    const char *key;
    json_t *value;
    *self = (fact_messages){0};
    /* Keys that ONNX defines for images. */
    add_fact(self, "Image.BitmapPixelFormat", "Gray8");
    add_fact(self, "Image.NominalPixelRange", "Normalized_0_1");
    json_object_foreach(facts, key, value)
    {
        add_fact(self, key, json_string_value(value));
    }
}

static void pack(file_content *out, graph_messages *graph, fact_messages *facts)
{
    OnnxPb__OperatorSetIdProto opset = ONNX_PB__OPERATOR_SET_ID_PROTO__INIT;
    OnnxPb__OperatorSetIdProto *opset_pointer = &opset;
    OnnxPb__ModelProto file = ONNX_PB__MODEL_PROTO__INIT;
    opset.has_version = true;
    opset.version = OPSET;
    file.has_ir_version = true;
    file.ir_version = IR_VERSION;
    file.producer_name = (char *)"trainer";
    file.producer_version = (char *)TRAINER_VERSION;
    file.doc_string =
        (char *)"Tells digits apart: " OUTPUT " of the classes for " INPUT " of 28x28 pixels.";
    file.graph = &graph->graph;
    file.n_opset_import = 1;
    file.opset_import = &opset_pointer;
    file.n_metadata_props = facts->count;
    file.metadata_props = facts->pointers;
    uint8_t *place = file_content_extend(out, onnx_pb__model_proto__get_packed_size(&file));
    if (place != NULL) {
        onnx_pb__model_proto__pack(&file, place);
    }
}

int onnx_file_make(file_content *out, const model *from, char *message)
{
    json_t *facts = model_facts(from);
    graph_messages *graph = calloc(1, sizeof *graph);
    if (facts != NULL && graph != NULL) {
        fact_messages fact_entries;
        fill_graph(graph, from->parameters);
        fill_facts(&fact_entries, facts);
        pack(out, graph, &fact_entries);
    }
    const bool failed = facts == NULL || graph == NULL || out->failed;
    free(graph);
    json_decref(facts);
    return failed ? message_set(message, "no memory for the ONNX file") : 0;
}
