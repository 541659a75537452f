/* The dropout after pooling: 9216 bytes of Philox per sample. */
#include "layers.h"
#include "philox.h"

enum { BLOCKS = LENET_FLAT / 16, BLOCK_BYTES = 16 };

/* Blocks whose words lie side by side, each word in a lane of 64 bits. SETS vectors at a time hide
 * the latency of the products. */
enum { LANES = VEC / 2, SETS = 2, DRAWN = SETS * LANES };
_Static_assert(BLOCKS % DRAWN == 0, "a sample's bytes are whole draws");

typedef struct philox_lanes {
    vec_long word[4]; /* the low 32 bits of each lane; the high ones have no meaning */
} philox_lanes;

/* Philox's ten rounds, as in philox.h. */
VEC_INLINE void draw_rounds(philox_lanes *sets, uint64_t seed)
{
    uint32_t key0 = (uint32_t)seed;
    uint32_t key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        VEC_UNROLL
        for (int set = 0; set < SETS; set++) {
            vec_long *word = sets[set].word;
            const vec_long product0 = vec_product_of_low(word[0], 0xD2511F53u);
            const vec_long product2 = vec_product_of_low(word[2], 0xCD9E8D57u);
            word[0] = product2 >> 32 ^ word[1] ^ key0;
            word[2] = product0 >> 32 ^ word[3] ^ key1;
            word[1] = product2;
            word[3] = product0;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

/* Stores the bytes from the lowest up. */
VEC_INLINE void store_bytes(uint64_t value, uint8_t *out)
{
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        value = __builtin_bswap64(value);
    }
    memcpy(out, &value, sizeof value);
}

/* out[DRAWN * BLOCK_BYTES] = blocks first .. first + DRAWN - 1. */
static void draw_blocks(uint64_t seed, uint64_t step, uint32_t first, uint8_t *out)
{
    philox_lanes sets[SETS];
    for (uint32_t set = 0; set < SETS; set++) {
        vec_long block = {0};
        for (uint32_t lane = 0; lane < LANES; lane++) {
            block[lane] = first + set * LANES + lane;
        }
        const vec_long zero = {0};
        sets[set] = (philox_lanes){
            {block, zero + step, zero + (step >> 32), zero + (uint64_t)PHILOX_DROPOUT1}};
    }
    draw_rounds(sets, seed);
    for (int set = 0; set < SETS; set++) {
        const vec_long *word = sets[set].word;
        const vec_long low = (word[0] & UINT32_MAX) | word[1] << 32;
        const vec_long high = (word[2] & UINT32_MAX) | word[3] << 32;
        for (int lane = 0; lane < LANES; lane++, out += BLOCK_BYTES) {
            store_bytes(low[lane], out);
            store_bytes(high[lane], out + 8);
        }
    }
}

/* Without branches, because the processor could not predict which inputs are dropped. */
static void drop(const uint8_t *bytes, float *pooled, uint8_t *argmax)
{
    const vec scale = vec_all(256.0f / (256 - LENET_DROPOUT1_RATE_256));
    for (int i = 0; i < LENET_FLAT; i++) {
        argmax[i] = bytes[i] < LENET_DROPOUT1_RATE_256 ? CPU_ROUTE_NONE : argmax[i];
    }
    for (int i = 0; i < LENET_FLAT; i += VEC) {
        const vec_int is_kept = vec_widen(bytes + i) >= LENET_DROPOUT1_RATE_256;
        vec_store(pooled + i, vec_where(is_kept, vec_load(pooled + i) * scale));
    }
}

void CPU_NAME(dropout1)(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes,
                        float *pooled, uint8_t *argmax)
{
    for (uint32_t block = 0; block < BLOCKS; block += DRAWN) {
        draw_blocks(seed, step, sample * BLOCKS + block, bytes + block * BLOCK_BYTES);
    }
    drop(bytes, pooled, argmax);
}
