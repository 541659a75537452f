/* Pixels and labels of other types than bytes: exact values load; for others the message names the
 * first. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "changed_npz.h"
#include "check_main.h"
#include "message.h"

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

/* All 256 pixel values, and the meaning of 1 if there is no larger value. */
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
        double before; /* all values except one */
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
        const char *minus_three; /* the value of these bits in that type */
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
    Suite *suite = suite_create("dataset_values");
    TCase *made = tcase_create("made files");
    tcase_add_checked_fixture(made, make_data_sets, remove_data_sets);
    tcase_add_test(made, floats_that_are_exact_pixels_load);
    tcase_add_test(made, floats_load_as_the_pixels_that_they_are);
    tcase_add_test(made, first_float_that_is_no_pixel_is_named);
    tcase_add_test(made, images_may_be_any_integer);
    tcase_add_test(made, labels_may_be_any_integer);
    tcase_add_test(made, other_labels_are_refused);
    suite_add_tcase(suite, made);
    return run_suite(suite);
}
