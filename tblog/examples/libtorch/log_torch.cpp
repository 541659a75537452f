// Trains a small network with libtorch to tell bright left halves of images from bright right ones,
// and logs scalars, histograms of weights and gradients, and images. The CMakeLists.txt in its folder
// builds it.
#include <cstdint>
#include <cstdio>
#include <string>
#include <tblog/tblog.hpp>
#include <torch/torch.h>

namespace
{

// ---- Tensors for tblog, of any type and from any device ----

// The tensor in host memory, in row-major order; copied only if necessary.
torch::Tensor to_host(const torch::Tensor &tensor, torch::ScalarType type)
{
    return tensor.detach().to(torch::kCPU, type).contiguous();
}

void add_histogram(tblog::writer &log, const std::string &tag, int64_t step,
                   const torch::Tensor &tensor)
{
    const torch::Tensor values = to_host(tensor, torch::kFloat32);
    log.add_histogram(tag, step, values.const_data_ptr<float>(),
                      static_cast<size_t>(values.numel()));
}

// image [channels,height,width] within 0 .. 1.
void add_image(tblog::writer &log, const std::string &tag, int64_t step, const torch::Tensor &image)
{
    const torch::Tensor bytes = image.mul(255).round().clamp(0, 255);
    const torch::Tensor pixels = to_host(bytes.permute({1, 2, 0}), torch::kUInt8);
    log.add_image(tag, step, pixels.const_data_ptr<uint8_t>(),
                  static_cast<uint32_t>(pixels.size(1)), static_cast<uint32_t>(pixels.size(0)),
                  static_cast<unsigned>(pixels.size(2)));
}

void add_parameters(tblog::writer &log, int64_t step, const torch::nn::Module &model)
{
    for (const auto &parameter : model.named_parameters()) {
        add_histogram(log, "weights/" + parameter.key(), step, parameter.value());
        add_histogram(log, "gradients/" + parameter.key(), step, parameter.value().grad());
    }
}

// ---- Training ----

constexpr int64_t batch_size = 32;
constexpr int64_t side = 16;
constexpr double learning_rate = 0.05;

// Random images [batch_size,1,side,side], in each a half that is brighter, by its label.
torch::Tensor make_images(const torch::Tensor &labels)
{
    torch::Tensor images = torch::rand({batch_size, 1, side, side}) * 0.5;
    for (int64_t i = 0; i < batch_size; i++) {
        images[i].narrow(2, labels[i].item<int64_t>() * side / 2, side / 2) += 0.5;
    }
    return images;
}

void train(tblog::writer &log)
{
    torch::manual_seed(1);
    torch::nn::Sequential model(torch::nn::Conv2d(1, 4, 3), torch::nn::ReLU(), torch::nn::Flatten(),
                                torch::nn::Linear(4 * (side - 2) * (side - 2), 2));
    torch::optim::SGD optimizer(model->parameters(), learning_rate);
    for (int64_t step = 0; step < 50; step++) {
        const torch::Tensor labels = torch::randint(2, {batch_size}, torch::kLong);
        const torch::Tensor images = make_images(labels);
        const torch::Tensor logits = model->forward(images);
        const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, labels);
        optimizer.zero_grad();
        loss.backward();
        const torch::Tensor correct = logits.argmax(1).eq(labels).to(torch::kFloat32);
        log.add_scalars(step, {{"train/loss", loss.item<double>()},
                               {"train/accuracy", correct.mean().item<double>()}});
        if (step % 10 == 0) {
            add_parameters(log, step, *model);
            add_image(log, "images", step, images[0]);
        }
        optimizer.step();
    }
}

} // namespace

int main(int argc, char **argv)
{
    try {
        tblog::writer log(argc > 1 ? argv[1] : "logs/example-torch");
        log.add_hparams(
            {{"batch_size", batch_size}, {"learning_rate", learning_rate}, {"optimizer", "SGD"}});
        train(log);
        log.close();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
