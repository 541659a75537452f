/* What is peculiar to .npz: the zip around the arrays, and the .npy header before each. The fixture
 * has just seen the right archives load; a test spoils one array. */
#include "dataset_files.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "check_main.h"
#include "message.h"

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

/* The bits of a number, as an item of that width in that byte order. */
static void append_item(blob *out, uint64_t bits, size_t width, bool big_endian)
{
    for (size_t k = 0; k < width; k++) {
        const uint8_t byte = (uint8_t)(bits >> (8 * (big_endian ? width - 1 - k : k)));
        blob_append(out, &byte, 1);
    }
}

static void append_float(blob *out, double value, const char *dtype)
{
    uint64_t bits;
    if (dtype[2] == '4') {
        const float narrow = (float)value;
        uint32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
        bits = narrow_bits;
    } else {
        memcpy(&bits, &value, sizeof bits);
    }
    append_item(out, bits, dtype[2] == '4' ? 4 : 8, dtype[0] == '>');
}

/* Writes changed.npz with the training images as floats. */
static void change_images(const double values[], const char *dtype)
{
    blob elements = {0};
    for (size_t i = 0; i < SAMPLE_TRAINING * 784; i++) {
        append_float(&elements, values[i], dtype);
    }
    char dictionary[128];
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '%s', 'fortran_order': False, 'shape': (3, 28, 28), }", dtype);
    change_array(TRAINING_IMAGES, 1, dictionary, &elements);
}

static const char *const float_types[] = {"<f4", ">f4", "<f8", ">f8"};
enum { FLOAT_TYPES = 4 };

START_TEST(floats_that_are_exact_pixels_load)
{
    blob pixels = {0};
    make_elements(&pixels, TRAINING_IMAGES);
    double whole[SAMPLE_TRAINING * 784], of_floats[SAMPLE_TRAINING * 784];
    double of_doubles[SAMPLE_TRAINING * 784];
    for (size_t i = 0; i < SAMPLE_TRAINING * 784; i++) {
        whole[i] = pixels.bytes[i] == 0 ? -0.0 : pixels.bytes[i];
        of_floats[i] = (double)((float)pixels.bytes[i] / 255.0f);
        of_doubles[i] = pixels.bytes[i] / 255.0;
    }
    for (unsigned i = 0; i < FLOAT_TYPES; i++) {
        change_images(whole, float_types[i]);
        expect_loads("changed.npz");
        change_images(of_floats, float_types[i]);
        expect_loads("changed.npz");
        change_images(of_doubles, float_types[i]);
        expect_loads("changed.npz");
    }
}
END_TEST

/* All 256 pixels, and what 1 is if there is nothing else. */
START_TEST(floats_load_as_the_pixels_that_they_are)
{
    static const double divisors[] = {1, 255};
    for (size_t d = 0; d < 3; d++) {
        double values[SAMPLE_TRAINING * 784];
        for (size_t i = 0; i < SAMPLE_TRAINING * 784; i++) {
            values[i] = d < 2 ? (double)(i % 256) / divisors[d] : (double)(i % 2);
        }
        for (unsigned t = 0; t < FLOAT_TYPES; t++) {
            dataset set;
            char message[MESSAGE_BYTES] = "";
            change_images(values, float_types[t]);
            ck_assert_msg(dataset_load(&set, "changed.npz", message) == 0, "%s", message);
            for (size_t i = 0; i < SAMPLE_TRAINING * 784; i++) {
                ck_assert_uint_eq(set.training.images[i], d < 2 ? i % 256 : 255 * (i % 2));
            }
            dataset_free(&set);
        }
    }
}
END_TEST

START_TEST(first_float_that_is_no_pixel_is_named)
{
    static const struct {
        double before; /* all values but the one */
        double value;
        const char *text;
    } wrong[] = {
        {0, -1, "-1"},        {0, 256, "256"},  {0, 0.25, "0.25"},           {0, NAN, "nan"},
        {0, INFINITY, "inf"}, {0, 1.5, "1.5"},  {200, 0.25, "0.25"},         {0.2, 2, "2"},
        {0.2, 0.25, "0.25"},  {0, 1e300, NULL}, {200, 200.0625, "200.0625"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        for (unsigned t = 0; t < FLOAT_TYPES; t++) {
            double values[SAMPLE_TRAINING * 784];
            for (size_t k = 0; k < SAMPLE_TRAINING * 784; k++) {
                values[k] = wrong[i].before;
            }
            values[784 + 2 * 28 + 5] = wrong[i].value;
            values[784 + 2 * 28 + 6] = -7;
            change_images(values, float_types[t]);
            char expected[256];
            snprintf(expected, sizeof expected,
                     "changed.npz: x_train.npy: value %s at image 1, row 2, column 5: floats must "
                     "all be whole numbers from 0 to 255, or all k/255 exactly; save the pixels as",
                     wrong[i].text != NULL      ? wrong[i].text
                     : float_types[t][2] == '4' ? "inf"
                                                : "1.0000000000000001e+300");
            expect_error("changed.npz", expected);
        }
    }
    double scaled[SAMPLE_TRAINING * 784] = {0};
    scaled[3] = 3 / 255.0 + 1e-17; /* close is not exact */
    change_images(scaled, "<f8");
    expect_error("changed.npz", "changed.npz: x_train.npy: value 0.011764705882352951 at image 0, "
                                "row 0, column 3: floats must");
}
END_TEST

START_TEST(images_may_be_any_integer)
{
    static const char *const types[] = {"<u2", ">u2", "<i4", ">i4", "<u8", ">i8"};
    blob pixels = {0};
    make_elements(&pixels, TRAINING_IMAGES);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        const int64_t last[] = {pixels.bytes[2351], 256, -1};
        for (size_t l = 0; l < 3; l++) {
            const size_t width = (size_t)(types[t][2] - '0');
            blob wide = {0};
            for (size_t i = 0; i < pixels.size; i++) {
                append_item(&wide, i == 2351 ? (uint64_t)last[l] : pixels.bytes[i], width,
                            types[t][0] == '>');
            }
            char dictionary[128];
            snprintf(dictionary, sizeof dictionary,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (3, 784), }", types[t]);
            change_array(TRAINING_IMAGES, 1, dictionary, &wide);
            if (l == 0) {
                expect_loads("changed.npz");
                continue;
            }
            char value[32];
            if (l == 1 || types[t][1] == 'i') {
                snprintf(value, sizeof value, "%d", (int)last[l]);
            } else {
                snprintf(value, sizeof value, "%llu", ~0ull >> (64 - 8 * width));
            }
            char expected[128];
            snprintf(expected, sizeof expected,
                     "changed.npz: x_train.npy: value %s at image 2, row 27, column 27: pixels "
                     "must be from 0 to 255",
                     value);
            expect_error("changed.npz", expected);
        }
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

/* The training labels as integers of that dtype, one of them replaced. */
static void change_labels(const char *dtype, const char *shape, unsigned index, int64_t value)
{
    blob narrow = {0}, wide = {0};
    make_elements(&narrow, TRAINING_LABELS);
    for (unsigned i = 0; i < SAMPLE_TRAINING; i++) {
        append_item(&wide, i == index ? (uint64_t)value : narrow.bytes[i], (size_t)(dtype[2] - '0'),
                    dtype[0] == '>');
    }
    char dictionary[128];
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, shape);
    change_array(TRAINING_LABELS, 1, dictionary, &wide);
}

START_TEST(labels_may_be_any_integer)
{
    static const struct {
        const char *dtype;
        const char *minus_three; /* how the value with these bits reads in that type */
    } types[] = {{"|u1", "253"},        {"|i1", "-3"}, {"<u2", "65533"},
                 {"<i2", "-3"},         {"<i4", "-3"}, {"<u4", "4294967293"},
                 {"<i8", "-3"},         {">i2", "-3"}, {"<u8", "18446744073709551613"},
                 {">u4", "4294967293"}, {">i8", "-3"}, {">u8", "18446744073709551613"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        change_labels(types[i].dtype, "3,", SAMPLE_TRAINING, 0);
        expect_loads("changed.npz");
        change_labels(types[i].dtype, "3, 1", SAMPLE_TRAINING, 0);
        expect_loads("changed.npz");
        char expected[128];
        snprintf(expected, sizeof expected,
                 "changed.npz: y_train.npy: label %s at index 1 is not one of 0 to 9",
                 types[i].minus_three);
        change_labels(types[i].dtype, "3,", 1, -3);
        expect_error("changed.npz", expected);
        change_labels(types[i].dtype, "3,", 2, 10);
        expect_error("changed.npz", "changed.npz: y_train.npy: label 10 at index 2 is not one of 0 "
                                    "to 9 (they run from 0 to 10)");
        change_labels(types[i].dtype, "3,", 1, 10);
        expect_error("changed.npz", "changed.npz: y_train.npy: its labels run from 4 to 10: they "
                                    "must begin at 0 (subtract 1)");
    }
}
END_TEST

START_TEST(other_labels_are_refused)
{
    static const char *const dtypes[] = {"<f4", "|b1", "<u1", "|u2", "|O1"};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        change_labels(dtypes[i], "3,", SAMPLE_TRAINING, 0);
        expect_error("changed.npz", "changed.npz: y_train.npy: its dtype must be an integer, but");
    }
    static const char *const shapes[] = {"", "3, 2", "1, 3", "3, 1, 1"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        change_labels("|u1", shapes[i], SAMPLE_TRAINING, 0);
        expect_error("changed.npz", "changed.npz: y_train.npy: its shape must be (n,) or (n, 1)");
    }
    change_labels("<f4", "3, 10", SAMPLE_TRAINING, 0);
    expect_error("changed.npz", "changed.npz: y_train.npy: holds one-hot labels: save y.argmax(");
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
    tcase_add_test(made, floats_that_are_exact_pixels_load);
    tcase_add_test(made, floats_load_as_the_pixels_that_they_are);
    tcase_add_test(made, first_float_that_is_no_pixel_is_named);
    tcase_add_test(made, images_may_be_any_integer);
    tcase_add_test(made, counts_are_held_against_the_data);
    tcase_add_test(made, header_in_no_known_form_is_refused);
    tcase_add_test(made, npy_start_is_checked);
    tcase_add_test(made, labels_may_be_any_integer);
    tcase_add_test(made, other_labels_are_refused);
    suite_add_tcase(suite, made);
    return run_suite(suite);
}
