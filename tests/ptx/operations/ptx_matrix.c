/* Products of the tensor cores: D = A B + C by a whole warp. The layouts, which element a register
 * holds, are CuTe's (cutlass, cute/atom/mma_traits_sm80.hpp). They give an element's place in a
 * matrix that is stored by columns.
 *
 * Each addition is rounded to fp32, in the order of the inner index. The order and rounding of a
 * device are not known. */
#include "ptx_lanes.h"

enum { M = 16, N = 8, MOST_K = 16 };

typedef struct matrices {
    f32 a[M][MOST_K];
    f32 b[MOST_K][N];
    f32 d[M][N];
} matrices;

static f32 as_float(b32 bits)
{
    f32 value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Element `value` (0 to 3) of lane l in C and D, the same for both products:
 * ((4,8),(2,2)) : ((32,1),(16,8)), by columns of 16. */
static uint32_t place_in_d(uint32_t l, uint32_t value)
{
    return l % 4 * 32 + l / 4 + value % 2 * 16 + value / 2 * 8;
}

static void read_sums(const ptx_warp *warp, const ptx_instruction *in, uint32_t first, matrices *m)
{
    for (uint32_t value = 0; value < 4; value++) {
        PTX_READ_ROW(f32, sums, first + value);
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            const uint32_t place = place_in_d(l, value);
            m->d[place % M][place / M] = sums[l];
        }
    }
}

static void write_sums(const ptx_warp *warp, const ptx_instruction *in, const matrices *m)
{
    for (uint32_t value = 0; value < 4; value++) {
        f32 sums[PTX_LANES];
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            const uint32_t place = place_in_d(l, value);
            sums[l] = m->d[place % M][place / M];
        }
        memcpy(ptx_row(warp, in, value), sums, sizeof sums);
    }
}

static void multiply(matrices *m, uint32_t inner)
{
    for (uint32_t row = 0; row < M; row++) {
        for (uint32_t k = 0; k < inner; k++) {
            for (uint32_t column = 0; column < N; column++) {
                m->d[row][column] += m->a[row][k] * m->b[k][column];
            }
        }
    }
}

/* A device would truncate the lower bits, but the program should have rounded them. */
static f32 checked_tf32(const ptx_warp *warp, const ptx_instruction *in, uint32_t l, b32 bits)
{
    if ((bits & 0x1fff) != 0 && (bits & 0x7fffffff) <= 0x7f800000) {
        ptx_fault_at(warp, in, l, "an operand is no tf32: %08x", bits);
    }
    return as_float(bits);
}

/* A: ((4,8),(2,2)) : ((16,1),(8,64)); B by rows of 8: ((4,8),2) : ((8,1),32) */
static void mma_m16n8k8_tf32(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    (void)lanes;
    matrices m;
    for (uint32_t value = 0; value < 4; value++) {
        PTX_READ_ROW(b32, a, 4 + value);
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            const uint32_t place = l % 4 * 16 + l / 4 + value % 2 * 8 + value / 2 * 64;
            m.a[place % M][place / M] = checked_tf32(warp, in, l, a[l]);
        }
    }
    for (uint32_t value = 0; value < 2; value++) {
        PTX_READ_ROW(b32, b, 8 + value);
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            const uint32_t place = l % 4 * 8 + l / 4 + value * 32;
            m.b[place / N][place % N] = checked_tf32(warp, in, l, b[l]);
        }
    }
    read_sums(warp, in, 10, &m);
    multiply(&m, 8);
    write_sums(warp, in, &m);
}

/* Half `half` of a register that holds two bf16, the lower index in the lower half. */
static f32 bf16_of(b32 pair, uint32_t half)
{
    return as_float(half == 0 ? pair << 16 : pair & 0xffff0000);
}

/* A: ((4,8),(2,2,2)) : ((32,1),(16,8,128)); B by rows of 8: ((4,8),(2,2)) : ((16,1),(8,64)) */
static void mma_m16n8k16_bf16(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    (void)lanes;
    matrices m;
    for (uint32_t value = 0; value < 8; value++) {
        PTX_READ_ROW(b32, a, 4 + value / 2);
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            const uint32_t place =
                l % 4 * 32 + l / 4 + value % 2 * 16 + value / 2 % 2 * 8 + value / 4 * 128;
            m.a[place % M][place / M] = bf16_of(a[l], value % 2);
        }
    }
    for (uint32_t value = 0; value < 4; value++) {
        PTX_READ_ROW(b32, b, 8 + value / 2);
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            const uint32_t place = l % 4 * 16 + l / 4 + value % 2 * 8 + value / 2 * 64;
            m.b[place / N][place % N] = bf16_of(b[l], value % 2);
        }
    }
    read_sums(warp, in, 10, &m);
    multiply(&m, 16);
    write_sums(warp, in, &m);
}

static const ptx_operation table[] = {
    {.name = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32",
     .operands = "44444444444444",
     .execute = mma_m16n8k8_tf32,
     .flow = PTX_COLLECTIVE,
     .mask_operand = PTX_NONE},
    {.name = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
     .operands = "44444444444444",
     .execute = mma_m16n8k16_bf16,
     .flow = PTX_COLLECTIVE,
     .mask_operand = PTX_NONE},
};

PTX_FAMILY(ptx_matrix, table);
