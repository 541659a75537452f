/* The collectives of a warp, computed when its last lane arrives. */
#include <string.h>

#include "cuda_host_running.h"

namespace cuda_host
{

uint32_t round_tf32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return 0x7fffffffu;
    }
    if ((bits & 0x7f800000u) == 0x7f800000u) {
        return bits;
    }
    return (bits + 0x1000u) & 0xffffe000u;
}

uint16_t round_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return 0x7fff;
    }
    return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

namespace
{

float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void evaluate_shuffle(operands *warp, uint32_t mask)
{
    for (unsigned l = 0; l < 32; l++) {
        if ((mask >> l & 1) == 0) {
            continue;
        }
        if (warp[l].source >= 32 || (mask >> warp[l].source & 1) == 0) {
            found("completes a shuffle in which lane %u asks lane %u, which is not in mask %08x", l,
                  warp[l].source, mask);
        }
        warp[l].result = warp[warp[l].source].value;
    }
}

void evaluate_ballot(operands *warp, uint32_t mask)
{
    uint32_t votes = 0;
    for (unsigned l = 0; l < 32; l++) {
        votes |= (mask >> l & 1) != 0 && warp[l].value != 0 ? 1u << l : 0;
    }
    for (unsigned l = 0; l < 32; l++) {
        warp[l].result = votes;
    }
}

/* d += a b, in the order of the inner index; B as its rows lie. */
template <int INNER>
void multiply(float (&d)[16][8], const float (&a)[16][INNER], const float (&b)[INNER][8])
{
    for (unsigned row = 0; row < 16; row++) {
        for (unsigned k = 0; k < INNER; k++) {
            for (unsigned column = 0; column < 8; column++) {
                d[row][column] += a[row][k] * b[k][column];
            }
        }
    }
}

void load_sums(const operands *warp, float (&d)[16][8])
{
    for (unsigned l = 0; l < 32; l++) {
        memcpy(&d[l / 4][l % 4 * 2], warp[l].d, 8);
        memcpy(&d[l / 4 + 8][l % 4 * 2], warp[l].d + 2, 8);
    }
}

void store_sums(operands *warp, const float (&d)[16][8])
{
    for (unsigned l = 0; l < 32; l++) {
        memcpy(warp[l].d, &d[l / 4][l % 4 * 2], 8);
        memcpy(warp[l].d + 2, &d[l / 4 + 8][l % 4 * 2], 8);
    }
}

void evaluate_tf32(operands *warp, uint32_t)
{
    float a[16][8], b[8][8], d[16][8];
    uint32_t low_bits = 0;
    load_sums(warp, d);
    for (unsigned l = 0; l < 32; l++) {
        const unsigned group = l / 4, member = l % 4;
        const operands &o = warp[l];
        a[group][member] = float_of(o.a[0]);
        a[group + 8][member] = float_of(o.a[1]);
        a[group][member + 4] = float_of(o.a[2]);
        a[group + 8][member + 4] = float_of(o.a[3]);
        b[member][group] = float_of(o.b[0]);
        b[member + 4][group] = float_of(o.b[1]);
        for (unsigned i = 0; i < 4; i++) {
            low_bits |= (o.a[i] & 0x7fffffffu) > 0x7f800000u ? 0 : o.a[i];
        }
        for (unsigned i = 0; i < 2; i++) {
            low_bits |= (o.b[i] & 0x7fffffffu) > 0x7f800000u ? 0 : o.b[i];
        }
    }
    if ((low_bits & 0x1fffu) != 0) {
        found("completes an mma_tf32_16x8x8 whose operands were not all rounded by to_tf32");
    }
    multiply<8>(d, a, b);
    store_sums(warp, d);
}

void unpack(float *pair, uint32_t bits)
{
    pair[0] = float_of(bits << 16);
    pair[1] = float_of(bits & 0xffff0000u);
}

void evaluate_bf16(operands *warp, uint32_t)
{
    float a[16][16], b[16][8], d[16][8];
    load_sums(warp, d);
    for (unsigned l = 0; l < 32; l++) {
        const unsigned group = l / 4, member = l % 4;
        const operands &o = warp[l];
        unpack(&a[group][2 * member], o.a[0]);
        unpack(&a[group + 8][2 * member], o.a[1]);
        unpack(&a[group][2 * member + 8], o.a[2]);
        unpack(&a[group + 8][2 * member + 8], o.a[3]);
        for (unsigned i = 0; i < 2; i++) {
            float pair[2];
            unpack(pair, o.b[i]);
            b[2 * member + 8 * i][group] = pair[0];
            b[2 * member + 8 * i + 1][group] = pair[1];
        }
    }
    multiply<16>(d, a, b);
    store_sums(warp, d);
}

} // namespace

const collective warp_barrier = {"__syncwarp", nullptr};
const collective shuffle_xor = {"__shfl_xor_sync", evaluate_shuffle};
const collective ballot = {"__ballot_sync", evaluate_ballot};
const collective mma_tf32 = {"mma_tf32_16x8x8", evaluate_tf32};
const collective mma_bf16 = {"mma_bf16_16x8x16", evaluate_bf16};

} // namespace cuda_host
