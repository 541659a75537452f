/* An .npz archive: a zip file whose entries are .npy arrays, stored or deflated. libzip does the
 * zip; what the arrays must look like is here. */
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

static int check_images(dataset_source *source, const dataset_npy_header *header,
                        dataset_layout *out)
{
    if (strcmp(header->dtype, "|u1") != 0) {
        return dataset_fail(source->message, source->name,
                            "its dtype must be |u1 (unsigned bytes), but its header says %.120s",
                            header->text);
    }
    if (header->rank != 3 || header->shape[1] != DATASET_SIDE || header->shape[2] != DATASET_SIDE) {
        return dataset_fail(source->message, source->name,
                            "its shape must be (n, %d, %d), but its header says %.120s",
                            DATASET_SIDE, DATASET_SIDE, header->text);
    }
    *out = (dataset_layout){.kind = DATASET_IMAGES, .count = header->shape[0], .item_bytes = 1};
    return 0;
}

/* Labels that were never cast to bytes are NumPy's own integers, so these are taken too. */
static int check_labels(dataset_source *source, const dataset_npy_header *header,
                        dataset_layout *out)
{
    static const char *const unsigned_types[] = {"|u1", "<u2", "<u4", "<u8"};
    static const char *const signed_types[] = {"|i1", "<i2", "<i4", "<i8"};
    *out = (dataset_layout){.kind = DATASET_LABELS, .count = header->shape[0]};
    for (size_t i = 0; i < 4; i++) {
        const bool is_signed = strcmp(header->dtype, signed_types[i]) == 0;
        if (is_signed || strcmp(header->dtype, unsigned_types[i]) == 0) {
            out->is_signed = is_signed;
            out->item_bytes = (size_t)1 << i;
        }
    }
    if (out->item_bytes == 0) {
        return dataset_fail(source->message, source->name,
                            "its dtype must be |u1 (or a little-endian integer), but its header "
                            "says %.120s",
                            header->text);
    }
    if (header->rank != 1) {
        return dataset_fail(source->message, source->name,
                            "its shape must be (n,), but its header says %.120s", header->text);
    }
    return 0;
}

static int read_npy(dataset_source *source, dataset_kind kind, dataset_array *out)
{
    dataset_npy_header header = {0};
    if (dataset_npy_header_read(source, &header) != 0) {
        return -1;
    }
    dataset_layout layout;
    if ((kind == DATASET_IMAGES ? check_images : check_labels)(source, &header, &layout) != 0) {
        return -1;
    }
    if (header.fortran_order) {
        return dataset_fail(source->message, source->name,
                            "must be in C order, but its header says %.120s", header.text);
    }
    return dataset_array_read(source, &layout, out);
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
        return dataset_fail(message, path, "has no array %s", array_names[place]);
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

static zip_t *open_archive(const char *path, char *message)
{
    int code;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (archive == NULL) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        dataset_fail(message, path, "cannot be read as .npz: %s%s", zip_error_strerror(&error),
                     code == ZIP_ER_NOZIP ? " (for IDX files, give their folder)" : "");
        zip_error_fini(&error);
    }
    return archive;
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
