/* Loads any bytes as one of a folder's IDX files. */
#include "dataset_input.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dataset_input_load_idx(data, size, false);
    return 0;
}
