/* The .npz file's structure, by libzip and NumPy's description of an array. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "check_main.h"
#include "export_sample.h"
#include "lenet.h"
#include "npz_file.h"

enum { HEADER_BYTES = 128 };

static file_content content;
static zip_t *archive;

START_TEST(members_are_the_tensors_by_name_stored_as_they_are)
{
    ck_assert_int_eq(zip_get_num_entries(archive, 0), LENET_TENSORS);
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        zip_stat_t stat;
        char name[64];
        snprintf(name, sizeof name, "%s.npy", lenet_tensors[i].name);
        ck_assert_str_eq(zip_get_name(archive, i, 0), name);
        ck_assert_int_eq(zip_stat_index(archive, i, 0, &stat), 0);
        ck_assert_uint_eq(stat.comp_method, ZIP_CM_STORE);
        ck_assert_uint_eq(stat.size, HEADER_BYTES + lenet_tensors[i].count * sizeof(float));
    }
}
END_TEST

START_TEST(a_header_of_two_times_64_bytes_says_type_and_shape)
{
    static const char *const shapes[LENET_TENSORS] = {
        "(3, 3, 1, 32)", "(32,)",  "(3, 3, 32, 64)", "(64,)",
        "(9216, 128)",   "(128,)", "(128, 10)",      "(10,)"};
    static const char magic[] = "\x93NUMPY\x01\x00\x76\x00";
    char header[HEADER_BYTES];
    char expected[HEADER_BYTES];
    zip_file_t *member = zip_fopen_index(archive, (zip_uint64_t)_i, 0);
    ck_assert_ptr_nonnull(member);
    ck_assert_int_eq(zip_fread(member, header, sizeof header), sizeof header);
    const int length =
        snprintf(expected, sizeof expected,
                 "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shapes[_i]);
    ck_assert_mem_eq(header, magic, 10);
    ck_assert_mem_eq(header + 10, expected, (size_t)length);
    for (size_t i = 10 + (size_t)length; i < sizeof header - 1; i++) {
        ck_assert_int_eq(header[i], ' ');
    }
    ck_assert_int_eq(header[HEADER_BYTES - 1], '\n');
    zip_fclose(member);
}
END_TEST

START_TEST(the_data_are_the_parameters)
{
    const float *parameters = export_sample().parameters;
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        const size_t bytes = HEADER_BYTES + lenet_tensors[i].count * sizeof(float);
        char *array = malloc(bytes);
        zip_file_t *member = zip_fopen_index(archive, i, 0);
        ck_assert_int_eq(zip_fread(member, array, bytes), (zip_int64_t)bytes);
        ck_assert_int_eq(memcmp(array + HEADER_BYTES, parameters + lenet_tensors[i].offset,
                                bytes - HEADER_BYTES),
                         0);
        zip_fclose(member);
        free(array);
    }
}
END_TEST

START_TEST(the_comment_is_what_is_known_of_the_model)
{
    int length = 0;
    const char *comment = zip_get_archive_comment(archive, &length, 0);
    ck_assert_ptr_nonnull(comment);
    json_t *facts = json_loadb(comment, (size_t)length, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(facts, "epoch")), "2");
    json_decref(facts);
}
END_TEST

static void set_up(void)
{
    content = export_sample_file(npz_file_make);
    archive = export_sample_archive(&content);
}

static void tear_down(void)
{
    zip_discard(archive);
    file_content_free(&content);
}

int main(void)
{
    Suite *suite = suite_create("npz_file");
    TCase *files = tcase_create("files");
    tcase_add_unchecked_fixture(files, set_up, tear_down);
    tcase_add_test(files, members_are_the_tensors_by_name_stored_as_they_are);
    tcase_add_loop_test(files, a_header_of_two_times_64_bytes_says_type_and_shape, 0,
                        LENET_TENSORS);
    tcase_add_test(files, the_data_are_the_parameters);
    tcase_add_test(files, the_comment_is_what_is_known_of_the_model);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
