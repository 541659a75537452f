#define ZLIB_CONST /* lets z_stream read const data */
#include "dataset_files.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include "message.h"

enum { PIXELS = 28 * 28 };

static char temporary[256];
static int free_descriptor; /* the lowest, when the test began */

const char *const idx_names[ARRAYS] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                       "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
static const unsigned counts[ARRAYS] = {SAMPLE_TRAINING, SAMPLE_TRAINING, SAMPLE_VALIDATION,
                                        SAMPLE_VALIDATION};

void blob_append(blob *to, const void *bytes, size_t size)
{
    ck_assert_uint_le(size, BLOB_BYTES - to->size);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

void blob_gzip(const blob *plain, blob *out)
{
    z_stream stream = {.next_in = plain->bytes,
                       .avail_in = (uInt)plain->size,
                       .next_out = out->bytes + out->size,
                       .avail_out = (uInt)(BLOB_BYTES - out->size)};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->size = BLOB_BYTES - stream.avail_out;
    deflateEnd(&stream);
}

void blob_write(const blob *from, const char *path)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(from->bytes, 1, from->size, file), from->size);
    ck_assert_int_eq(fclose(file), 0);
}

void blob_read(blob *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    out->size = fread(out->bytes, 1, BLOB_BYTES, file);
    ck_assert_uint_lt(out->size, BLOB_BYTES);
    fclose(file);
}

/* Mostly zeros, so that deflated files are small enough to try every flip. */
static uint8_t pixel(bool validation, size_t index)
{
    return index % 97 == 0 ? (uint8_t)(index / 97 + (validation ? 200 : 1)) : 0;
}

static uint8_t label(bool validation, size_t index)
{
    static const uint8_t labels[2][SAMPLE_TRAINING] = {{9, 0, 4}, {7, 1}};
    return labels[validation][index];
}

void make_elements(blob *out, unsigned array)
{
    const bool validation = array >= VALIDATION_IMAGES;
    const bool images = array % 2 == 0;
    uint8_t elements[SAMPLE_TRAINING * PIXELS];
    const size_t count = counts[array] * (images ? PIXELS : 1u);
    for (size_t i = 0; i < count; i++) {
        elements[i] = images ? pixel(validation, i) : label(validation, i);
    }
    blob_append(out, elements, count);
}

void make_idx(blob *out, unsigned array)
{
    uint8_t header[16] = {0, 0, 8, 1, 0, 0, 0, (uint8_t)counts[array], 0, 0, 0, 28, 0, 0, 0, 28};
    if (array % 2 == 0) {
        header[3] = 3;
    }
    blob_append(out, header, array % 2 == 0 ? 16 : 8);
    make_elements(out, array);
}

void make_npy_header(blob *out, unsigned version, const char *dictionary)
{
    const size_t length = strlen(dictionary);
    uint8_t start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0};
    uint8_t size[] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), 0};
    blob_append(out, start, sizeof start);
    blob_append(out, size, version == 1 ? 2 : 4);
    blob_append(out, dictionary, length);
}

const char *npy_dictionary(unsigned array)
{
    static const char *const dictionaries[ARRAYS] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28), }            \n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }            \n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 28, 28), }            \n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }            \n"};
    return dictionaries[array];
}

void write_npz(const char *path, const blob arrays[ARRAYS], bool deflated)
{
    static const char *const names[ARRAYS] = {"x_train.npy", "y_train.npy", "x_test.npy",
                                              "y_test.npy"};
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    ck_assert_msg(archive != NULL, "cannot write %s", path);
    for (unsigned i = 0; i < ARRAYS; i++) {
        if (arrays[i].size == 0) {
            continue;
        }
        zip_source_t *source = zip_source_buffer(archive, arrays[i].bytes, arrays[i].size, 0);
        const zip_int64_t index = zip_file_add(archive, names[i], source, 0);
        ck_assert_int_ge(index, 0);
        ck_assert_int_eq(zip_set_file_compression(archive, (zip_uint64_t)index,
                                                  deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0),
                         0);
    }
    ck_assert_int_eq(zip_close(archive), 0);
}

void make_npz_arrays(blob arrays[ARRAYS])
{
    for (unsigned i = 0; i < ARRAYS; i++) {
        arrays[i].size = 0;
        make_npy_header(&arrays[i], 1, npy_dictionary(i));
        make_elements(&arrays[i], i);
    }
}

void write_idx_folder(const char *folder, bool gzipped)
{
    for (unsigned i = 0; i < ARRAYS; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s%s", folder, idx_names[i], gzipped ? ".gz" : "");
        blob plain = {0};
        make_idx(&plain, i);
        blob zipped = {0};
        blob_gzip(&plain, &zipped);
        blob_write(gzipped ? &zipped : &plain, path);
    }
}

static bool is_sample_part(const dataset_part *part, bool validation, unsigned count)
{
    bool same = part->count == count;
    for (size_t i = 0; same && i < count; i++) {
        same = part->labels[i] == label(validation, i);
    }
    for (size_t i = 0; same && i < (size_t)count * PIXELS; i++) {
        same = part->images[i] == pixel(validation, i);
    }
    return same;
}

bool is_sample_set(const dataset *set)
{
    blob all = {0};
    for (unsigned i = 0; i < ARRAYS; i++) {
        make_elements(&all, i);
    }
    return is_sample_part(&set->training, false, SAMPLE_TRAINING) &&
           is_sample_part(&set->validation, true, SAMPLE_VALIDATION) &&
           set->crc32 == (uint32_t)crc32(0, all.bytes, (uInt)all.size);
}

void expect_loads(const char *path)
{
    dataset set;
    char message[MESSAGE_BYTES] = "";
    const int status = dataset_load(&set, path, message);
    ck_assert_msg(status == 0, "%s", message);
    ck_assert(is_sample_set(&set));
    dataset_free(&set);
    ck_assert_ptr_null(set.training.images);
}

void expect_error(const char *path, const char *expected)
{
    static const dataset empty;
    dataset set;
    memset(&set, 0x55, sizeof set);
    char message[MESSAGE_BYTES] = "";
    ck_assert_int_eq(dataset_load(&set, path, message), -1);
    ck_assert_msg(strncmp(message, expected, strlen(expected)) == 0, "\"%s\" instead of \"%s\"",
                  message, expected);
    for (const char *at = message; *at != '\0'; at++) {
        ck_assert_msg(*at >= ' ' && *at <= '~', "\"%s\" is not one line of ASCII", message);
    }
    ck_assert_mem_eq(&set, &empty, sizeof set);
}

void poke(const char *path, size_t offset, uint8_t value)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_msg(file != NULL, "cannot change %s", path);
    ck_assert_int_eq(fseek(file, (long)offset, SEEK_SET), 0);
    ck_assert_int_eq(fputc(value, file), value);
    ck_assert_int_eq(fclose(file), 0);
}

static int lowest_free_descriptor(void)
{
    const int descriptor = dup(STDIN_FILENO);
    close(descriptor);
    return descriptor;
}

/* Readable for everyone: the test of unreadable files gives up root's rights. */
void make_data_sets(void)
{
    free_descriptor = lowest_free_descriptor();
    const char *base = getenv("TMPDIR");
    snprintf(temporary, sizeof temporary, "%s/check_dataset.XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(temporary));
    ck_assert_int_eq(chmod(temporary, 0755), 0);
    ck_assert_int_eq(chdir(temporary), 0);
    umask(022);
    ck_assert_int_eq(mkdir("set", 0755), 0);
    ck_assert_int_eq(mkdir("zipped", 0755), 0);
    write_idx_folder("set", false);
    write_idx_folder("zipped", true);
    blob arrays[ARRAYS] = {0};
    make_npz_arrays(arrays);
    write_npz("stored.npz", arrays, false);
    write_npz("deflated.npz", arrays, true);
    expect_loads("set");
    expect_loads("zipped");
    expect_loads("stored.npz");
    expect_loads("deflated.npz");
}

static void remove_tree(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char inner[1024];
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            if (remove(inner) != 0) {
                remove_tree(inner);
            }
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    rmdir(path);
}

void remove_data_sets(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    remove_tree(temporary);
    ck_assert_int_eq(lowest_free_descriptor(), free_descriptor);
}
