// Fits a line to points on a CUDA device by gradient descent, and logs it: the loss of each step, and
// from time to time a histogram of the errors, which the device has in its own memory.
//
//     nvcc -std=c++17 log_cuda.cu $(pkg-config --cflags --libs tblog) -o log_cuda
//     ./log_cuda logs/example-cuda && tensorboard --logdir logs
#include <cstdio>
#include <stdexcept>
#include <tblog/tblog.hpp>
#include <vector>

namespace
{

constexpr int point_count = 4096;
constexpr int block_threads = 256;
constexpr float learning_rate = 0.1F;

// errors [count]: slope * x + offset - y, for points of the line y = 3 x - 1 with x from -1 to 1.
__global__ void compute_errors(float *errors, int count, float slope, float offset)
{
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < count) {
        const float x = 2.0F * static_cast<float>(i) / static_cast<float>(count - 1) - 1.0F;
        errors[i] = slope * x + offset - (3.0F * x - 1.0F);
    }
}

void check(cudaError_t result)
{
    if (result != cudaSuccess) {
        throw std::runtime_error(cudaGetErrorString(result));
    }
}

class device_floats
{
  public:
    explicit device_floats(size_t count) : count_(count)
    {
        check(cudaMalloc(&data_, count * sizeof *data_));
    }
    ~device_floats()
    {
        cudaFree(data_);
    }
    device_floats(const device_floats &) = delete;
    device_floats &operator=(const device_floats &) = delete;
    float *data()
    {
        return data_;
    }
    std::vector<float> to_host() const
    {
        std::vector<float> values(count_);
        check(cudaMemcpy(values.data(), data_, count_ * sizeof *data_, cudaMemcpyDeviceToHost));
        return values;
    }

  private:
    float *data_ = nullptr;
    size_t count_;
};

void train(tblog::writer &log)
{
    device_floats device_errors(point_count);
    float slope = 0.0F;
    float offset = 0.0F;
    for (int step = 0; step < 100; step++) {
        compute_errors<<<point_count / block_threads, block_threads>>>(device_errors.data(),
                                                                       point_count, slope, offset);
        check(cudaGetLastError());
        const std::vector<float> errors = device_errors.to_host();
        float loss = 0.0F;
        float slope_gradient = 0.0F;
        float offset_gradient = 0.0F;
        for (int i = 0; i < point_count; i++) {
            const float x = 2.0F * static_cast<float>(i) / (point_count - 1) - 1.0F;
            loss += errors[i] * errors[i] / point_count;
            slope_gradient += 2.0F * errors[i] * x / point_count;
            offset_gradient += 2.0F * errors[i] / point_count;
        }
        log.add_scalars(step, {{"loss", loss}, {"slope", slope}, {"offset", offset}});
        if (step % 10 == 0) {
            log.add_histogram("errors", step, errors);
        }
        slope -= learning_rate * slope_gradient;
        offset -= learning_rate * offset_gradient;
    }
}

} // namespace

int main(int argc, char **argv)
{
    try {
        tblog::writer log(argc > 1 ? argv[1] : "logs/example-cuda");
        train(log);
        log.close();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
