/* Checks the .npy header of images or labels: which types, shapes and orders are accepted. */
#include "dataset_internal.h"

#include <string.h>

/* dtypes as NumPy writes them: a byte order ('|' where there is none), a kind and a width. */
static bool parse_dtype(const char *dtype, dataset_layout *out)
{
    if (strlen(dtype) != 3 || strchr("1248", dtype[2]) == NULL) {
        return false;
    }
    out->item_bytes = (size_t)(dtype[2] - '0');
    out->big_endian = dtype[0] == '>';
    if (strchr(out->item_bytes == 1 ? "|" : "<>", dtype[0]) == NULL) {
        return false;
    }
    switch (dtype[1]) {
    case 'u':
        out->number = DATASET_UNSIGNED;
        return true;
    case 'i':
        out->number = DATASET_SIGNED;
        return true;
    case 'f':
        out->number = DATASET_FLOAT;
        return out->item_bytes >= 4;
    default:
        return false;
    }
}

static bool has_shape(const dataset_npy_header *header, unsigned rank, uint64_t second,
                      uint64_t third, uint64_t fourth)
{
    const uint64_t shape[] = {second, third, fourth};
    bool same = header->rank == rank;
    for (unsigned i = 1; same && i < rank; i++) {
        same = header->shape[i] == shape[i - 1];
    }
    return same;
}

static int image_layout(dataset_source *source, const dataset_npy_header *header,
                        dataset_layout *out)
{
    if (!parse_dtype(header->dtype, out)) {
        return dataset_fail(source->message, source->name,
                            "its dtype must be an integer, or a float of 4 or 8 bytes, but its "
                            "header says %.120s",
                            header->text);
    }
    const bool flat = has_shape(header, 2, DATASET_PIXELS, 0, 0);
    if (!flat && !has_shape(header, 3, DATASET_SIDE, DATASET_SIDE, 0) &&
        !has_shape(header, 4, DATASET_SIDE, DATASET_SIDE, 1) &&
        !has_shape(header, 4, 1, DATASET_SIDE, DATASET_SIDE)) {
        return dataset_fail(source->message, source->name,
                            "its shape must be (n, %d, %d), (n, %d), (n, %d, %d, 1) or (n, 1, %d, "
                            "%d), but its header says %.120s",
                            DATASET_SIDE, DATASET_SIDE, DATASET_PIXELS, DATASET_SIDE, DATASET_SIDE,
                            DATASET_SIDE, DATASET_SIDE, header->text);
    }
    if (header->fortran_order) {
        out->order = flat ? DATASET_FORTRAN_FLAT : DATASET_FORTRAN_SQUARE;
    }
    return 0;
}

static int label_layout(dataset_source *source, const dataset_npy_header *header,
                        dataset_layout *out)
{
    if (has_shape(header, 2, DATASET_CLASSES, 0, 0)) {
        return dataset_fail(source->message, source->name,
                            "holds one-hot labels: save y.argmax(axis=1) instead");
    }
    if (!parse_dtype(header->dtype, out) || out->number == DATASET_FLOAT) {
        return dataset_fail(source->message, source->name,
                            "its dtype must be an integer, but its header says %.120s",
                            header->text);
    }
    if (!has_shape(header, 1, 0, 0, 0) && !has_shape(header, 2, 1, 0, 0)) {
        return dataset_fail(source->message, source->name,
                            "its shape must be (n,) or (n, 1), but its header says %.120s",
                            header->text);
    }
    return 0;
}

int dataset_npy_layout(dataset_source *source, const dataset_npy_header *header, dataset_kind kind,
                       dataset_layout *out)
{
    *out = (dataset_layout){.kind = kind, .count = header->shape[0]};
    return kind == DATASET_IMAGES ? image_layout(source, header, out)
                                  : label_layout(source, header, out);
}
