/* Conversions between types, and moves, which do not convert. The kernels use one rounding of tf32
 * and one of bf16; the others are for mutants (check_ptx_mutants.py). */
#include <math.h>

#include "ptx_lanes.h"

static b32 bits_of(f32 value)
{
    b32 bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The nearest tf32, whose lower 13 bits are 0. Ties go away from zero, or to even. */
static b32 round_tf32(f32 value, bool ties_to_even)
{
    const b32 bits = bits_of(value);
    if (isnan(value)) {
        return 0x7fffffff;
    }
    const b32 half = ties_to_even ? 0xfff + (bits >> 13 & 1) : 0x1000;
    return isinf(value) ? bits : (bits + half) & ~(b32)0x1fff;
}

/* The nearest bf16, ties to even. */
static b32 round_bf16(f32 value)
{
    const b32 bits = bits_of(value);
    return isnan(value) ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/* The next bf16 towards zero. */
static b32 cut_bf16(f32 value)
{
    return isnan(value) ? 0x7fff : bits_of(value) >> 16;
}

/* Rounds towards zero. A value out of range becomes the nearest one in range, NaN becomes 0. */
static s32 truncate_to_s32(f64 value)
{
    if (isnan(value)) {
        return 0;
    }
    return value >= 0x1p31 ? INT32_MAX : value <= -0x1p31 ? INT32_MIN : (s32)value;
}

static u64 truncate_to_u64(f64 value)
{
    return !(value > 0) ? 0 : value >= 0x1p64 ? UINT64_MAX : (u64)value;
}

#define UNARY(X)                                                                                   \
    X(mov_b16, "mov.b16", b16, b16, a)                                                             \
    X(mov_u16, "mov.u16", b16, b16, a)                                                             \
    X(mov_b32, "mov.b32", b32, b32, a)                                                             \
    X(mov_u32, "mov.u32", b32, b32, a)                                                             \
    X(mov_f32, "mov.f32", b32, b32, a)                                                             \
    X(mov_u64, "mov.u64", b64, b64, a)                                                             \
    X(mov_f64, "mov.f64", b64, b64, a)                                                             \
    X(cvta_to_global_u64, "cvta.to.global.u64", b64, b64, a)                                       \
    X(cvt_u32_u64, "cvt.u32.u64", u32, u64, a)                                                     \
    X(cvt_u64_u32, "cvt.u64.u32", u64, u32, a)                                                     \
    X(cvt_s64_s32, "cvt.s64.s32", s64, s32, a)                                                     \
    X(cvt_u32_u16, "cvt.u32.u16", u32, u16, a)                                                     \
    X(cvt_s32_s16, "cvt.s32.s16", s32, s16, a)                                                     \
    X(cvt_u64_u16, "cvt.u64.u16", u64, u16, a)                                                     \
    X(cvt_u16_u32, "cvt.u16.u32", u16, u32, a)                                                     \
    X(cvt_rn_f32_u32, "cvt.rn.f32.u32", f32, u32, a)                                               \
    X(cvt_rn_f32_s32, "cvt.rn.f32.s32", f32, s32, a)                                               \
    X(cvt_rn_f32_u16, "cvt.rn.f32.u16", f32, u16, a)                                               \
    X(cvt_rn_f64_u64, "cvt.rn.f64.u64", f64, u64, a)                                               \
    X(cvt_rn_f64_u32, "cvt.rn.f64.u32", f64, u32, a)                                               \
    X(cvt_rn_f64_s32, "cvt.rn.f64.s32", f64, s32, a)                                               \
    X(cvt_f64_f32, "cvt.f64.f32", f64, f32, a)                                                     \
    X(cvt_rn_f32_f64, "cvt.rn.f32.f64", f32, f64, a)                                               \
    X(cvt_rzi_f64_f64, "cvt.rzi.f64.f64", f64, f64, trunc(a))                                      \
    X(cvt_rzi_s32_f64, "cvt.rzi.s32.f64", s32, f64, truncate_to_s32(a))                            \
    X(cvt_rzi_u64_f64, "cvt.rzi.u64.f64", u64, f64, truncate_to_u64(a))                            \
    X(cvt_rna_tf32_f32, "cvt.rna.tf32.f32", b32, f32, round_tf32(a, false))                        \
    X(cvt_rn_tf32_f32, "cvt.rn.tf32.f32", b32, f32, round_tf32(a, true))

/* The first source goes to the upper half. */
#define BINARY(X)                                                                                  \
    X(cvt_rn_bf16x2_f32, "cvt.rn.bf16x2.f32", b32, f32, f32, round_bf16(a) << 16 | round_bf16(b))  \
    X(cvt_rz_bf16x2_f32, "cvt.rz.bf16x2.f32", b32, f32, f32, cut_bf16(a) << 16 | cut_bf16(b))

UNARY(PTX_UNARY_FUNCTION)
BINARY(PTX_BINARY_FUNCTION)

/* mov.b64 d, {a, b}: the first register is the lower half. */
static void pack_b64(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    PTX_READ_ROW(b32, lower, 1);
    PTX_READ_ROW(b32, upper, 2);
    b64 ds[PTX_LANES];
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        ds[l] = lower[l] | (b64)upper[l] << 32;
    }
    ptx_write_row(ptx_row(warp, in, 0), ds, sizeof *ds, lanes);
}

/* mov.b64 {d, e}, a */
static void unpack_b64(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    PTX_READ_ROW(b64, as, 2);
    b32 lower[PTX_LANES];
    b32 upper[PTX_LANES];
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        lower[l] = (b32)as[l];
        upper[l] = (b32)(as[l] >> 32);
    }
    ptx_write_row(ptx_row(warp, in, 0), lower, sizeof *lower, lanes);
    ptx_write_row(ptx_row(warp, in, 1), upper, sizeof *upper, lanes);
}

static const ptx_operation moves_table[] = {
    {.name = "mov.b64", .operands = "88", .execute = mov_u64},
    {.name = "mov.b64 d,{}", .operands = "844", .execute = pack_b64},
    {.name = "mov.b64 {},a", .operands = "448", .execute = unpack_b64},
};

PTX_FAMILY(ptx_moves, moves_table);

static const ptx_operation table[] = {UNARY(PTX_UNARY_ROW) BINARY(PTX_BINARY_ROW)};

PTX_FAMILY(ptx_conversions, table);
