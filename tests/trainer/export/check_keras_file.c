/* The .keras file's members. check_export_frameworks.py and check_export_older_frameworks.py load
 * such files in Keras. */
#include <check.h>
#include <jansson.h>
#include <string.h>
#include <zip.h>

#include "check_main.h"
#include "export_sample.h"
#include "keras_file.h"

static file_content content;
static zip_t *archive;

/* A member's JSON, to be released. */
static json_t *read_json(const char *name)
{
    char text[8192];
    zip_file_t *member = zip_fopen(archive, name, 0);
    ck_assert_ptr_nonnull(member);
    const zip_int64_t bytes = zip_fread(member, text, sizeof text);
    zip_fclose(member);
    json_t *json = json_loadb(text, (size_t)bytes, 0, NULL);
    ck_assert_ptr_nonnull(json);
    return json;
}

START_TEST(members_are_those_of_keras)
{
    char signature[8];
    ck_assert_int_eq(zip_get_num_entries(archive, 0), 3);
    zip_file_t *member = zip_fopen(archive, "model.weights.h5", 0);
    ck_assert_ptr_nonnull(member);
    ck_assert_int_eq(zip_fread(member, signature, sizeof signature), sizeof signature);
    ck_assert_mem_eq(signature, "\x89HDF\r\n\x1a\n", sizeof signature);
    zip_fclose(member);
}
END_TEST

START_TEST(the_input_layer_has_nothing_that_keras_2_does_not_know)
{
    json_t *network = read_json("config.json");
    const json_t *layers = json_object_get(json_object_get(network, "config"), "layers");
    const json_t *config = json_object_get(json_array_get(layers, 0), "config");
    ck_assert_uint_eq(json_array_size(layers), 9);
    ck_assert_uint_eq(json_object_size(config), 3);
    ck_assert_ptr_nonnull(json_object_get(config, "name"));
    ck_assert_ptr_nonnull(json_object_get(config, "dtype"));
    ck_assert_uint_eq(json_array_size(json_object_get(config, "batch_input_shape")), 4);
    json_decref(network);
}
END_TEST

START_TEST(facts_of_the_model_are_metadata)
{
    json_t *metadata = read_json("metadata.json");
    const json_t *facts = json_object_get(metadata, "trainer");
    ck_assert_str_eq(json_string_value(json_object_get(facts, "epoch")), "2");
    ck_assert_str_eq(json_string_value(json_object_get(metadata, "keras_version")), "3");
    json_decref(metadata);
}
END_TEST

static void set_up(void)
{
    content = export_sample_file(keras_file_make);
    archive = export_sample_archive(&content);
}

static void tear_down(void)
{
    zip_discard(archive);
    file_content_free(&content);
}

int main(void)
{
    Suite *suite = suite_create("keras_file");
    TCase *files = tcase_create("files");
    tcase_add_unchecked_fixture(files, set_up, tear_down);
    tcase_add_test(files, members_are_those_of_keras);
    tcase_add_test(files, the_input_layer_has_nothing_that_keras_2_does_not_know);
    tcase_add_test(files, facts_of_the_model_are_metadata);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
