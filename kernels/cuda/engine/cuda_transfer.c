/* Copies between the host's memory and the device's. */
#include "cuda_state.h"

bool cuda_upload(engine *e, void *to, const void *from, size_t bytes)
{
    return cuda_ok(e, "cudaMemcpyAsync",
                   cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, e->stream));
}

bool cuda_download(engine *e, void *to, const void *from, size_t bytes)
{
    return cuda_ok(e, "cudaMemcpyAsync",
                   cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, e->stream));
}

bool cuda_clear(engine *e, void *memory, size_t bytes)
{
    return cuda_ok(e, "cudaMemsetAsync", cudaMemsetAsync(memory, 0, bytes, e->stream));
}

bool cuda_upload_parameters(engine *e, const void *parameters)
{
    return cuda_upload(e, e->memory.parameters.values, parameters, CUDA_ARRAY_BYTES);
}
