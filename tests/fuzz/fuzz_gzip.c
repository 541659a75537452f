/* Loads any bytes as one of a folder's gzipped IDX files. */
#include "dataset_input.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dataset_input_load_idx(data, size, true);
    return 0;
}
