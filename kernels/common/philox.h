/* Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011), one header for host and device.
 *
 * A random number is a pure function of the run's seed (the key) and of its purpose and index (the
 * counter). So every engine draws the same initial weights, orders and dropout masks, in any order
 * and on any number of threads, and a resumed run needs no generator state.
 *
 *   key     = { seed low, seed high }
 *   counter = { block, index low, index high, purpose }
 *
 * `index` is the tensor's number in lenet_tensors (weights), the epoch from 0 (orders) or the
 * training step from 0 over the whole run (dropout). A block gives four words of 32 bits:
 *   weights: element e uses word e % 4 of block e / 4 (element = place in the tensor);
 *   orders:  sample e likewise; the order of an epoch is the samples sorted by (word, sample);
 *   dropout: element e uses byte e % 16 of block e / 16, bytes from the lowest of word 0 up
 *            (element = sample in batch * elements a sample + place in the sample); it is
 *            dropped if byte < 256 * rate. */
#ifndef KERNELS_PHILOX_H
#define KERNELS_PHILOX_H

#include <stdint.h>

#ifdef __CUDACC__
#define PHILOX_INLINE static __host__ __device__ __forceinline__
#else
#define PHILOX_INLINE static inline
#endif

typedef enum philox_purpose {
    PHILOX_WEIGHTS = 1,
    PHILOX_ORDER = 2,
    PHILOX_DROPOUT1 = 3,
    PHILOX_DROPOUT2 = 4
} philox_purpose;

typedef struct philox_block {
    uint32_t word[4];
} philox_block;

PHILOX_INLINE philox_block philox(uint64_t seed, philox_purpose purpose, uint64_t index,
                                  uint32_t block)
{
    uint32_t c0 = block;
    uint32_t c1 = (uint32_t)index;
    uint32_t c2 = (uint32_t)(index >> 32);
    uint32_t c3 = (uint32_t)purpose;
    uint32_t k0 = (uint32_t)seed;
    uint32_t k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        const uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    const philox_block result = {{c0, c1, c2, c3}};
    return result;
}

/* Byte `i` (0..15) of a block. */
PHILOX_INLINE uint8_t philox_byte(philox_block block, unsigned i)
{
    return (uint8_t)(block.word[i / 4] >> (8 * (i % 4)));
}

/* Maps a word to one of the values k / 2^23 - 1, k = 0 .. 2^24 - 1, uniform in [-1, 1). They are
 * exact in float, so a weight, symmetric * limit, is rounded only once. */
PHILOX_INLINE float philox_symmetric(uint32_t word)
{
    return (float)((int32_t)(word >> 8) - (1 << 23)) * (1.0f / (float)(1 << 23));
}

#endif
