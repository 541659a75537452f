/* The ONNX file's structure. check_export_models.py computes with such files in other programs. */
#include <check.h>
#include <string.h>

#include "check_main.h"
#include "export_sample.h"
#include "lenet.h"
#include "onnx.pb-c.h"
#include "onnx_file.h"

static OnnxPb__ModelProto *file;

static const OnnxPb__TensorProto *find_tensor(const char *name)
{
    for (size_t i = 0; i < file->graph->n_initializer; i++) {
        if (strcmp(file->graph->initializer[i]->name, name) == 0) {
            return file->graph->initializer[i];
        }
    }
    return NULL;
}

static const char *find_fact(const char *key)
{
    const char *value = NULL;
    for (size_t i = 0; i < file->n_metadata_props; i++) {
        if (strcmp(file->metadata_props[i]->key, key) == 0) {
            ck_assert_ptr_null(value);
            value = file->metadata_props[i]->value;
        }
    }
    return value;
}

static float value_at(const OnnxPb__TensorProto *tensor, size_t index)
{
    float value;
    memcpy(&value, tensor->raw_data.data + index * sizeof value, sizeof value);
    return value;
}

START_TEST(versions_are_those_that_old_readers_know)
{
    ck_assert_int_eq(file->ir_version, 7);
    ck_assert_uint_eq(file->n_opset_import, 1);
    ck_assert_int_eq(file->opset_import[0]->version, 13);
}
END_TEST

START_TEST(every_input_is_the_image_a_weight_or_the_result_before)
{
    const OnnxPb__GraphProto *graph = file->graph;
    const char *before = graph->input[0]->name;
    for (size_t i = 0; i < graph->n_node; i++) {
        const OnnxPb__NodeProto *node = graph->node[i];
        ck_assert_str_eq(node->input[0], before);
        for (size_t j = 1; j < node->n_input; j++) {
            ck_assert_msg(find_tensor(node->input[j]) != NULL, "%s", node->input[j]);
        }
        ck_assert_uint_eq(node->n_output, 1);
        before = node->output[0];
    }
    ck_assert_str_eq(before, graph->output[0]->name);
}
END_TEST

START_TEST(the_batch_has_a_name_and_the_image_its_sides)
{
    const OnnxPb__TypeProto *type = file->graph->input[0]->type;
    const OnnxPb__TensorShapeProto *shape = type->tensor_type->shape;
    const int64_t sides[] = {0, 1, 28, 28};
    ck_assert_str_eq(type->denotation, "IMAGE");
    ck_assert_uint_eq(shape->n_dim, 4);
    ck_assert_str_eq(shape->dim[0]->dim_param, "N");
    for (size_t i = 1; i < 4; i++) {
        ck_assert_int_eq(shape->dim[i]->dim_value, sides[i]);
    }
    ck_assert_uint_eq(file->graph->output[0]->type->tensor_type->shape->n_dim, 2);
}
END_TEST

START_TEST(tensors_have_their_shapes_and_bytes)
{
    ck_assert_uint_eq(file->graph->n_initializer, LENET_TENSORS);
    for (size_t i = 0; i < LENET_TENSORS; i++) {
        const OnnxPb__TensorProto *tensor = file->graph->initializer[i];
        size_t count = 1;
        for (size_t j = 0; j < tensor->n_dims; j++) {
            count *= (size_t)tensor->dims[j];
        }
        ck_assert_uint_eq(count, lenet_tensors[i].count);
        ck_assert_uint_eq(tensor->raw_data.len, count * sizeof(float));
        ck_assert_int_eq(tensor->data_type, ONNX_PB__TENSOR_PROTO__DATA_TYPE__FLOAT);
    }
}
END_TEST

/* In ONNX Flatten runs over (channel, row, column), in our network over (row, column, channel). */
START_TEST(the_first_dense_layer_is_permuted)
{
    const OnnxPb__TensorProto *tensor = find_tensor("fc1.weight");
    const unsigned output = 5;
    const unsigned channel = 7;
    const unsigned row = 3;
    const unsigned column = 2;
    const unsigned there = ((row * 12 + column) * 64 + channel) * 128 + output;
    ck_assert_ptr_nonnull(tensor);
    ck_assert_float_eq(value_at(tensor, output * LENET_FLAT + channel * 144 + row * 12 + column),
                       export_sample().parameters[LENET_DENSE1_KERNEL_AT + there]);
}
END_TEST

START_TEST(facts_of_the_model_are_metadata)
{
    ck_assert_str_eq(find_fact("epoch"), "2");
    ck_assert_str_eq(find_fact("val_accuracy"), "0.875");
    ck_assert_str_eq(find_fact("data_crc32"), "0123abcd");
    ck_assert_str_eq(find_fact("Image.BitmapPixelFormat"), "Gray8");
    ck_assert_ptr_nonnull(strstr(find_fact("input"), "/ 255"));
}
END_TEST

static void set_up(void)
{
    file_content content = export_sample_file(onnx_file_make);
    file = onnx_pb__model_proto__unpack(NULL, content.bytes, content.data);
    ck_assert_ptr_nonnull(file);
    file_content_free(&content);
}

static void tear_down(void)
{
    onnx_pb__model_proto__free_unpacked(file, NULL);
}

int main(void)
{
    Suite *suite = suite_create("onnx_file");
    TCase *files = tcase_create("files");
    tcase_add_unchecked_fixture(files, set_up, tear_down);
    tcase_add_test(files, versions_are_those_that_old_readers_know);
    tcase_add_test(files, every_input_is_the_image_a_weight_or_the_result_before);
    tcase_add_test(files, the_batch_has_a_name_and_the_image_its_sides);
    tcase_add_test(files, tensors_have_their_shapes_and_bytes);
    tcase_add_test(files, the_first_dense_layer_is_permuted);
    tcase_add_test(files, facts_of_the_model_are_metadata);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
