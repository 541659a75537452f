/* The dropout after pooling: 9216 bytes of Philox per sample. */
#include "layers.h"
#include "philox.h"

enum { BLOCKS = LENET_FLAT / 16, LANES = 16 };

/* out[256] = blocks first .. first + 15, computed side by side. */
static void draw_blocks(uint64_t seed, uint64_t step, uint32_t first, uint8_t *out)
{
    uint32_t words[4][LANES];
    for (uint32_t lane = 0; lane < LANES; lane++) {
        const philox_block block = philox(seed, PHILOX_DROPOUT1, step, first + lane);
        words[0][lane] = block.word[0];
        words[1][lane] = block.word[1];
        words[2][lane] = block.word[2];
        words[3][lane] = block.word[3];
    }
    for (int lane = 0; lane < LANES; lane++) {
        for (int word = 0; word < 4; word++) {
            for (int byte = 0; byte < 4; byte++) {
                *out++ = (uint8_t)(words[word][lane] >> (8 * byte));
            }
        }
    }
}

/* Without branches, because the processor could not predict which inputs are dropped. */
static void drop(const uint8_t *bytes, float *pooled, uint8_t *argmax)
{
    const vec scale = vec_all(256.0f / (256 - LENET_DROPOUT1_RATE_256));
    for (int i = 0; i < LENET_FLAT; i += VEC) {
        vec_byte drawn;
        vec_byte way;
        memcpy(&drawn, bytes + i, sizeof drawn);
        memcpy(&way, argmax + i, sizeof way);
        const vec_byte kept = (vec_byte)(drawn >= LENET_DROPOUT1_RATE_256);
        const vec_int is_kept = __builtin_convertvector(drawn, vec_int) >= LENET_DROPOUT1_RATE_256;
        way = (way & kept) | (CPU_ROUTE_NONE & ~kept);
        memcpy(argmax + i, &way, sizeof way);
        vec_store(pooled + i, vec_where(is_kept, vec_load(pooled + i) * scale));
    }
}

void CPU_NAME(dropout1)(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes,
                        float *pooled, uint8_t *argmax)
{
    for (uint32_t block = 0; block < BLOCKS; block += LANES) {
        draw_blocks(seed, step, sample * BLOCKS + block, bytes + block * 16);
    }
    drop(bytes, pooled, argmax);
}
