/* The head of the network: what follows dense1's product, up to the loss and back.
 *
 *   sums[j]   = bias[j] + partial[0][j] + … + partial[splits - 1][j]
 *   hidden[j] = dropout2(ReLU(sums[j]))
 *   logits[c] = bias2[c] + sum over j of hidden[j] * kernel2[j][c]
 *   softmax, predicted, loss = -log softmax[label], correct
 *   logits_gradient[c] = (softmax[c] - (c == label)) / samples of the whole step
 *   preactivation_gradient[j] = 2 * sum over c of logits_gradient[c] * kernel2[j][c]
 *                               where hidden[j] > 0, else 0
 *
 * Bound: latency. What does not depend on the partial sums is loaded before them. */
#include "lenet_device.cuh"

namespace
{

enum {
    THREADS = 256,
    WARPS = THREADS / LANES,
    CLASSES = LENET_CLASSES,
    HIDDEN = LENET_DENSE1,
    LANE_INPUTS = HIDDEN / LANES, /* of dense2, for a lane */
    CLASS_ROUNDS = (CLASSES + WARPS - 1) / WARPS,
};

struct head_memory {
    shared_span<float> sums; /* [8 warps][128] */
    shared_span<float> hidden;
    shared_span<float> logits;
    shared_span<double> terms;
    shared_span<float> gradient; /* of the logits */
};

constexpr size_t HEAD_BYTES =
    (WARPS * HIDDEN + HIDDEN + 16 + 16) * sizeof(float) + 16 * sizeof(double);

__device__ __forceinline__ float sum_of_lanes(float value)
{
#pragma unroll
    for (int lanes = LANES / 2; lanes > 0; lanes /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, lanes);
    }
    return value;
}

/* Sums splits [warp * splits / 8, (warp + 1) * splits / 8) in order, four columns a lane. */
__device__ __forceinline__ void sum_splits(const float *partial, uint32_t capacity, uint32_t sample,
                                           uint32_t splits, int warp, int lane,
                                           shared_span<float> sums)
{
    const uint32_t number = static_cast<uint32_t>(warp);
    const uint32_t end = (number + 1) * splits / WARPS;
    float4 sum = {0, 0, 0, 0};
#pragma unroll 9
    for (uint32_t split = number * splits / WARPS; split < end; split++) {
        const size_t at = (static_cast<size_t>(split) * capacity + sample) * HIDDEN;
        const float4 next = load_global4(partial + at + 4 * lane);
        sum = float4{sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w};
    }
    store4(sums, warp * HIDDEN + 4 * lane, sum);
}

/* One logit's sum over 128 inputs by a warp, always in the same order. */
__device__ __forceinline__ float sum_logit(const float (&weight)[LANE_INPUTS],
                                           shared_span<float> hidden, int lane)
{
    float sum = 0;
#pragma unroll
    for (int i = 0; i < LANE_INPUTS; i++) {
        sum = fmaf(hidden[i * LANES + lane], weight[i], sum);
    }
    return sum_of_lanes(sum);
}

/* Softmax, loss, correctness and the logits' gradient of a sample, by one warp, lane = class; in
 * double as on the CPU. `label` counts only if there are labels. */
__device__ __forceinline__ void finish_sample(const cuda_batch &batch, const cuda_activations &a,
                                              const batch_range &range, uint32_t sample, int label,
                                              int lane, const head_memory &memory)
{
    const bool is_class = lane < CLASSES;
    float largest = memory.logits[0];
    int best = 0;
#pragma unroll
    for (int c = 1; c < CLASSES; c++) {
        const float logit = memory.logits[c];
        best = logit > largest ? c : best;
        largest = logit > largest ? logit : largest;
    }
    const float own = is_class ? static_cast<float>(memory.logits[lane]) : 0.0f;
    const double term = exp(static_cast<double>(own) - static_cast<double>(largest));
    if (is_class) {
        memory.terms[lane] = term;
    }
    __syncwarp();
    double sum = 0;
#pragma unroll
    for (int c = 0; c < CLASSES; c++) {
        sum += memory.terms[c];
    }
    const float softmax = static_cast<float>(term / sum);
    const size_t at = static_cast<size_t>(sample) * CLASSES + static_cast<size_t>(lane);
    if (is_class) {
        a.logits[at] = own;
        a.softmax[at] = softmax;
    }
    if (a.predicted != nullptr && lane == 0) {
        a.predicted[sample] = static_cast<uint8_t>(best);
    }
    if (batch.labels == nullptr) {
        return;
    }
    if (lane == label) {
        const double loss = log(sum) + static_cast<double>(largest) - static_cast<double>(own);
        a.loss[sample] = static_cast<float>(loss);
        a.correct[sample] = best == label ? 1 : 0;
    }
    if (batch.progress != nullptr && is_class) {
        const float gradient =
            (softmax - (lane == label ? 1.0f : 0.0f)) / static_cast<float>(range.total);
        a.logits_gradient[at] = gradient;
        memory.gradient[lane] = gradient;
    }
}

/* Block = sample. */
__global__ void __launch_bounds__(THREADS)
    head(cuda_batch batch, cuda_activations a, const float *parameters, uint32_t splits)
{
    shared_memory memory = SHARED_MEMORY();
    const head_memory m = {memory.take<float>(WARPS * HIDDEN), memory.take<float>(HIDDEN),
                           memory.take<float>(16), memory.take<double>(16), memory.take<float>(16)};
    const int thread = static_cast<int>(threadIdx.x);
    const int warp = thread / LANES;
    const int lane = thread % LANES;
    const uint32_t sample = blockIdx.x;
    const batch_range range = batch_range_of(batch);
    if (sample >= range.n) {
        return;
    }
    const uint32_t place = sample_at(batch, range, sample);
    const float *kernel = parameters + LENET_DENSE2_KERNEL_AT;
    float weight[CLASS_ROUNDS][LANE_INPUTS];
#pragma unroll
    for (int round = 0; round < CLASS_ROUNDS; round++) {
        const int c = warp + round * WARPS;
#pragma unroll
        for (int i = 0; i < LANE_INPUTS; i++) {
            weight[round][i] = c < CLASSES ? kernel[(i * LANES + lane) * CLASSES + c] : 0.0f;
        }
    }
    uint32_t dropped = 0;
    if (batch.dropout && thread < HIDDEN) {
        const uint32_t element = (range.begin + sample) * HIDDEN + static_cast<uint32_t>(thread);
        dropped = dropped_bits(philox(batch.seed, PHILOX_DROPOUT2, range.step, element / 16),
                               LENET_DROPOUT2_RATE_256) >>
                  (element % 16);
    }
    const float scale = batch.dropout ? DROPOUT2_SCALE : 1.0f;

    sum_splits(a.partial, batch.capacity, sample, splits, warp, lane, m.sums);
    /* Needed only by the first warp at the end: the load is in flight until then. */
    const int label = warp == 0 && batch.labels != nullptr ? batch.labels[place] : 0;
    __syncthreads();
    float hidden = 0;
    if (thread < HIDDEN) {
        float sum = parameters[LENET_DENSE1_BIAS_AT + thread];
#pragma unroll
        for (int w = 0; w < WARPS; w++) {
            sum += m.sums[w * HIDDEN + thread];
        }
        hidden = sum > 0 && (dropped & 1) == 0 ? sum * scale : 0.0f;
        m.hidden[thread] = hidden;
        a.dense1[static_cast<size_t>(sample) * HIDDEN + threadIdx.x] = hidden;
    }
    __syncthreads();
#pragma unroll
    for (int round = 0; round < CLASS_ROUNDS; round++) {
        const int c = warp + round * WARPS;
        if (c < CLASSES) {
            const float sum = sum_logit(weight[round], m.hidden, lane);
            if (lane == 0) {
                m.logits[c] = sum + parameters[LENET_DENSE2_BIAS_AT + c];
            }
        }
    }
    __syncthreads();
    if (warp == 0) {
        finish_sample(batch, a, range, sample, label, lane, m);
    }
    __syncthreads();
    if (batch.progress != nullptr && thread < HIDDEN) {
        float sum = 0;
#pragma unroll
        for (int c = 0; c < CLASSES; c++) {
            sum = fmaf(m.gradient[c], kernel[thread * CLASSES + c], sum);
        }
        a.preactivation_gradient[static_cast<size_t>(sample) * HIDDEN + threadIdx.x] =
            hidden > 0 ? sum * scale : 0.0f;
    }
}

enum {
    GROUPS = 8,                    /* of samples, for one output */
    OUTPUTS = THREADS / GROUPS,    /* of a block */
    KERNEL2 = HIDDEN * CLASSES,    /* where parts of head_slots end: dense2's kernel, */
    BIAS2_END = KERNEL2 + CLASSES, /* its bias; dense1's bias follows */
    GRADIENT_BLOCKS = (HEAD_PARAMETERS + OUTPUTS - 1) / OUTPUTS,
};

/* What a sample adds to one of head_slots. */
__device__ __forceinline__ float head_term(const cuda_activations &a, int output, uint32_t sample,
                                           float sum)
{
    const float *logits_gradient = a.logits_gradient + static_cast<size_t>(sample) * CLASSES;
    const size_t row = static_cast<size_t>(sample) * HIDDEN;
    if (output < KERNEL2) {
        return fmaf(a.dense1[row + static_cast<size_t>(output / CLASSES)],
                    logits_gradient[output % CLASSES], sum);
    }
    if (output < BIAS2_END) {
        return sum + logits_gradient[output - KERNEL2];
    }
    return sum + a.preactivation_gradient[row + static_cast<size_t>(output - BIAS2_END)];
}

struct metric_sums {
    double loss;
    uint32_t correct;
};

/* loss[0 .. n) and correct[0 .. n) by one block: each thread its samples in order, then a tree. The
 * result is thread 0's. */
__device__ __forceinline__ metric_sums sum_metrics(const cuda_activations &a, uint32_t n,
                                                   shared_span<double> losses,
                                                   shared_span<uint32_t> counts)
{
    const int thread = static_cast<int>(threadIdx.x);
    metric_sums own = {0, 0};
    for (uint32_t i = threadIdx.x; i < n; i += THREADS) {
        own.loss += static_cast<double>(a.loss[i]);
        own.correct += a.correct[i];
    }
    losses[thread] = own.loss;
    counts[thread] = own.correct;
    for (int distance = THREADS / 2; distance > 0; distance /= 2) {
        __syncthreads();
        if (thread < distance) {
            own.loss += losses[thread + distance];
            own.correct += counts[thread + distance];
            losses[thread] = own.loss;
            counts[thread] = own.correct;
        }
    }
    return own;
}

constexpr size_t METRIC_BYTES = THREADS * (sizeof(double) + sizeof(uint32_t));

/* A block sums 32 outputs in 8 groups of samples: each group's samples in order, then the groups.
 * The last block sums the metrics. */
__global__ void __launch_bounds__(THREADS)
    head_gradients(cuda_batch batch, cuda_activations a, cuda_parameters p)
{
    shared_memory memory = SHARED_MEMORY();
    const uint32_t n = batch_range_of(batch).n;
    const bool first = batch.micro_index == 0;
    if (blockIdx.x == GRADIENT_BLOCKS) {
        shared_span<double> losses = memory.take<double>(THREADS);
        const metric_sums sums = sum_metrics(a, n, losses, memory.take<uint32_t>(THREADS));
        if (threadIdx.x == 0) {
            *p.loss_sum = (first ? 0 : *p.loss_sum) + sums.loss;
            *p.correct_sum = (first ? 0 : *p.correct_sum) + sums.correct;
        }
        return;
    }
    shared_span<float> parts = memory.take<float>(THREADS);
    const int group = static_cast<int>(threadIdx.x) / OUTPUTS;
    const int column = static_cast<int>(threadIdx.x) % OUTPUTS;
    const int output = static_cast<int>(blockIdx.x) * OUTPUTS + column;
    float sum = 0;
    if (output < HEAD_PARAMETERS) {
#pragma unroll 4
        for (uint32_t i = static_cast<uint32_t>(group); i < n; i += GROUPS) {
            sum = head_term(a, output, i, sum);
        }
    }
    parts[group * OUTPUTS + column] = sum;
    __syncthreads();
    if (group == 0 && output < HEAD_PARAMETERS) {
        float total = first ? 0.0f : p.head_slots[output];
#pragma unroll
        for (int g = 0; g < GROUPS; g++) {
            total += parts[g * OUTPUTS + column];
        }
        p.head_slots[output] = total;
    }
}

__global__ void __launch_bounds__(THREADS)
    evaluation_sums(cuda_activations a, uint32_t n, double *loss_sum, uint32_t *correct_sum)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<double> losses = memory.take<double>(THREADS);
    const metric_sums sums = sum_metrics(a, n, losses, memory.take<uint32_t>(THREADS));
    if (threadIdx.x == 0) {
        *loss_sum += sums.loss;
        *correct_sum += sums.correct;
    }
}

} // namespace

cudaError_t prepare_head()
{
    return first_error(
        {load_kernel(head), load_kernel(head_gradients), load_kernel(evaluation_sums)});
}

extern "C" cudaError_t cuda_head(const cuda_batch *batch, const cuda_activations *a,
                                 const float *parameters, uint32_t splits, cudaStream_t stream)
{
    const uint32_t most = batch_most(batch);
    if (most == 0) {
        return cudaSuccess;
    }
    return LAUNCH(head, dim3(most), dim3(THREADS), HEAD_BYTES, stream, *batch, *a, parameters,
                  splits);
}

extern "C" cudaError_t cuda_head_gradients(const cuda_batch *batch, const cuda_activations *a,
                                           const cuda_parameters *p, cudaStream_t stream)
{
    return LAUNCH(head_gradients, dim3(GRADIENT_BLOCKS + 1), dim3(THREADS), METRIC_BYTES, stream,
                  *batch, *a, *p);
}

extern "C" cudaError_t cuda_evaluation_sums(const cuda_activations *a, uint32_t n, double *loss_sum,
                                            uint32_t *correct_sum, cudaStream_t stream)
{
    return LAUNCH(evaluation_sums, dim3(1), dim3(THREADS), METRIC_BYTES, stream, *a, n, loss_sum,
                  correct_sum);
}
