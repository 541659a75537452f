/* Loads any bytes as an array of an .npz, without the zip around it: the zip's checksums would hide
 * the values from a fuzzer. The first byte chooses images or labels. */
#include <string.h>

#include "dataset_internal.h"
#include "fuzz_target.h"
#include "message.h"

typedef struct bytes_left {
    const uint8_t *data;
    size_t size;
} bytes_left;

static ptrdiff_t read_bytes(dataset_source *source, uint8_t *to, size_t bytes)
{
    bytes_left *left = source->state;
    const size_t count = bytes < left->size ? bytes : left->size;
    if (count > 0) {
        memcpy(to, left->data, count);
        left->data += count;
        left->size -= count;
    }
    return (ptrdiff_t)count;
}

static int read_array(dataset_source *source, dataset_kind kind, dataset_array *out)
{
    dataset_npy_header header = {.rank = 0};
    dataset_layout layout;
    if (dataset_npy_header_read(source, &header) != 0 ||
        dataset_npy_layout(source, &header, kind, &layout) != 0) {
        return -1;
    }
    return dataset_array_read(source, &layout, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const dataset_kind kind = data[0] % 2 == 0 ? DATASET_IMAGES : DATASET_LABELS;
    char message[MESSAGE_BYTES] = "";
    bytes_left left = {.data = data + 1, .size = size - 1};
    dataset_source source = {
        .name = "input", .message = message, .state = &left, .read = read_bytes};
    dataset_array array = {.count = 0};
    if (read_array(&source, kind, &array) != 0) {
        fuzz_require(array.bytes == NULL);
        fuzz_require(message[0] != '\0' && strchr(message, '\n') == NULL);
        return 0;
    }
    fuzz_require(array.count >= 1 && left.size == 0);
    for (size_t i = 0; kind == DATASET_LABELS && i < array.count; i++) {
        fuzz_require(array.bytes[i] < DATASET_CLASSES);
    }
    free(array.bytes);
    return 0;
}
