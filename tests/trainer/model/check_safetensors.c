/* The file's format: what we write, what other programs write, and everything that is refused. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "message.h"
#include "model_sample.h"
#include "safetensors.h"
#include "scratch.h"
#include "torch_layout.h"

static float *parameters;
static json_t *metadata;
static char message[MESSAGE_BYTES];

static int parse(const char *content, size_t bytes)
{
    json_decref(metadata);
    metadata = NULL;
    message[0] = '\0';
    return safetensors_parse(content, bytes, parameters, &metadata, message);
}

/* A file with this header and data_bytes of data. */
static int parse_with(const char *header, size_t data_bytes)
{
    size_t bytes = 0;
    char *content = model_sample_content(header, data_bytes, &bytes);
    const int status = parse(content, bytes);
    free(content);
    return status;
}

static void expect_refused(int status, const char *reason)
{
    ck_assert_int_eq(status, -1);
    ck_assert_ptr_null(metadata);
    ck_assert_msg(strstr(message, reason) != NULL, "\"%s\" does not say \"%s\"", message, reason);
    ck_assert_ptr_null(strchr(message, '\n'));
}

/* The file is valid except for one replacement in its header. */
static void expect_header_refused(const char *old, const char *replacement, const char *reason)
{
    char *whole = model_sample_header();
    char *header = model_sample_replace(whole, old, replacement);
    expect_refused(parse_with(header, SAFETENSORS_DATA_BYTES), reason);
    free(header);
    free(whole);
}

static void expect_metadata_refused(const char *text, const char *reason)
{
    char start[256];
    snprintf(start, sizeof start, "{\"__metadata__\":%s,", text);
    expect_header_refused("{", start, reason);
}

/* The parameters of a file whose data are the sample's, in their order. */
static void expect_sample_parameters(void)
{
    float *expected = malloc(LENET_PARAMETERS * sizeof *expected);
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        torch_layout_write(expected, i, model_sample_parameters() + lenet_tensors[i].offset);
    }
    ck_assert_mem_eq(parameters, expected, LENET_PARAMETERS * sizeof *expected);
    free(expected);
}

static void write_file(const char *name, const json_t *facts)
{
    const int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(safetensors_write(fd, name, model_sample_parameters(), facts), 0);
    close(fd);
}

START_TEST(what_is_written_is_read_again)
{
    json_t *facts = json_pack("{s:s, s:s}", "one", "1", "quoted", "\"\n\xc3\xa9");
    size_t bytes = 0;
    write_file("file", facts);
    char *content = model_sample_read("file", &bytes);
    ck_assert_int_eq(parse(content, bytes), 0);
    ck_assert_mem_eq(parameters, model_sample_parameters(), SAFETENSORS_DATA_BYTES);
    ck_assert(json_equal(metadata, facts));
    free(content);
    json_decref(facts);
}
END_TEST

START_TEST(a_file_without_metadata_has_none)
{
    size_t bytes = 0;
    write_file("file", NULL);
    char *content = model_sample_read("file", &bytes);
    ck_assert_int_eq(parse(content, bytes), 0);
    ck_assert_ptr_null(metadata);
    free(content);
}
END_TEST

/* The header must have the bytes that the format's own library writes, except for the order, with
 * padding so that the data begin at a multiple of 8. */
START_TEST(a_file_is_header_and_tensors_in_their_order)
{
    size_t bytes = 0;
    char *header = model_sample_header();
    const size_t padded = (strlen(header) + 7) / 8 * 8;
    float *data = malloc(SAFETENSORS_DATA_BYTES);
    write_file("file", NULL);
    char *content = model_sample_read("file", &bytes);
    ck_assert_uint_eq(bytes, 8 + padded + SAFETENSORS_DATA_BYTES);
    ck_assert_uint_eq((uint8_t)content[0] + 256u * (uint8_t)content[1], padded);
    ck_assert_mem_eq(content + 2, "\0\0\0\0\0", 6);
    ck_assert_mem_eq(content + 8, header, strlen(header));
    for (size_t i = strlen(header); i < padded; i++) {
        ck_assert_int_eq(content[8 + i], ' ');
    }
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        torch_layout_read(model_sample_parameters(), i, data + lenet_tensors[i].offset);
    }
    ck_assert_mem_eq(content + 8 + padded, data, SAFETENSORS_DATA_BYTES);
    free(content);
    free(data);
    free(header);
}
END_TEST

START_TEST(a_header_may_have_any_length_and_spaces)
{
    char *header = model_sample_header();
    char padded[2000];
    for (int spaces = 0; spaces < 9; spaces++) {
        snprintf(padded, sizeof padded, "%s%*s", header, spaces, "");
        ck_assert_msg(parse_with(padded, SAFETENSORS_DATA_BYTES) == 0, "%s", message);
        expect_sample_parameters();
    }
    free(header);
}
END_TEST

/* The format leaves both orders open. */
START_TEST(tensors_may_be_in_any_order)
{
    char *whole = model_sample_header();
    char *fc1_first = model_sample_replace(whole, "[75264,4793856]", "[0,4718592]");
    char *then_conv1 = model_sample_replace(fc1_first, "[0,1152]", "[4718592,4719744]");
    char *then_bias = model_sample_replace(then_conv1, "[1152,1280]", "[4719744,4719872]");
    char *then_conv2 = model_sample_replace(then_bias, "[1280,75008]", "[4719872,4793600]");
    char *last = model_sample_replace(then_conv2, "[75008,75264]", "[4793600,4793856]");
    ck_assert_msg(parse_with(last, SAFETENSORS_DATA_BYTES) == 0, "%s", message);
    free(last);
    free(then_conv2);
    free(then_bias);
    free(then_conv1);
    free(fc1_first);
    free(whole);
}
END_TEST

START_TEST(metadata_of_others_are_read)
{
    char *whole = model_sample_header();
    char *header = model_sample_replace(whole, "{", "{\"__metadata__\":{\"format\":\"pt\"},");
    ck_assert_int_eq(parse_with(header, SAFETENSORS_DATA_BYTES), 0);
    ck_assert_str_eq(json_string_value(json_object_get(metadata, "format")), "pt");
    expect_sample_parameters();
    free(header);
    free(whole);
}
END_TEST

START_TEST(metadata_must_be_strings)
{
    expect_metadata_refused("{\"a\":\"b\",\"epoch\":3}", "'epoch' in __metadata__ is not a string");
    expect_metadata_refused("{\"a\":{}}", "'a' in __metadata__ is not a string");
    expect_metadata_refused("{\"a\":null}", "'a' in __metadata__ is not a string");
    expect_metadata_refused("[]", "__metadata__ is not an object");
    expect_metadata_refused("{\"a\":\"b\",\"a\":\"c\"}", "duplicate");
}
END_TEST

/* Truncated at every byte; within the data only at some. */
START_TEST(a_truncated_file_is_refused)
{
    size_t bytes = 0;
    char *header = model_sample_header();
    char *content = model_sample_content(header, SAFETENSORS_DATA_BYTES, &bytes);
    const size_t data_at = 8 + strlen(header);
    for (size_t end = 0; end <= 8; end++) {
        expect_refused(parse(content, end), "it is too short for a safetensors file");
    }
    for (size_t end = 9; end < data_at; end++) {
        expect_refused(parse(content, end), "it ends within its header");
    }
    expect_refused(parse(content, data_at), "it has 0 bytes of data, not 4799528");
    expect_refused(parse(content, bytes - 1), "it has 4799527 bytes of data, not 4799528");
    ck_assert_int_eq(parse(content, bytes), 0);
    free(content);
    free(header);
}
END_TEST

START_TEST(more_than_the_data_is_refused)
{
    char *header = model_sample_header();
    expect_refused(parse_with(header, SAFETENSORS_DATA_BYTES + 1), "it has 4799529 bytes of data");
    free(header);
}
END_TEST

START_TEST(absurd_header_lengths_are_refused)
{
    static const uint64_t lengths[] = {0,          1,          SAFETENSORS_MOST_HEADER + 1,
                                       UINT32_MAX, INT64_MAX,  UINT64_MAX - 7,
                                       UINT64_MAX, 1ull << 63, 100000000};
    char content[64] = {0};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (unsigned byte = 0; byte < 8; byte++) {
            content[byte] = (char)(uint8_t)(lengths[i] >> (8 * byte));
        }
        expect_refused(parse(content, sizeof content), "its header would have");
    }
}
END_TEST

START_TEST(text_is_called_text)
{
    static const char *const texts[] = {"{\"this\": \"is JSON\"}", "{\n    \"state\": \"finished\"",
                                        "<!DOCTYPE html>", "one\tline\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_refused(parse(texts[i], strlen(texts[i])), "it is text, not a safetensors file");
    }
}
END_TEST

START_TEST(files_of_other_formats_are_refused)
{
    static const char *const foreign[] = {
        "PK\3\4, a zip such as PyTorch's .pt or Keras' .keras",
        "\x89HDF\r\n\x1a\n, a file of HDF5",
        "\x80\2, a pickle and nothing but that",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        expect_refused(parse(foreign[i], strlen(foreign[i])), "it is not a safetensors file");
    }
}
END_TEST

START_TEST(headers_that_are_not_json_are_refused)
{
    static const char *const headers[] = {
        "  ",
        "{}x",
        "{ ",
        "{\"a\":}",
        "nonsense",
        "{\"\xff\":1}",
        "{\"a\":1e999}",
        "{\"a\":99999999999999999999}",
        "{\"a\":1,\"a\":1}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        expect_refused(parse_with(headers[i], 16), "its header is not JSON");
    }
    expect_refused(parse_with("[1, 2]", 16), "its header is not a JSON object");
    expect_refused(parse_with("{}", SAFETENSORS_DATA_BYTES), "tensor conv1.weight is missing");
    /* A zero byte as padding, which the format does not allow. */
    char *whole = model_sample_header();
    size_t bytes = 0;
    char *padded = model_sample_replace(whole, "}}", "}} ");
    char *content = model_sample_content(padded, SAFETENSORS_DATA_BYTES, &bytes);
    content[8 + strlen(whole)] = '\0';
    expect_refused(parse(content, bytes), "its header is not JSON");
    free(content);
    free(padded);
    free(whole);
}
END_TEST

START_TEST(deep_json_is_refused)
{
    static const char *const openings[] = {"[", "{\"a\":"};
    for (size_t i = 0; i < 2; i++) {
        char *header = malloc(SAFETENSORS_MOST_HEADER + 1);
        const size_t length = strlen(openings[i]);
        for (size_t at = 0; at < SAFETENSORS_MOST_HEADER; at++) {
            header[at] = openings[i][at % length];
        }
        header[SAFETENSORS_MOST_HEADER] = '\0';
        expect_refused(parse_with(header, 16), "maximum parsing depth");
        free(header);
    }
}
END_TEST

START_TEST(other_tensors_are_refused)
{
    expect_header_refused("conv1.bias", "conv1.scale",
                          "tensor 'conv1.scale' is not of this network");
    expect_header_refused("conv1.bias", "module.conv1.bias",
                          "tensor 'module.conv1.bias' is not of this network");
    expect_header_refused("{",
                          "{\"fc3.bias\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},",
                          "tensor 'fc3.bias' is not of this network");
    expect_header_refused(
        "\"conv1.bias\":{\"dtype\":\"F32\",\"shape\":[32],\"data_offsets\":[1152,1280]},", "",
        "tensor conv1.bias is missing");
    expect_header_refused("conv1.bias", "conv1.weight", "duplicate");
}
END_TEST

START_TEST(other_types_and_shapes_are_refused)
{
    expect_header_refused("F32", "F16", "the dtype of tensor conv1.weight is F16, not F32");
    expect_header_refused("\"F32\"", "32", "the dtype of tensor conv1.weight is missing, not F32");
    expect_header_refused("[32,1,3,3]", "[32,1,5,5]",
                          "the shape of tensor conv1.weight is [32,1,5,5], not [32,1,3,3]");
    expect_header_refused("[32,1,3,3]", "[3,3,1,32]", "is [3,3,1,32], not [32,1,3,3]");
    expect_header_refused("[32,1,3,3]", "[288]", "is [288], not [32,1,3,3]");
    expect_header_refused("[32,1,3,3]", "[32,1,3,3,1]", "is [32,1,3,3,1], not");
    expect_header_refused("[32,1,3,3]", "[32.0,1,3,3]", "is [32.0,1,3,3], not");
    expect_header_refused("[32,1,3,3]", "288", "is 288, not");
    expect_header_refused("\"shape\"", "\"form\"", "is none, not");
    expect_header_refused("{\"dtype\":\"F32\",\"shape\":[32,1,3,3],\"data_offsets\":[0,1152]}", "7",
                          "the dtype of tensor conv1.weight is missing");
}
END_TEST

START_TEST(offsets_that_are_none_are_refused)
{
    static const char *const offsets[] = {
        "[0]",
        "[0,1152,1]",
        "[0,1152.0]",
        "[\"0\",1152]",
        "[-1152,0]",
        "[1152,0]",
        "[0,4799529]",
        "[0,9223372036854775807]",
        "[9223372036854775806,9223372036854775807]",
        "[-9223372036854775808,9223372036854775807]",
        "{}",
        "null",
    };
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        expect_header_refused("[0,1152]", offsets[i],
                              "the data_offsets of tensor conv1.weight are not two offsets");
    }
    expect_header_refused("\"data_offsets\"", "\"offsets\"", "are not two offsets");
    expect_header_refused("[0,1152]", "[0,1148]", "tensor conv1.weight has 1148 bytes, not 1152");
}
END_TEST

START_TEST(overlaps_and_gaps_are_refused)
{
    expect_header_refused("[1152,1280]", "[1151,1279]",
                          "tensors conv1.weight and conv1.bias overlap");
    expect_header_refused("[1152,1280]", "[1153,1281]",
                          "tensors conv1.bias and conv2.weight overlap");
    expect_header_refused("[4799488,4799528]", "[0,40]",
                          "tensors conv1.weight and fc2.bias overlap");
    char *whole = model_sample_header();
    char *header = model_sample_replace(whole, "[0,1152]", "[4799528,4800680]");
    expect_refused(parse_with(header, SAFETENSORS_DATA_BYTES + 1152), "are not two offsets within");
    free(header);
    free(whole);
}
END_TEST

/* The value at every tensor's beginning and end. */
START_TEST(values_that_are_not_finite_are_refused)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    size_t bytes = 0;
    char *header = model_sample_header();
    char *content = model_sample_content(header, SAFETENSORS_DATA_BYTES, &bytes);
    char *data = content + 8 + strlen(header);
    for (unsigned i = 0; i < 2 * LENET_TENSORS; i++) {
        const lenet_tensor *tensor = &lenet_tensors[i / 2];
        const size_t at = tensor->offset + (i % 2 == 0 ? 0 : tensor->count - 1);
        char reason[80];
        snprintf(reason, sizeof reason, "tensor %s has values that are NaN or infinite",
                 torch_tensors[i / 2].name);
        memcpy(data + at * sizeof(float), &values[i % 3], sizeof(float));
        expect_refused(parse(content, bytes), reason);
        memcpy(data + at * sizeof(float), &model_sample_parameters()[at], sizeof(float));
    }
    ck_assert_int_eq(parse(content, bytes), 0);
    free(content);
    free(header);
}
END_TEST

START_TEST(a_write_that_fails_says_why_and_leaves_the_old_file)
{
    scratch_write("old", "old");
    ck_assert_int_eq(safetensors_write(-1, "old", model_sample_parameters(), NULL), -1);
    ck_assert_int_eq(errno, EBADF);
    char *text = scratch_read("old");
    ck_assert_str_eq(text, "old");
    free(text);
}
END_TEST

static void set_up(void)
{
    scratch_make();
    parameters = malloc(LENET_PARAMETERS * sizeof *parameters);
}

static void tear_down(void)
{
    json_decref(metadata);
    metadata = NULL;
    free(parameters);
    scratch_remove();
}

int main(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, what_is_written_is_read_again);
    tcase_add_test(files, a_file_without_metadata_has_none);
    tcase_add_test(files, a_file_is_header_and_tensors_in_their_order);
    tcase_add_test(files, a_header_may_have_any_length_and_spaces);
    tcase_add_test(files, tensors_may_be_in_any_order);
    tcase_add_test(files, metadata_of_others_are_read);
    tcase_add_test(files, a_write_that_fails_says_why_and_leaves_the_old_file);
    suite_add_tcase(suite, files);
    TCase *bad = tcase_create("bad files");
    tcase_add_checked_fixture(bad, set_up, tear_down);
    tcase_add_test(bad, metadata_must_be_strings);
    tcase_add_test(bad, a_truncated_file_is_refused);
    tcase_add_test(bad, more_than_the_data_is_refused);
    tcase_add_test(bad, absurd_header_lengths_are_refused);
    tcase_add_test(bad, text_is_called_text);
    tcase_add_test(bad, files_of_other_formats_are_refused);
    tcase_add_test(bad, headers_that_are_not_json_are_refused);
    tcase_add_test(bad, deep_json_is_refused);
    tcase_add_test(bad, other_tensors_are_refused);
    tcase_add_test(bad, other_types_and_shapes_are_refused);
    tcase_add_test(bad, offsets_that_are_none_are_refused);
    tcase_add_test(bad, overlaps_and_gaps_are_refused);
    tcase_add_test(bad, values_that_are_not_finite_are_refused);
    suite_add_tcase(suite, bad);
    return run_suite(suite);
}
