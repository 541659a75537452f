/* The graph of the network: its operations are connected, and have the attributes that TensorBoard
 * shows. The tests in tests/tensorboard check that the field numbers are TensorFlow's. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "graph.pb-c.h"
#include "lenet.h"
#include "lenet_graph.h"

static TrainerPb__GraphDef *graph;

static const TrainerPb__NodeDef *find_node(const char *name)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        if (strcmp(graph->node[i]->name, name) == 0) {
            return graph->node[i];
        }
    }
    ck_abort_msg("no node %s", name);
}

static const TrainerPb__AttrValue *find_attribute(const TrainerPb__NodeDef *node, const char *key)
{
    for (size_t i = 0; i < node->n_attr; i++) {
        if (strcmp(node->attr[i]->key, key) == 0) {
            return node->attr[i]->value;
        }
    }
    ck_abort_msg("no attribute %s of %s", key, node->name);
}

static void assert_shape(const TrainerPb__TensorShapeProto *shape, size_t rank,
                         const int64_t *sides)
{
    ck_assert_uint_eq(shape->n_dim, rank);
    for (size_t i = 0; i < rank; i++) {
        ck_assert_int_eq(shape->dim[i]->size, sides[i]);
    }
}

static void assert_output_shape(const char *name, size_t rank, const int64_t *sides)
{
    const TrainerPb__AttrValue *value = find_attribute(find_node(name), "_output_shapes");
    ck_assert_uint_eq(value->value_case, TRAINER_PB__ATTR_VALUE__VALUE_LIST);
    ck_assert_uint_eq(value->list->n_shape, 1);
    assert_shape(value->list->shape[0], rank, sides);
}

static void assert_window(const char *name, const char *key, int64_t side)
{
    const TrainerPb__AttrValue *value = find_attribute(find_node(name), key);
    ck_assert_uint_eq(value->value_case, TRAINER_PB__ATTR_VALUE__VALUE_LIST);
    ck_assert_uint_eq(value->list->n_i, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(value->list->i[i], i == 1 || i == 2 ? side : 1);
    }
}

START_TEST(every_input_is_the_name_of_an_earlier_node)
{
    ck_assert_uint_eq(graph->n_node, 25);
    ck_assert_int_eq(graph->versions->producer, 1);
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t j = 0; j < graph->node[i]->n_input; j++) {
            const TrainerPb__NodeDef *input = find_node(graph->node[i]->input[j]);
            size_t place = 0;
            while (graph->node[place] != input) {
                place++;
            }
            ck_assert_uint_lt(place, i);
        }
    }
}
END_TEST

/* Each node but the last is an input of another one. */
START_TEST(everything_leads_to_the_probabilities)
{
    ck_assert_str_eq(graph->node[graph->n_node - 1]->name, "dense_1/Softmax");
    for (size_t i = 0; i + 1 < graph->n_node; i++) {
        unsigned users = 0;
        for (size_t j = i + 1; j < graph->n_node; j++) {
            for (size_t k = 0; k < graph->node[j]->n_input; k++) {
                users += strcmp(graph->node[j]->input[k], graph->node[i]->name) == 0;
            }
        }
        ck_assert_msg(users == 1, "%s", graph->node[i]->name);
    }
}
END_TEST

START_TEST(operations_have_windows_padding_and_the_shapes_that_flow)
{
    const int64_t images[] = {-1, 28, 28, 1};
    const int64_t convolved[] = {-1, 24, 24, 64};
    const int64_t pooled[] = {-1, 12, 12, 64};
    const int64_t flat[] = {-1, 9216};
    const int64_t classes[] = {-1, LENET_CLASSES};
    assert_output_shape("input_layer", 4, images);
    assert_output_shape("conv2d_1/Conv2D", 4, convolved);
    assert_output_shape("max_pooling2d/MaxPool", 4, pooled);
    assert_output_shape("flatten/Reshape", 2, flat);
    assert_output_shape("dense_1/Softmax", 2, classes);
    assert_window("conv2d/Conv2D", "strides", 1);
    assert_window("max_pooling2d/MaxPool", "strides", 2);
    assert_window("max_pooling2d/MaxPool", "ksize", 2);
    const ProtobufCBinaryData padding = find_attribute(find_node("conv2d/Conv2D"), "padding")->s;
    ck_assert_uint_eq(padding.len, 5);
    ck_assert_mem_eq(padding.data, "VALID", 5);
    ck_assert_int_eq(find_attribute(find_node("dense/Relu"), "T")->type,
                     TRAINER_PB__DATA_TYPE__DT_FLOAT);
}
END_TEST

START_TEST(variables_have_the_shapes_of_the_parameters)
{
    const int64_t kernel[] = {3, 3, 32, 64};
    const int64_t bias[] = {128};
    const TrainerPb__NodeDef *node = find_node("conv2d_1/kernel");
    ck_assert_str_eq(node->op, "VariableV2");
    ck_assert_int_eq(find_attribute(node, "dtype")->type, TRAINER_PB__DATA_TYPE__DT_FLOAT);
    assert_shape(find_attribute(node, "shape")->shape, 4, kernel);
    assert_output_shape("conv2d_1/kernel", 4, kernel);
    assert_output_shape("dense/bias", 1, bias);
}
END_TEST

static void set_up(void)
{
    size_t bytes = 0;
    uint8_t *packed = lenet_graph_def(&bytes);
    ck_assert_ptr_nonnull(packed);
    graph = trainer_pb__graph_def__unpack(NULL, bytes, packed);
    ck_assert_ptr_nonnull(graph);
    free(packed);
}

static void tear_down(void)
{
    trainer_pb__graph_def__free_unpacked(graph, NULL);
}

int main(void)
{
    Suite *suite = suite_create("lenet_graph");
    TCase *nodes = tcase_create("nodes");
    tcase_add_checked_fixture(nodes, set_up, tear_down);
    tcase_add_test(nodes, every_input_is_the_name_of_an_earlier_node);
    tcase_add_test(nodes, everything_leads_to_the_probabilities);
    tcase_add_test(nodes, operations_have_windows_padding_and_the_shapes_that_flow);
    tcase_add_test(nodes, variables_have_the_shapes_of_the_parameters);
    suite_add_tcase(suite, nodes);
    return run_suite(suite);
}
