/* conv1's output as a tensor, for read_tensor; training never stores it.
 *
 * Block = six of the 26 rows of one sample, lane = channel, warps over the columns. The last
 * block's rows overlap those of the block before it; both write the same values. Bound: the writes,
 * 86 KB a sample. */
#include "lenet_device.cuh"

namespace
{

enum { ROWS = 6, STRIPS = (LENET_CONV1_SIDE + ROWS - 1) / ROWS };

__global__ void __launch_bounds__(CONV_THREADS)
    conv1_output(cuda_batch batch, const float *conv1, float *out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> image = memory.take<float>((ROWS + 2) * LENET_IMAGE_SIDE);
    const int warp = static_cast<int>(threadIdx.x) / LANES;
    const int lane = static_cast<int>(threadIdx.x) % LANES;
    const batch_range range = batch_range_of(batch);
    const uint32_t i = blockIdx.x / STRIPS;
    const int row = min(static_cast<int>(blockIdx.x % STRIPS) * ROWS, LENET_CONV1_SIDE - ROWS);
    stage_image<ROWS + 2>(image, batch.images, sample_at(batch, range, i), row,
                          static_cast<int>(threadIdx.x));
    __syncthreads();
    const conv1_filter filter = load_conv1_filter(conv1, lane);
    float *to = out + static_cast<size_t>(i) * LENET_CONV1_FLOATS;
    for (int x = warp; x < LENET_CONV1_SIDE; x += CONV_WARPS) {
        float column[ROWS];
        conv1_column(image, filter, x, column);
#pragma unroll
        for (int y = 0; y < ROWS; y++) {
            to[((row + y) * LENET_CONV1_SIDE + x) * LENET_CONV1_CHANNELS + lane] = column[y];
        }
    }
}

} // namespace

cudaError_t prepare_conv1_output()
{
    return load_kernel(conv1_output);
}

extern "C" cudaError_t cuda_conv1_output(const cuda_batch *batch, const float *conv1, float *out,
                                         cudaStream_t stream)
{
    if (batch->n == 0) {
        return cudaSuccess;
    }
    return LAUNCH(conv1_output, dim3(batch->n * STRIPS), dim3(CONV_THREADS),
                  (ROWS + 2) * LENET_IMAGE_SIDE * sizeof(float), stream, *batch, conv1, out);
}
