/* What is special to .npz: the zip around the arrays, and the .npy header before each. The fixture
 * checks that valid archives load; then a test spoils one array. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "changed_npz.h"
#include "check_main.h"

/* Writes changed.npz: valid except for the header of one array. */
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
        snprintf(expected, sizeof expected, "changed.npz: has no array %s; it has %s, ", names[i],
                 names[i == 0]);
        expect_error("changed.npz", expected);
    }
}
END_TEST

START_TEST(zip_without_arrays_is_called_that)
{
    zip_t *archive = zip_open("idx.zip", ZIP_CREATE, NULL);
    for (unsigned i = 0; i < ARRAYS; i++) {
        zip_source_t *source = zip_source_buffer(archive, "x", 1, 0);
        ck_assert_int_ge(zip_file_add(archive, idx_names[i], source, 0), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        char name[] = "0.png";
        name[0] = (char)('0' + i);
        zip_source_t *source = zip_source_buffer(archive, "x", 1, 0);
        ck_assert_int_ge(zip_file_add(archive, name, source, 0), 0);
    }
    ck_assert_int_eq(zip_close(archive), 0);
    expect_error("idx.zip", "idx.zip: is a zip archive without arrays (it has "
                            "train-images-idx3-ubyte, train-labels-idx1-ubyte, "
                            "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, 0.png, 1.png and 2 "
                            "more): unpack it, and give the folder");
}
END_TEST

START_TEST(what_is_not_a_zip_is_refused)
{
    expect_error("set/train-images-idx3-ubyte",
                 "set/train-images-idx3-ubyte: is one IDX file: give the folder of all four");
    expect_error("zipped/t10k-labels-idx1-ubyte.gz",
                 "zipped/t10k-labels-idx1-ubyte.gz, unpacked: is one IDX file: give the folder of");
    blob content = {0};
    blob_write(&content, "changed.npz");
    expect_error("changed.npz", "changed.npz: is empty: copy or download it again");
    blob_append(&content, "<html>", 6);
    blob_write(&content, "changed.npz");
    expect_error("changed.npz", "changed.npz: is a web page (HTML), not the data");
    blob pickle = {.bytes = "\x80\4\x95", .size = 3}, zipped = {0};
    blob_gzip(&pickle, &zipped);
    blob_write(&zipped, "mnist.pkl.gz");
    expect_error("mnist.pkl.gz", "mnist.pkl.gz, unpacked: is a Python pickle: load it in Python");
    zipped.size -= 1;
    blob_write(&zipped, "mnist.pkl.gz");
    expect_error("mnist.pkl.gz", "mnist.pkl.gz: is truncated: the file ends inside its gzip data");
}
END_TEST

START_TEST(truncated_npz_is_called_that)
{
    blob content = {0};
    blob_read(&content, "deflated.npz");
    for (size_t size = content.size; size-- > 4;) {
        ck_assert_int_eq(truncate("deflated.npz", (off_t)size), 0);
        expect_error("deflated.npz", "deflated.npz: is a truncated .npz, without the end that "
                                     "lists its arrays: copy or download it again");
    }
}
END_TEST

START_TEST(gzipped_npz_is_called_that)
{
    blob content = {0}, zipped = {0};
    blob_read(&content, "deflated.npz");
    blob_gzip(&content, &zipped);
    blob_write(&zipped, "deflated.npz.gz");
    expect_error("deflated.npz.gz", "deflated.npz.gz: is a gzipped .npz: unpack it");
}
END_TEST

START_TEST(zip_with_bad_crc_is_refused)
{
    poke("stored.npz", 1000, 77); /* within the first array's images */
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

START_TEST(wrong_dtype_or_shape_is_refused)
{
    static const char dtype[] = "its dtype must be an integer, or a float of 4 or 8 bytes, but its "
                                "header says {";
    static const char shape[] = "its shape must be (n, 28, 28), (n, 784), (n, 28, 28, 1) or (n, 1, "
                                "28, 28), but its header says {";
    static const struct {
        const char *dictionary;
        const char *expected;
    } wrong[] = {
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '<u1', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|u4', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2352,), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1, 784), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (28, 28, 3), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28, 3), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 27, 28), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 29), }", shape},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (), }", shape},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_images_error(wrong[i].dictionary, wrong[i].expected);
    }
}
END_TEST

START_TEST(every_shape_and_order_loads)
{
    static const char *const shapes[] = {"3, 28, 28", "3, 784", "3, 28, 28, 1", "3, 1, 28, 28"};
    blob rows = {0};
    make_elements(&rows, TRAINING_IMAGES);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char dictionary[128];
        snprintf(dictionary, sizeof dictionary,
                 "{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }", shapes[i]);
        change_array(TRAINING_IMAGES, 1, dictionary, &rows);
        expect_loads("changed.npz");
        blob columns = {.size = rows.size};
        const bool flat = strcmp(shapes[i], "3, 784") == 0;
        for (size_t image = 0; image < 3; image++) {
            for (size_t row = 0; row < 28; row++) {
                for (size_t column = 0; column < 28; column++) {
                    const size_t pixel = flat ? 28 * row + column : row + 28 * column;
                    columns.bytes[image + 3 * pixel] = rows.bytes[784 * image + 28 * row + column];
                }
            }
        }
        snprintf(dictionary, sizeof dictionary,
                 "{'descr': '|u1', 'fortran_order': True, 'shape': (%s), }", shapes[i]);
        change_array(TRAINING_IMAGES, 1, dictionary, &columns);
        expect_loads("changed.npz");
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
        {"2", "has more data after the 2 images of its header"},
        {"4", "is truncated: its header promises 4 images (3136 bytes), but only 2352 bytes"},
        {"4294967299", "promises 4294967299 images, more than the 2739137 that"},
        /* 2^60 + 3: times 784 it is 2352 modulo 2^64, exactly the bytes that the file holds. */
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

int main(void)
{
    Suite *suite = suite_create("dataset_npz");
    TCase *made = tcase_create("made files");
    tcase_add_checked_fixture(made, make_data_sets, remove_data_sets);
    tcase_add_test(made, missing_array_is_named);
    tcase_add_test(made, zip_without_arrays_is_called_that);
    tcase_add_test(made, what_is_not_a_zip_is_refused);
    tcase_add_test(made, truncated_npz_is_called_that);
    tcase_add_test(made, gzipped_npz_is_called_that);
    tcase_add_test(made, zip_with_bad_crc_is_refused);
    tcase_add_test(made, every_npy_version_and_spelling_loads);
    tcase_add_test(made, wrong_dtype_or_shape_is_refused);
    tcase_add_test(made, every_shape_and_order_loads);
    tcase_add_test(made, counts_are_held_against_the_data);
    tcase_add_test(made, header_in_no_known_form_is_refused);
    tcase_add_test(made, npy_start_is_checked);
    suite_add_tcase(suite, made);
    return run_suite(suite);
}
