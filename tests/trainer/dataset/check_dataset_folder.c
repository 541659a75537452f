/* Which files of a folder are used, and the message for a folder with other files. */
#include "check_main.h"
#include "dataset_files.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void rename_file(const char *from, const char *to)
{
    ck_assert_msg(rename(from, to) == 0, "cannot rename %s to %s", from, to);
}

static void make_folder(const char *path)
{
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_file(const char *path)
{
    const blob content = {.bytes = "x", .size = 1};
    blob_write(&content, path);
}

/* Makes a folder of the four files with other names than MNIST's. */
static void make_named(const char *folder, const char *prefix, const char *validation,
                       char separator, bool gzipped)
{
    make_folder(folder);
    write_idx_folder(folder, gzipped);
    for (unsigned i = 0; i < ARRAYS; i++) {
        char from[128], to[128];
        const char *end = gzipped ? ".gz" : "";
        const bool images = i % 2 == 0;
        snprintf(from, sizeof from, "%s/%s%s", folder, idx_names[i], end);
        snprintf(to, sizeof to, "%s/%s%s-%s%cidx%c-ubyte%s", folder, prefix,
                 i < VALIDATION_IMAGES ? "train" : validation, images ? "images" : "labels",
                 separator, images ? '3' : '1', end);
        rename_file(from, to);
    }
}

START_TEST(names_as_7_zip_unpacks_them_are_taken)
{
    make_named("dots", "", "t10k", '.', false);
    expect_loads("dots");
    make_named("dots-gz", "", "t10k", '.', true);
    expect_loads("dots-gz");
    rename_file("set/t10k-labels-idx1-ubyte", "set/t10k-labels.idx1-ubyte");
    expect_loads("set");
}
END_TEST

START_TEST(splits_of_emnist_with_ten_classes_are_taken)
{
    make_named("digits", "emnist-digits-", "test", '-', false);
    expect_loads("digits");
    make_named("mnist", "emnist-mnist-", "test", '-', true);
    expect_loads("mnist");
    ck_assert_int_eq(remove("digits/emnist-digits-test-labels-idx1-ubyte"), 0);
    expect_error("digits", "digits: emnist-digits-test-labels-idx1-ubyte is missing, plain or with "
                           ".gz (");
}
END_TEST

START_TEST(splits_of_emnist_with_more_classes_are_refused)
{
    static const struct {
        const char *prefix;
        unsigned classes;
    } splits[] = {{"emnist-letters-", 26},
                  {"emnist-balanced-", 47},
                  {"emnist-bymerge-", 47},
                  {"emnist-byclass-", 62}};
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        char expected[160];
        snprintf(expected, sizeof expected,
                 "%s: holds %s*, which has %u classes, but the network has 10: of EMNIST, take "
                 "emnist-digits-* or emnist-mnist-*",
                 splits[i].prefix, splits[i].prefix, splits[i].classes);
        make_named(splits[i].prefix, splits[i].prefix, "test", '-', true);
        expect_error(splits[i].prefix, expected);
    }
}
END_TEST

START_TEST(several_splits_in_a_folder_are_refused)
{
    make_named("gzip", "emnist-mnist-", "test", '-', true);
    make_file("gzip/emnist-letters-train-images-idx3-ubyte.gz");
    expect_error("gzip", "gzip: holds several data sets (emnist-mnist-*, emnist-letters-*): put "
                         "the four files of one, such as emnist-digits-*, into a folder of");
}
END_TEST

/* The layout of Kaggle's copy of MNIST. */
START_TEST(folder_by_a_files_name_does_not_hide_the_file)
{
    rename_file("set/train-images-idx3-ubyte", "set/train-images.idx3-ubyte");
    make_folder("set/train-images-idx3-ubyte");
    expect_loads("set");
}
END_TEST

START_TEST(data_set_below_the_folder_is_named)
{
    static const char missing[] = "train-images-idx3-ubyte is missing, plain or with .gz";
    char expected[160];

    make_folder("torchvision");
    make_folder("torchvision/MNIST");
    rename_file("set", "torchvision/MNIST/raw");
    snprintf(expected, sizeof expected,
             "torchvision: %s; there is torchvision/MNIST/raw/: try that", missing);
    expect_error("torchvision", expected);
    snprintf(expected, sizeof expected,
             "torchvision/MNIST/: %s; there is torchvision/MNIST/raw/: try that", missing);
    expect_error("torchvision/MNIST/", expected);

    make_folder("keras");
    make_file("keras/imdb.npz");
    snprintf(expected, sizeof expected, "keras: %s; there is keras/imdb.npz: try that", missing);
    expect_error("keras", expected);
    rename_file("stored.npz", "keras/mnist.npz");
    snprintf(expected, sizeof expected, "keras: %s; there is keras/mnist.npz: try that", missing);
    expect_error("keras", expected);
}
END_TEST

START_TEST(other_files_of_the_folder_are_named)
{
    make_folder("other");
    make_file("other/.hidden");
    expect_error("other", "other: the folder is empty (");
    make_file("other/LICENSE");
    make_file("other/README");
    make_file("other/notes");
    make_file("other/train-images-idx3-ubyte.zip");
    expect_error("other", "other: train-images-idx3-ubyte is missing, plain or with .gz; what is "
                          "there is train-images-idx3-ubyte.zip, LICENSE, README and 1 more (");
    make_file("other/train-images-idx3-ubyte");
    expect_error("other", "other: train-labels-idx1-ubyte is missing, plain or with .gz; what is "
                          "there is train-images-idx3-ubyte.zip, LICENSE, README and 1 more (");
}
END_TEST

START_TEST(folder_of_pictures_is_called_that)
{
    make_folder("pictures");
    make_file("pictures/0.PNG");
    make_file("pictures/1.png");
    expect_error("pictures",
                 "pictures: holds pictures (pictures/0.PNG), but a data set is four IDX "
                 "files or one .npz: save images and labels with numpy.savez, as "
                 "x_train, y_train, x_test and y_test");
}
END_TEST

/* The layout for Keras' image_dataset_from_directory and torchvision's ImageFolder. */
START_TEST(pictures_in_a_folder_for_each_class_are_found)
{
    make_folder("classes");
    make_folder("classes/digits");
    make_folder("classes/digits/testing");
    make_folder("classes/digits/testing/0");
    make_folder("classes/digits/training");
    make_folder("classes/digits/training/0");
    make_file("classes/digits/README");
    make_file("classes/digits/training/0/17.png");
    expect_error("classes", "classes: holds pictures (classes/digits/training/0/17.png), but");
    expect_error("classes/digits/training", "classes/digits/training: holds pictures "
                                            "(classes/digits/training/0/17.png), but");
    make_file("classes/mnist.npz");
    expect_error("classes", "classes: train-images-idx3-ubyte is missing, plain or with .gz; there "
                            "is classes/mnist.npz: try that");
}
END_TEST

START_TEST(files_of_training_and_validation_that_are_mixed_up_are_suspected)
{
    rename_file("set/train-images-idx3-ubyte", "set/train");
    rename_file("set/t10k-images-idx3-ubyte", "set/train-images-idx3-ubyte");
    rename_file("set/train", "set/t10k-images-idx3-ubyte");
    expect_error("set", "set: train-images-idx3-ubyte holds 2 images, but train-labels-idx1-ubyte "
                        "holds 3 labels: are training and validation mixed up?");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset_folder");
    TCase *made = tcase_create("made files");
    tcase_add_checked_fixture(made, make_data_sets, remove_data_sets);
    tcase_add_test(made, names_as_7_zip_unpacks_them_are_taken);
    tcase_add_test(made, splits_of_emnist_with_ten_classes_are_taken);
    tcase_add_test(made, splits_of_emnist_with_more_classes_are_refused);
    tcase_add_test(made, several_splits_in_a_folder_are_refused);
    tcase_add_test(made, folder_by_a_files_name_does_not_hide_the_file);
    tcase_add_test(made, data_set_below_the_folder_is_named);
    tcase_add_test(made, other_files_of_the_folder_are_named);
    tcase_add_test(made, folder_of_pictures_is_called_that);
    tcase_add_test(made, pictures_in_a_folder_for_each_class_are_found);
    tcase_add_test(made, files_of_training_and_validation_that_are_mixed_up_are_suspected);
    suite_add_tcase(suite, made);
    return run_suite(suite);
}
