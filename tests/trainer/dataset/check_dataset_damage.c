/* Every small damage to every kind of file: each bit flipped, each truncation. A file with
 * checksums either loads as the same data or is an error. Plain IDX has none, so the loaded bytes
 * are those of the damaged file. Under the sanitizers this finds crashes and leaks. */
#include "dataset_files.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "message.h"

typedef struct outcomes {
    unsigned loaded;
    unsigned refused;
} outcomes;

/* Loads a file that may be damaged. Expects the same data, or a message of one line and no data. */
static void load_damaged(const char *path, const char *what, size_t where, outcomes *seen)
{
    static const dataset empty;
    dataset set;
    char message[MESSAGE_BYTES] = "";
    if (dataset_load(&set, path, message) == 0) {
        ck_assert_msg(is_sample_set(&set), "%s: other data loads after %s %zu", path, what, where);
        dataset_free(&set);
        seen->loaded++;
    } else {
        ck_assert_mem_eq(&set, &empty, sizeof set);
        ck_assert_msg(message[0] != '\0' && strchr(message, '\n') == NULL, "%s: message '%s'", path,
                      message);
        seen->refused++;
    }
}

static outcomes flip_every_bit(const char *file, const char *path)
{
    blob content = {0};
    blob_read(&content, file);
    outcomes seen = {0};
    for (size_t i = 0; i < content.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            poke(file, i, (uint8_t)(content.bytes[i] ^ 1u << bit));
            load_damaged(path, "a flip in byte", i, &seen);
        }
        poke(file, i, content.bytes[i]);
    }
    expect_loads(path);
    return seen;
}

static outcomes truncate_everywhere(const char *file, const char *path)
{
    blob content = {0};
    blob_read(&content, file);
    outcomes seen = {0};
    for (size_t size = content.size; size-- > 0;) {
        ck_assert_int_eq(truncate(file, (off_t)size), 0);
        load_damaged(path, "truncation to", size, &seen);
    }
    blob_write(&content, file);
    expect_loads(path);
    return seen;
}

/* Both outcomes must occur, or the loop tested nothing: time stamps may change freely, data may
 * not. */
static void damage(const char *file, const char *path)
{
    const outcomes flipped = flip_every_bit(file, path);
    ck_assert_uint_gt(flipped.loaded, 0);
    ck_assert_uint_gt(flipped.refused, flipped.loaded);
    const outcomes truncations = truncate_everywhere(file, path);
    ck_assert_uint_eq(truncations.loaded, 0);
}

START_TEST(damaged_gzip_loads_the_same_or_not_at_all)
{
    damage("zipped/train-images-idx3-ubyte.gz", "zipped");
    damage("zipped/t10k-labels-idx1-ubyte.gz", "zipped");
}
END_TEST

START_TEST(damaged_stored_npz_loads_the_same_or_not_at_all)
{
    damage("stored.npz", "stored.npz");
}
END_TEST

START_TEST(damaged_deflated_npz_loads_the_same_or_not_at_all)
{
    damage("deflated.npz", "deflated.npz");
}
END_TEST

START_TEST(damaged_idx_header_never_loads)
{
    for (unsigned array = 0; array < ARRAYS; array++) {
        char file[64];
        snprintf(file, sizeof file, "set/%s", idx_names[array]);
        blob content = {0};
        blob_read(&content, file);
        outcomes seen = {0};
        const size_t header_bytes = array % 2 == 0 ? 16 : 8;
        for (size_t bit = 0; bit < 8 * header_bytes; bit++) {
            const uint8_t byte = content.bytes[bit / 8];
            poke(file, bit / 8, (uint8_t)(byte ^ 1u << bit % 8));
            load_damaged("set", "a flip of bit", bit, &seen);
            poke(file, bit / 8, byte);
        }
        ck_assert_uint_eq(seen.loaded, 0);
        expect_loads("set");
        ck_assert_uint_eq(truncate_everywhere(file, "set").loaded, 0);
    }
}
END_TEST

START_TEST(damaged_idx_pixels_load_as_they_stand)
{
    static const char file[] = "set/t10k-images-idx3-ubyte";
    blob content = {0};
    blob_read(&content, file);
    for (size_t i = 16; i < content.size; i++) {
        content.bytes[i] ^= 0xff;
        poke(file, i, content.bytes[i]);
        dataset set;
        char message[MESSAGE_BYTES] = "";
        ck_assert_int_eq(dataset_load(&set, "set", message), 0);
        ck_assert_mem_eq(set.validation.images, content.bytes + 16, content.size - 16);
        dataset_free(&set);
        content.bytes[i] ^= 0xff;
        poke(file, i, content.bytes[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset_damage");
    TCase *made = tcase_create("made files");
    tcase_add_checked_fixture(made, make_data_sets, remove_data_sets);
    tcase_add_test(made, damaged_gzip_loads_the_same_or_not_at_all);
    tcase_add_test(made, damaged_stored_npz_loads_the_same_or_not_at_all);
    tcase_add_test(made, damaged_deflated_npz_loads_the_same_or_not_at_all);
    tcase_add_test(made, damaged_idx_header_never_loads);
    tcase_add_test(made, damaged_idx_pixels_load_as_they_stand);
    suite_add_tcase(suite, made);
    return run_suite(suite);
}
