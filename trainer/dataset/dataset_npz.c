/* An .npz archive: a zip file whose entries are .npy arrays, stored or deflated. libzip reads the
 * archive; this file finds the arrays and checks them. */
#include "dataset_internal.h"

#include <stdio.h>
#include <string.h>
#include <zip.h>

static const char *const array_names[DATASET_ARRAYS] = {"x_train", "y_train", "x_test", "y_test"};

static ptrdiff_t read_entry(dataset_source *source, uint8_t *to, size_t bytes)
{
    zip_file_t *entry = source->state;
    const zip_int64_t got = zip_fread(entry, to, bytes);
    if (got < 0) {
        return dataset_fail(source->message, source->name, "cannot be read: %s",
                            zip_file_strerror(entry));
    }
    return (ptrdiff_t)got;
}

static int read_npy(dataset_source *source, dataset_kind kind, dataset_array *out)
{
    dataset_npy_header header = {0};
    if (dataset_npy_header_read(source, &header) != 0) {
        return -1;
    }
    dataset_layout layout;
    if (dataset_npy_layout(source, &header, kind, &layout) != 0) {
        return -1;
    }
    return dataset_array_read(source, &layout, out);
}

enum { NAMES_SHOWN = 6, NAME_BYTES_SHOWN = 60 };

/* Writes the message that an array is missing, and what the archive holds. Returns -1. */
static int refuse_contents(zip_t *archive, const char *path, const char *missing, char *message)
{
    char names[NAMES_SHOWN * (NAME_BYTES_SHOWN + 2) + 32] = "";
    size_t length = 0;
    bool arrays = false;
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        const char *end = name != NULL ? strstr(name, ".npy") : NULL;
        arrays = arrays || end != NULL;
        if (name != NULL && i < NAMES_SHOWN) {
            const size_t bytes = end != NULL ? (size_t)(end - name) : strlen(name);
            length += (size_t)snprintf(
                names + length, sizeof names - length, "%s%.*s", length == 0 ? "" : ", ",
                (int)(bytes < NAME_BYTES_SHOWN ? bytes : NAME_BYTES_SHOWN), name);
        }
    }
    if (count > NAMES_SHOWN) {
        snprintf(names + length, sizeof names - length, " and %lld more",
                 (long long)(count - NAMES_SHOWN));
    }
    return arrays ? dataset_fail(message, path,
                                 "has no array %s; it has %s (wanted: x_train, y_train, x_test and "
                                 "y_test)",
                                 missing, names)
                  : dataset_fail(message, path,
                                 "is a zip archive without arrays (it has %s): unpack it, and give "
                                 "the folder",
                                 names);
}

static int read_array(zip_t *archive, const char *path, unsigned place, dataset_array *out,
                      char *message)
{
    char entry_name[32];
    char source_name[DATASET_NAME_BYTES];
    snprintf(entry_name, sizeof entry_name, "%s.npy", array_names[place]);
    snprintf(source_name, sizeof source_name, "%s: %s", path, entry_name);
    const zip_int64_t index = zip_name_locate(archive, entry_name, 0);
    if (index < 0) {
        return refuse_contents(archive, path, array_names[place], message);
    }
    zip_file_t *entry = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    if (entry == NULL) {
        return dataset_fail(message, source_name, "cannot be read: %s", zip_strerror(archive));
    }
    dataset_source source = {
        .name = source_name, .message = message, .state = entry, .read = read_entry};
    const int status = read_npy(&source, dataset_kind_at(place), out);
    zip_fclose(entry);
    return status;
}

/* The first bytes of the file, plain or unpacked. How many, or -1 after writing the message. */
static ptrdiff_t read_head(const char *path, bool gzipped, uint8_t head[DATASET_HEAD_BYTES],
                           char *message)
{
    dataset_source source;
    if (dataset_file_open(&source, path, gzipped, message) != 0) {
        return -1;
    }
    const ptrdiff_t held = dataset_source_read_up_to(&source, head, DATASET_HEAD_BYTES);
    source.close(&source);
    return held;
}

/* Writes the message about a file that is no zip archive. Returns -1. */
static int refuse_file(const char *path, char *message)
{
    uint8_t head[DATASET_HEAD_BYTES];
    char unpacked[DATASET_NAME_BYTES];
    const char *name = path;
    ptrdiff_t held = read_head(path, false, head, message);
    const bool gzipped = held >= 0 && dataset_content_is_gzip(head, (size_t)held);
    if (gzipped) {
        snprintf(unpacked, sizeof unpacked, "%s, unpacked", path);
        name = unpacked;
        held = read_head(path, true, head, message);
    }
    if (held < 0) {
        return -1;
    }
    if (dataset_content_is_idx(head, (size_t)held)) {
        return dataset_fail(message, name, "is one IDX file: give the folder of all four");
    }
    const bool zipped = held >= 4 && memcmp(head, "PK\x03\x04", 4) == 0;
    if (zipped && gzipped) {
        return dataset_fail(message, path, "is a gzipped .npz: unpack it");
    }
    if (zipped) {
        return dataset_fail(message, name,
                            "is a truncated .npz, without the end that lists its arrays: copy or "
                            "download it again");
    }
    return dataset_refuse_content(message, name, "an .npz file", head, (size_t)held);
}

static zip_t *open_archive(const char *path, char *message)
{
    int code = ZIP_ER_NOZIP;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (archive != NULL && zip_get_num_entries(archive, 0) > 0) {
        return archive;
    }
    zip_discard(archive); /* an empty file is an archive of nothing */
    if (code == ZIP_ER_NOZIP) {
        refuse_file(path, message);
        return NULL;
    }
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    if (code == ZIP_ER_OPEN) {
        dataset_fail_system(message, path, zip_error_code_system(&error));
    } else {
        dataset_fail(message, path, "cannot be read as .npz: %s", zip_error_strerror(&error));
    }
    zip_error_fini(&error);
    return NULL;
}

int dataset_npz_read(dataset_arrays *out, const char *path, char *message)
{
    int status = 0;
    zip_t *archive = open_archive(path, message);
    if (archive == NULL) {
        return -1;
    }
    for (unsigned i = 0; status == 0 && i < DATASET_ARRAYS; i++) {
        snprintf(out->names[i], sizeof out->names[i], "%s", array_names[i]);
        status = read_array(archive, path, i, &out->all[i], message);
    }
    zip_discard(archive);
    return status;
}
