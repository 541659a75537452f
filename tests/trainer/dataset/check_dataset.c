/* The data set loader: valid files of every kind load, invalid ones give a message of one line. The
 * fixture makes files and checks that they load; then a test spoils one thing. check_dataset_npz.c
 * tests what is special to .npz. */
#include "dataset_files.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "check_main.h"
#include "message.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static const char train_images[] = "set/train-images-idx3-ubyte";
static const char train_labels[] = "set/train-labels-idx1-ubyte";
static const char train_images_gz[] = "zipped/train-images-idx3-ubyte.gz";

START_TEST(plain_file_wins_over_its_gzipped_twin)
{
    poke(train_images_gz, 20, 0xff);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: is not whole gzip data (");
    blob plain = {0};
    make_idx(&plain, TRAINING_IMAGES);
    blob_write(&plain, "zipped/train-images-idx3-ubyte");
    expect_loads("zipped");
}
END_TEST

START_TEST(missing_file_or_folder_is_named)
{
    expect_error("nowhere", "nowhere: No such file or directory (");
    expect_error("", ": No such file or directory");
    for (unsigned i = 0; i < ARRAYS; i++) {
        char path[64], expected[128];
        snprintf(path, sizeof path, "set/%s", idx_names[i]);
        snprintf(expected, sizeof expected, "set: %s is missing, plain or with .gz (",
                 idx_names[i]);
        blob content = {0};
        blob_read(&content, path);
        ck_assert_int_eq(remove(path), 0);
        expect_error("set", expected);
        blob_write(&content, path);
    }
    expect_loads("set");
}
END_TEST

START_TEST(what_is_not_a_file_is_refused)
{
    expect_error("/dev/null", "/dev/null: is neither a folder of IDX files nor an .npz file");
    expect_error("stored.npz/deeper", "stored.npz/deeper: Not a directory");
    ck_assert_int_eq(remove(train_images), 0);
    ck_assert_int_eq(mkdir(train_images, 0755), 0);
    expect_error("set", "set/train-images-idx3-ubyte: is a directory, not a file");
    ck_assert_int_eq(remove(train_images), 0);
    ck_assert_int_eq(mkfifo(train_images, 0644), 0);
    expect_error("set", "set/train-images-idx3-ubyte: is a device or pipe, not a file");
}
END_TEST

START_TEST(unreadable_file_is_named)
{
    const bool root = geteuid() == 0;
    ck_assert(!root || seteuid(65534) == 0); /* root can read everything */
    expect_loads("set");
    expect_loads("stored.npz");
    ck_assert(!root || seteuid(0) == 0);
    ck_assert_int_eq(chmod(train_labels, 0), 0);
    ck_assert_int_eq(chmod("stored.npz", 0), 0);
    ck_assert_int_eq(chmod("zipped", 0), 0);
    ck_assert(!root || seteuid(65534) == 0);
    expect_error("set", "set/train-labels-idx1-ubyte: Permission denied (chmod a+rX on it and on "
                        "the folders above it allows reading, or give a copy)");
    expect_error("stored.npz", "stored.npz: Permission denied (chmod a+rX");
    expect_error("zipped", "zipped/train-images-idx3-ubyte: Permission denied (chmod a+rX");
    expect_error("zipped/set.npz", "zipped/set.npz: Permission denied (chmod a+rX");
    ck_assert(!root || seteuid(0) == 0);
    ck_assert_int_eq(chmod("zipped", 0755), 0);
}
END_TEST

START_TEST(a_long_path_is_survived_and_told_on_one_line)
{
    char path[5000];
    memset(path, '/', sizeof path);
    path[0] = '.';
    path[4090] = '\0'; /* the longest possible path, until a file's name is added */
    expect_error(path, ".//");
    path[4090] = '/';
    path[sizeof path - 1] = '\0';
    expect_error(path, ".//");
    expect_error("line\nbreak", "line?break: No such file");
}
END_TEST

START_TEST(truncated_idx_is_refused_at_every_length)
{
    blob content = {0};
    make_idx(&content, TRAINING_IMAGES);
    for (size_t size = content.size; size-- > 0;) {
        ck_assert_int_eq(truncate(train_images, (off_t)size), 0);
        expect_error("set", size == 0 ? "set/train-images-idx3-ubyte: is empty: copy or download it"
                            : size < 16
                                ? "set/train-images-idx3-ubyte: ends inside its header"
                                : "set/train-images-idx3-ubyte: is truncated: its header promises "
                                  "3 images (2352 bytes), but only ");
    }
    blob_write(&content, train_images);
    expect_loads("set");
}
END_TEST

START_TEST(oversized_idx_is_refused)
{
    blob content = {0};
    make_idx(&content, TRAINING_LABELS);
    blob_append(&content, "", 1);
    blob_write(&content, train_labels);
    expect_error("set", "set/train-labels-idx1-ubyte: has more data after the 3 labels");
}
END_TEST

START_TEST(idx_header_that_lies_is_refused)
{
    static const struct {
        size_t offset;
        uint8_t value;
        const char *expected;
    } lies[] = {
        {0, 'P', "is not an IDX file: it begins with 50 00 08 03"},
        {1, 1, "is not an IDX file: it begins with 00 01 08 03"},
        {2, 0x0d, "has element type 0x0d instead of 0x08 (unsigned byte)"},
        {3, 1, "has 1 dimension(s) instead of the 3 of images"},
        {3, 4, "has 4 dimension(s) instead of the 3 of images"},
        {7, 0, "holds no images"},
        {7, 2, "has more data after the 2 images of its header"},
        {7, 4, "is truncated: its header promises 4 images (3136 bytes), but only 2352 bytes"},
        {4, 0xff, "promises 4278190083 images, more than the 2739137 that this program takes"},
        {11, 32, "holds images of 32x28 instead of 28x28"},
        {12, 1, "holds images of 28x16777244 instead of 28x28"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char expected[160];
        snprintf(expected, sizeof expected, "%s: %s", train_images, lies[i].expected);
        write_idx_folder("set", false);
        poke(train_images, lies[i].offset, lies[i].value);
        expect_error("set", expected);
    }
}
END_TEST

START_TEST(images_and_labels_must_be_as_many)
{
    blob two = {0};
    make_idx(&two, VALIDATION_LABELS);
    blob_write(&two, train_labels);
    expect_error("set", "set: train-images-idx3-ubyte holds 3 images, but "
                        "train-labels-idx1-ubyte holds 2 labels");
}
END_TEST

START_TEST(label_above_nine_is_named_with_its_index)
{
    poke(train_labels, 8 + 2, 10);
    expect_error("set", "set/train-labels-idx1-ubyte: label 10 at index 2 is not one of 0 to 9");
    poke(train_labels, 8 + 2, 9);
    poke("set/t10k-labels-idx1-ubyte", 8, 255);
    expect_error("set", "set/t10k-labels-idx1-ubyte: label 255 at index 0 is not one of 0 to 9");
}
END_TEST

START_TEST(huge_count_allocates_nothing_before_the_data_is_seen)
{
    blob content = {0};
    make_idx(&content, TRAINING_IMAGES);
    const uint8_t most[4] = {0, 0x29, 0xcb, 0xc1}; /* 2739137 images, just below 2^31 bytes */
    memcpy(content.bytes + 4, most, sizeof most);
    blob_write(&content, train_images);
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_DATA, &before), 0);
    const struct rlimit tight = {.rlim_cur = 64 << 20, .rlim_max = before.rlim_max};
    if (!SANITIZED) { /* sanitizers themselves need more memory */
        ck_assert_int_eq(setrlimit(RLIMIT_DATA, &tight), 0);
        void *volatile all = malloc((size_t)1 << 31);
        ck_assert_ptr_null(all); /* the limit works */
    }
    expect_error("set", "set/train-images-idx3-ubyte: is truncated: its header promises 2739137 "
                        "images (2147483408 bytes), but only 2352 bytes follow");
    expect_loads("zipped");
    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &before), 0);
}
END_TEST

START_TEST(gzip_must_be_whole_and_alone)
{
    blob content = {0}, changed = {0};
    blob_read(&content, train_images_gz);

    changed = content;
    changed.bytes[content.size - 8] ^= 1;
    blob_write(&changed, train_images_gz);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: is not whole gzip data (incorrect "
                           "data check)");
    changed = content;
    changed.size -= 1;
    blob_write(&changed, train_images_gz);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: is truncated: the file ends inside");
    changed.size = 1;
    blob_write(&changed, train_images_gz);
    expect_error("zipped",
                 "zipped/train-images-idx3-ubyte.gz: is not gzip data: it begins with 1f");
    changed = content;
    blob_append(&changed, "x", 1);
    blob_write(&changed, train_images_gz);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: has garbage after its gzip data");
    blob_append(&content, content.bytes, content.size);
    blob_write(&content, train_images_gz);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: has more data after the 3 images");
}
END_TEST

START_TEST(name_must_tell_gzip_from_plain)
{
    blob content = {0};
    blob_read(&content, train_images_gz);
    blob_write(&content, train_images);
    expect_error("set", "set/train-images-idx3-ubyte: is gzip data: unpack it, or end its name");
    content.size = 0;
    make_idx(&content, TRAINING_IMAGES);
    blob_write(&content, train_images_gz);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: is plain IDX, not gzip data: take "
                           ".gz off its name");
}
END_TEST

START_TEST(doubly_gzipped_file_is_called_that)
{
    blob once = {0}, twice = {0};
    blob_read(&once, train_images_gz);
    blob_gzip(&once, &twice);
    blob_write(&twice, train_images_gz);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: is gzipped twice: unpack it once");
}
END_TEST

START_TEST(what_lies_there_instead_is_named)
{
    char tar[512] = "mnist/train-images-idx3-ubyte";
    memcpy(tar + 257, "ustar", 5);
    static const char lfs[] = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\n";
    const struct {
        const char *content;
        size_t bytes;
        const char *is; /* %s: what was expected */
    } others[] = {
        {"", 0, "is empty: copy or download it again"},
        {"<!DOCTYPE html>\n<html>", 22, "is a web page (HTML), not the data: download the file"},
        {"\xef\xbb\xbf\r\n <HTML lang=\"en\">", 22, "is a web page (HTML), not the data"},
        {"<?xml version=\"1.0\"?><Error>", 28, "is a web page (HTML), not the data"},
        {lfs, sizeof lfs - 1, "is a Git LFS pointer, not the data: git lfs pull fetches that"},
        {"404: Not Found\n", 15, "is text, not %s: \"404: Not Found \""},
        {"label,pixel0,pixel1", 19, "is text, not %s: \"label,pixel0,pixel1\""},
        {"PK\3\4\24\0\0\0", 8, "is a zip archive: unpack it"},
        {"\x80\4\x95\0", 4, "is a Python pickle: load it in Python and save its arrays with"},
        {"\x93NUMPY\1\0", 8, "is a single .npy array: save all four in one .npz with numpy"},
        {"\x89PNG\r\n\x1a\n", 8, "is a picture: save all images in one .npz"},
        {tar, sizeof tar, "is a tar archive: unpack it, and give the folder of its files"},
        {"\1\2\3\4\5", 5, "is not %s: it begins with 01 02 03 04"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        blob content = {0};
        blob_append(&content, others[i].content, others[i].bytes);
        char is[160], expected[256];
        blob_write(&content, train_images);
        snprintf(is, sizeof is, others[i].is, "an IDX file");
        snprintf(expected, sizeof expected, "%s: %s", train_images, is);
        expect_error("set", expected);
        blob_write(&content, train_images_gz);
        snprintf(is, sizeof is, others[i].is, "gzip data");
        snprintf(expected, sizeof expected, "%s: %s", train_images_gz, is);
        expect_error("zipped", expected);
    }
}
END_TEST

START_TEST(swapped_images_and_labels_are_suspected)
{
    blob content = {0};
    make_idx(&content, TRAINING_IMAGES);
    blob_write(&content, train_labels);
    expect_error("set", "set/train-labels-idx1-ubyte: has 3 dimension(s) instead of the 1 of "
                        "labels: are images and labels swapped?");
}
END_TEST

START_TEST(gzip_of_several_members_is_their_sum)
{
    blob whole = {0}, head = {0}, tail = {0}, zipped = {0};
    make_idx(&whole, TRAINING_IMAGES);
    blob_append(&head, whole.bytes, 10);
    blob_append(&tail, whole.bytes + 10, whole.size - 10);
    blob_gzip(&head, &zipped);
    blob_gzip(&tail, &zipped);
    blob_write(&zipped, train_images_gz);
    expect_loads("zipped");
}
END_TEST

START_TEST(gzip_bomb_is_not_inflated_beyond_its_header)
{
    const gzFile bomb = gzopen(train_images_gz, "wb1");
    blob content = {0};
    make_idx(&content, TRAINING_IMAGES);
    ck_assert_int_eq(gzwrite(bomb, content.bytes, (unsigned)content.size), (int)content.size);
    static const uint8_t zeros[1 << 20];
    for (int i = 0; i < 256; i++) {
        ck_assert_int_eq(gzwrite(bomb, zeros, sizeof zeros), (int)sizeof zeros);
    }
    ck_assert_int_eq(gzclose(bomb), Z_OK);
    expect_error("zipped", "zipped/train-images-idx3-ubyte.gz: has more data after the 3 images");
}
END_TEST

START_TEST(training_part_can_be_limited)
{
    dataset set;
    char message[MESSAGE_BYTES];
    ck_assert_int_eq(dataset_load(&set, "set", message), 0);
    const uint32_t crc = set.crc32;
    dataset_limit_training(&set, SAMPLE_TRAINING);
    ck_assert(is_sample_set(&set));
    dataset_limit_training(&set, 2);
    ck_assert_uint_eq(set.training.count, 2);
    ck_assert_uint_eq(set.validation.count, SAMPLE_VALIDATION);
    ck_assert_uint_eq(set.crc32, crc);
    dataset_free(&set);
    dataset_free(&set);
}
END_TEST

START_TEST(real_mnist_is_what_it_was)
{
    const char *ci = getenv("CI");
    if (access(MNIST_FOLDER, F_OK) != 0 && (ci == NULL || strcmp(ci, "true") != 0)) {
        printf("skipped: %s is not there (scripts/fetch_mnist.sh)\n", MNIST_FOLDER);
        return;
    }
    dataset set;
    char message[MESSAGE_BYTES] = "";
    const int status = dataset_load(&set, MNIST_FOLDER, message);
    ck_assert_msg(status == 0, "%s", message);
    ck_assert_uint_eq(set.training.count, 60000);
    ck_assert_uint_eq(set.validation.count, 10000);
    ck_assert_mem_eq(set.training.labels, "\5\0\4\1\11", 5);
    ck_assert_mem_eq(set.validation.labels, "\7\2\1\0\4", 5);
    ck_assert_uint_eq(set.crc32, 0x1939f699); /* by Python's zlib */
    dataset_free(&set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset");
    TCase *made = tcase_create("made files");
    tcase_add_checked_fixture(made, make_data_sets, remove_data_sets);
    tcase_add_test(made, plain_file_wins_over_its_gzipped_twin);
    tcase_add_test(made, missing_file_or_folder_is_named);
    tcase_add_test(made, what_is_not_a_file_is_refused);
    tcase_add_test(made, unreadable_file_is_named);
    tcase_add_test(made, a_long_path_is_survived_and_told_on_one_line);
    tcase_add_test(made, truncated_idx_is_refused_at_every_length);
    tcase_add_test(made, oversized_idx_is_refused);
    tcase_add_test(made, idx_header_that_lies_is_refused);
    tcase_add_test(made, images_and_labels_must_be_as_many);
    tcase_add_test(made, label_above_nine_is_named_with_its_index);
    tcase_add_test(made, huge_count_allocates_nothing_before_the_data_is_seen);
    tcase_add_test(made, gzip_must_be_whole_and_alone);
    tcase_add_test(made, name_must_tell_gzip_from_plain);
    tcase_add_test(made, doubly_gzipped_file_is_called_that);
    tcase_add_test(made, what_lies_there_instead_is_named);
    tcase_add_test(made, swapped_images_and_labels_are_suspected);
    tcase_add_test(made, gzip_of_several_members_is_their_sum);
    tcase_add_test(made, gzip_bomb_is_not_inflated_beyond_its_header);
    tcase_add_test(made, training_part_can_be_limited);
    suite_add_tcase(suite, made);
    TCase *real = tcase_create("real files");
    tcase_add_test(real, real_mnist_is_what_it_was);
    suite_add_tcase(suite, real);
    return run_suite(suite);
}
