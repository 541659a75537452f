/* What is peculiar to .npz: the zip around the arrays, and the .npy header before each. The fixture
 * has just seen the right archives load; a test spoils one array. */
#include "dataset_files.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes changed.npz: right but for one array, which gets this header and these elements. */
static void change_array(unsigned array, unsigned version, const char *dictionary,
                         const blob *elements)
{
    blob arrays[ARRAYS] = {0};
    make_npz_arrays(arrays);
    arrays[array].size = 0;
    make_npy_header(&arrays[array], version, dictionary);
    blob_append(&arrays[array], elements->bytes, elements->size);
    write_npz("changed.npz", arrays, true);
}

/* The same with the array's right elements. */
static void change_header(unsigned array, unsigned version, const char *dictionary)
{
    blob elements = {0};
    make_elements(&elements, array);
    change_array(array, version, dictionary, &elements);
}

static void expect_images_error(const char *dictionary, const char *expected)
{
    char line[256];
    snprintf(line, sizeof line, "changed.npz: x_train.npy: %s", expected);
    change_header(TRAINING_IMAGES, 1, dictionary);
    expect_error("changed.npz", line);
}

START_TEST(missing_array_is_named)
{
    static const char *const names[ARRAYS] = {"x_train", "y_train", "x_test", "y_test"};
    for (unsigned i = 0; i < ARRAYS; i++) {
        blob arrays[ARRAYS] = {0};
        make_npz_arrays(arrays);
        arrays[i].size = 0;
        write_npz("changed.npz", arrays, false);
        char expected[64];
        snprintf(expected, sizeof expected, "changed.npz: has no array %s", names[i]);
        expect_error("changed.npz", expected);
    }
}
END_TEST

START_TEST(what_is_not_a_zip_is_refused)
{
    expect_error("set/train-images-idx3-ubyte",
                 "set/train-images-idx3-ubyte: cannot be read as .npz: Not a zip archive (for IDX "
                 "files, give their folder)");
    const blob empty = {0};
    blob_write(&empty, "changed.npz");
    expect_error("changed.npz", "changed.npz: ");
}
END_TEST

START_TEST(zip_with_bad_crc_is_refused)
{
    poke("stored.npz", 1000, 77); /* amid the first array's images */
    expect_error("stored.npz", "stored.npz: x_train.npy: cannot be read: CRC error");
}
END_TEST

START_TEST(every_npy_version_and_spelling_loads)
{
    static const char *const spellings[] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28), }   \n",
        "{'shape': (3,28,28,), 'descr': '|u1', 'fortran_order': False}",
        "{ \"fortran_order\" : False , \"shape\" : ( 3 , 28 , 28 ) , \"descr\" : \"|u1\" , }\n\n",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        for (unsigned version = 1; version <= 3; version++) {
            change_header(TRAINING_IMAGES, version, spellings[i]);
            expect_loads("changed.npz");
        }
    }
}
END_TEST

START_TEST(wrong_dtype_order_or_shape_is_refused)
{
    static const char dtype[] = "its dtype must be |u1 (unsigned bytes), but its header says {";
    static const char shape[] = "its shape must be (n, 28, 28), but its header says {";
    static const struct {
        const char *dictionary;
        const char *expected;
    } wrong[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|i1', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (3, 28, 28), }",
         "must be in C order, but its header says {"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 784), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28, 1), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 27, 28), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 29), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (), }", shape},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_images_error(wrong[i].dictionary, wrong[i].expected);
    }
}
END_TEST

START_TEST(counts_are_held_against_the_data)
{
    static const struct {
        const char *count;
        const char *expected;
    } lies[] = {
        {"0", "holds no images"},
        {"2", "has more data behind the 2 images of its header"},
        {"4", "is truncated: its header promises 4 images (3136 bytes), but only 2352 bytes"},
        {"4294967299", "promises 4294967299 images, more than the 2739137 that"},
        /* 2^60 + 3: times 784 it is 2352 modulo 2^64, just what the file holds. */
        {"1152921504606846979", "promises 1152921504606846979 images, more than the 2739137 that"},
        {"18446744073709551619", "has a .npy header that is not understood: {"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char dictionary[128];
        snprintf(dictionary, sizeof dictionary,
                 "{'descr': '|u1', 'fortran_order': False, 'shape': (%s, 28, 28), }",
                 lies[i].count);
        expect_images_error(dictionary, lies[i].expected);
    }
    blob two = {0};
    make_elements(&two, VALIDATION_LABELS);
    change_array(TRAINING_LABELS, 1, npy_dictionary(VALIDATION_LABELS), &two);
    expect_error("changed.npz", "changed.npz: x_train holds 3 images, but y_train holds 2 labels");
}
END_TEST

START_TEST(header_in_no_known_form_is_refused)
{
    static const char *const dictionaries[] = {
        "",
        "{",
        "{}",
        "None",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28)",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28), } x",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28), 'more': 1, }",
        "{'descr': '|u1', 'fortran_order': False, 'descr': '|u1', 'shape': (3, 28, 28), }",
        "{'descr': '|u1', 'shape': (3, 28, 28), }",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (3, 28, 28), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, -28, 28), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3 28 28), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 3, }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }",
        "{'descr': '|u1' 'fortran_order': False, 'shape': (3, 28, 28), }",
        "{'descr': '|u1, 'fortran_order': False, 'shape': (3, 28, 28), }",
        "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (3, 28, 28), }",
        "{'descr': 'a string of more than a dtype needs', 'fortran_order': False, 'shape': (3,)}",
        "{'a key of more than these three need': 1, 'descr': '|u1', 'fortran_order': False}",
    };
    for (size_t i = 0; i < sizeof dictionaries / sizeof *dictionaries; i++) {
        expect_images_error(dictionaries[i], "has a .npy header that is not understood: ");
    }
}
END_TEST

START_TEST(npy_start_is_checked)
{
    change_header(TRAINING_IMAGES, 4, npy_dictionary(TRAINING_IMAGES));
    expect_error("changed.npz", "changed.npz: x_train.npy: has .npy format version 4.0; known are");
    blob arrays[ARRAYS] = {0};
    make_npz_arrays(arrays);
    arrays[TRAINING_IMAGES].bytes[1] = 'n';
    write_npz("changed.npz", arrays, false);
    expect_error("changed.npz", "changed.npz: x_train.npy: is not a .npy array");
    arrays[TRAINING_IMAGES].bytes[1] = 'N';
    arrays[TRAINING_IMAGES].bytes[10 + strlen(npy_dictionary(TRAINING_IMAGES)) - 2] = '\0';
    write_npz("changed.npz", arrays, false);
    expect_error("changed.npz", "changed.npz: x_train.npy: has a .npy header that is not");
    arrays[TRAINING_IMAGES].size = 20;
    write_npz("changed.npz", arrays, false);
    expect_error("changed.npz", "changed.npz: x_train.npy: ends inside its header");
    char padded[5000];
    memset(padded, ' ', sizeof padded);
    const char *dictionary = npy_dictionary(TRAINING_IMAGES);
    memcpy(padded, dictionary, strlen(dictionary) - 1);
    padded[4096] = '\0';
    change_header(TRAINING_IMAGES, 1, padded);
    expect_loads("changed.npz");
    padded[4096] = ' ';
    padded[4097] = '\0';
    change_header(TRAINING_IMAGES, 1, padded);
    expect_error("changed.npz", "changed.npz: x_train.npy: has a .npy header of 4097 bytes; at");
}
END_TEST

/* The training labels as little-endian integers of that width, one of them replaced. */
static void change_labels(const char *dtype, size_t width, unsigned index, int64_t value)
{
    blob narrow = {0}, wide = {0};
    make_elements(&narrow, TRAINING_LABELS);
    for (unsigned i = 0; i < SAMPLE_TRAINING; i++) {
        const uint64_t label = i == index ? (uint64_t)value : narrow.bytes[i];
        for (size_t k = 0; k < width; k++) {
            uint8_t byte = (uint8_t)(label >> (8 * k));
            blob_append(&wide, &byte, 1);
        }
    }
    char dictionary[128];
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '%s', 'fortran_order': False, 'shape': (3,), }", dtype);
    change_array(TRAINING_LABELS, 1, dictionary, &wide);
}

START_TEST(labels_may_be_any_little_endian_integer)
{
    static const struct {
        const char *dtype;
        size_t width;
        const char *minus_three; /* how the value with these bits reads in that type */
    } types[] = {{"|u1", 1, "253"},   {"|i1", 1, "-3"},
                 {"<u2", 2, "65533"}, {"<i2", 2, "-3"},
                 {"<i4", 4, "-3"},    {"<u4", 4, "4294967293"},
                 {"<i8", 8, "-3"},    {"<u8", 8, "18446744073709551613"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        change_labels(types[i].dtype, types[i].width, SAMPLE_TRAINING, 0);
        expect_loads("changed.npz");
        char expected[128];
        snprintf(expected, sizeof expected,
                 "changed.npz: y_train.npy: label %s at index 1 is not one of 0 to 9",
                 types[i].minus_three);
        change_labels(types[i].dtype, types[i].width, 1, -3);
        expect_error("changed.npz", expected);
        change_labels(types[i].dtype, types[i].width, 2, 10);
        expect_error("changed.npz",
                     "changed.npz: y_train.npy: label 10 at index 2 is not one of 0 to 9");
    }
}
END_TEST

START_TEST(other_labels_are_refused)
{
    static const char *const dtypes[] = {"<f4", ">i4", "|b1", "<u1", "|O", ""};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        change_labels(dtypes[i], 4, SAMPLE_TRAINING, 0);
        expect_error("changed.npz", "changed.npz: y_train.npy: its dtype must be |u1 (or a little");
    }
    change_header(TRAINING_LABELS, 1,
                  "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1), }");
    expect_error("changed.npz", "changed.npz: y_train.npy: its shape must be (n,), but its header");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset_npz");
    TCase *made = tcase_create("made files");
    tcase_add_checked_fixture(made, make_data_sets, remove_data_sets);
    tcase_add_test(made, missing_array_is_named);
    tcase_add_test(made, what_is_not_a_zip_is_refused);
    tcase_add_test(made, zip_with_bad_crc_is_refused);
    tcase_add_test(made, every_npy_version_and_spelling_loads);
    tcase_add_test(made, wrong_dtype_order_or_shape_is_refused);
    tcase_add_test(made, counts_are_held_against_the_data);
    tcase_add_test(made, header_in_no_known_form_is_refused);
    tcase_add_test(made, npy_start_is_checked);
    tcase_add_test(made, labels_may_be_any_little_endian_integer);
    tcase_add_test(made, other_labels_are_refused);
    suite_add_tcase(suite, made);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
