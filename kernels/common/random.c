#include "random.h"

#include <math.h>
#include <string.h>

#include "lenet.h"
#include "philox.h"

void random_parameters(float *parameters, uint64_t seed)
{
    for (uint32_t t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        float *out = parameters + tensor->offset;
        if (tensor->fan_in == 0) {
            memset(out, 0, tensor->count * sizeof *out);
            continue;
        }
        const float limit = (float)sqrt(6.0 / (tensor->fan_in + tensor->fan_out));
        for (uint32_t e = 0; e < tensor->count; e++) {
            const philox_block block = philox(seed, PHILOX_WEIGHTS, t, e / 4);
            out[e] = philox_symmetric(block.word[e % 4]) * limit;
        }
    }
}

/* One stable pass of a radix sort by 11 bits at `shift`. */
static void sort_pass(uint64_t *to, const uint64_t *from, uint32_t count, unsigned shift)
{
    uint32_t at[1 << 11] = {0};
    const uint64_t digit = (1 << 11) - 1;
    for (uint32_t i = 0; i < count; i++) {
        at[from[i] >> shift & digit]++;
    }
    uint32_t sum = 0;
    for (size_t d = 0; d <= digit; d++) {
        const uint32_t here = at[d];
        at[d] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++) {
        to[at[from[i] >> shift & digit]++] = from[i];
    }
}

void random_order(uint32_t *out, uint64_t *scratch, uint32_t count, uint64_t seed, uint64_t epoch)
{
    uint64_t *keys = scratch;
    uint64_t *other = scratch + count;
    for (uint32_t i = 0; i < count; i++) {
        const philox_block block = philox(seed, PHILOX_ORDER, epoch, i / 4);
        keys[i] = (uint64_t)block.word[i % 4] << 32 | i;
    }
    /* The samples start in ascending order and the passes are stable, so that equal words keep
     * the lower sample first. */
    sort_pass(other, keys, count, 32);
    sort_pass(keys, other, count, 43);
    sort_pass(other, keys, count, 54);
    for (uint32_t i = 0; i < count; i++) {
        out[i] = (uint32_t)other[i];
    }
}
