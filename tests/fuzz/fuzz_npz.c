/* Loads any bytes as an .npz. */
#include "dataset_input.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dataset_input_load_npz(data, size);
    return 0;
}
