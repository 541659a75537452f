#include "cuda_oracle.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"

void expected_dense1_sums(const cuda_fixture *f, uint32_t splits, engine_precision precision,
                          double *sums, double *absolute)
{
    static double kernel[LENET_FLAT * 128];
    const size_t slice = LENET_FLAT / splits;
    round_all(kernel, f->p.values + LENET_DENSE1_KERNEL_AT, LENET_FLAT * 128, precision);
    memset(sums, 0, (size_t)splits * f->n * 128 * sizeof *sums);
    memset(absolute, 0, (size_t)splits * f->n * 128 * sizeof *absolute);
    for (size_t i = 0; i < f->n; i++) {
        for (size_t k = 0; k < LENET_FLAT; k++) {
            const double x = rounded(f->a.pooled[i * LENET_FLAT + k], precision);
            const size_t at = (k / slice * f->n + i) * 128;
            for (size_t j = 0; j < 128; j++) {
                sums[at + j] += x * kernel[k * 128 + j];
                absolute[at + j] += fabs(x * kernel[k * 128 + j]);
            }
        }
    }
}

void compare_dense1_sums(const cuda_fixture *f, uint32_t splits, engine_precision precision)
{
    const size_t count = (size_t)splits * f->n * 128;
    double *sums = malloc((2 * count + 1) * sizeof *sums);
    ck_assert_ptr_nonnull(sums);
    expected_dense1_sums(f, splits, precision, sums, sums + count);
    for (size_t at = 0; at < count; at++) {
        const size_t split = at / ((size_t)f->n * 128);
        const size_t within = at % ((size_t)f->n * 128);
        expect_near("partial sum", at,
                    (double)f->a.partial[split * f->batch.capacity * 128 + within], sums[at],
                    sum_bound((double)LENET_FLAT / splits, sums[count + at]));
    }
    free(sums);
}

/* The head's expected results for a sample's partial sums, in double. */
typedef struct head_values {
    double hidden[128];
    double logits[10];
    double softmax[10];
    double loss;
    int best;
    double logits_gradient[10];
    double preactivation_gradient[128];
} head_values;

static void expected_hidden(const cuda_fixture *f, uint32_t i, uint32_t splits, head_values *out)
{
    for (uint32_t j = 0; j < 128; j++) {
        double sum = f->p.values[LENET_DENSE1_BIAS_AT + j];
        for (size_t split = 0; split < splits; split++) {
            sum += f->a.partial[(split * f->batch.capacity + i) * 128 + j];
        }
        const uint32_t element = (f->begin + i) * 128 + j;
        const philox_block block =
            philox(f->batch.seed, PHILOX_DROPOUT2, f->progress->step, element / 16);
        const double factor = !f->batch.dropout                        ? 1
                              : philox_byte(block, element % 16) < 128 ? 0
                                                                       : 2;
        out->hidden[j] = fmax(sum, 0) * factor;
    }
}

static void expected_head(const cuda_fixture *f, uint32_t i, uint32_t splits, head_values *out)
{
    const float *kernel = f->p.values + LENET_DENSE2_KERNEL_AT;
    expected_hidden(f, i, splits, out);
    out->best = 0;
    double sum = 0;
    for (int c = 0; c < 10; c++) {
        out->logits[c] = f->p.values[LENET_DENSE2_BIAS_AT + c];
        for (int j = 0; j < 128; j++) {
            out->logits[c] += out->hidden[j] * kernel[j * 10 + c];
        }
        out->best = out->logits[c] > out->logits[out->best] ? c : out->best;
    }
    for (int c = 0; c < 10; c++) {
        sum += exp(out->logits[c] - out->logits[out->best]);
    }
    const uint8_t label = f->labels[fixture_sample(f, i)];
    out->loss = log(sum) + out->logits[out->best] - out->logits[label];
    for (int c = 0; c < 10; c++) {
        out->softmax[c] = exp(out->logits[c] - out->logits[out->best]) / sum;
        out->logits_gradient[c] = (out->softmax[c] - (c == label)) / f->total;
    }
    for (int j = 0; j < 128; j++) {
        out->preactivation_gradient[j] = 0;
        for (int c = 0; c < 10; c++) {
            out->preactivation_gradient[j] += out->logits_gradient[c] * kernel[j * 10 + c];
        }
        out->preactivation_gradient[j] *= out->hidden[j] == 0 ? 0 : f->batch.dropout ? 2 : 1;
    }
}

/* Sums of up to 72 + 1 terms below 1, then of 129, so all later values are exact to about 1e-5. A
 * wrong mask, label or divisor causes a far larger error. */
static const double head_bound = 2e-5;

static void compare_head_gradients(const cuda_fixture *f, uint32_t i, const head_values *expected)
{
    for (size_t j = 0; j < 128; j++) {
        expect_near("gradient of the sums", j, (double)f->a.preactivation_gradient[i * 128 + j],
                    expected->preactivation_gradient[j], head_bound / f->total);
    }
    for (size_t c = 0; c < 10; c++) {
        expect_near("gradient of the logits", c, (double)f->a.logits_gradient[i * 10 + c],
                    expected->logits_gradient[c], head_bound / f->total);
    }
}

void compare_head(const cuda_fixture *f, uint32_t i, uint32_t splits)
{
    head_values expected;
    expected_head(f, i, splits, &expected);
    for (size_t j = 0; j < 128; j++) {
        expect_near("hidden", j, (double)f->a.dense1[i * 128 + j], expected.hidden[j], head_bound);
        expect((f->a.dense1[i * 128 + j] > 0) == (expected.hidden[j] > 0), "gate of hidden", j);
    }
    for (size_t c = 0; c < 10; c++) {
        expect_near("logit", c, (double)f->a.logits[i * 10 + c], expected.logits[c], head_bound);
        expect_near("softmax", c, (double)f->a.softmax[i * 10 + c], expected.softmax[c],
                    head_bound);
    }
    if (f->a.logits_gradient != NULL) {
        compare_head_gradients(f, i, &expected);
    }
    if (f->a.loss != NULL) {
        expect_near("loss", i, (double)f->a.loss[i], expected.loss, head_bound);
        ck_assert_uint_eq(f->a.correct[i], expected.best == f->labels[fixture_sample(f, i)]);
    }
    if (f->a.predicted != NULL) {
        ck_assert_int_eq(f->a.predicted[i], expected.best);
    }
}
