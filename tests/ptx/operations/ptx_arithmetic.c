/* Arithmetic. Floating point is the host's; each operation is rounded to nearest. */
#include <math.h>

#include "ptx_lanes.h"

/* If one of the two is a NaN, the result is the other. */
static f32 max_of(f32 a, f32 b)
{
    return isnan(a) || b > a ? b : a;
}

/* Division by zero gives all ones on a device. */
static u32 quotient(u32 a, u32 b)
{
    return b == 0 ? UINT32_MAX : a / b;
}

static u32 remainder_of(u32 a, u32 b)
{
    return b == 0 ? a : a % b;
}

static u64 quotient_64(u64 a, u64 b)
{
    return b == 0 ? UINT64_MAX : a / b;
}

static u64 remainder_of_64(u64 a, u64 b)
{
    return b == 0 ? a : a % b;
}

/* A device computes only the upper 20 bits of the fraction; nvcc's code refines the result. */
static f64 reciprocal(f64 a)
{
    f64 value = 1 / a;
    u64 bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= UINT64_C(0xffffffff00000000);
    memcpy(&value, &bits, sizeof bits);
    return value;
}

/* Signed numbers wrap around, which C allows only for unsigned ones. So all integers are b32 and
 * b64 here, except if the sign matters. */
#define UNARY(X)                                                                                   \
    X(abs_f32, "abs.f32", f32, f32, fabsf(a))                                                      \
    X(abs_f64, "abs.f64", f64, f64, fabs(a))                                                       \
    X(neg_f32, "neg.f32", f32, f32, -a)                                                            \
    X(neg_f64, "neg.f64", f64, f64, -a)                                                            \
    X(neg_s32, "neg.s32", b32, b32, 0 - a)                                                         \
    X(neg_s64, "neg.s64", b64, b64, 0 - a)                                                         \
    X(sqrt_f32, "sqrt.rn.f32", f32, f32, sqrtf(a))                                                 \
    X(sqrt_f64, "sqrt.rn.f64", f64, f64, sqrt(a))                                                  \
    X(rcp_f64, "rcp.approx.ftz.f64", f64, f64, reciprocal(a))

#define BINARY(X)                                                                                  \
    X(add_f32, "add.rn.f32", f32, f32, f32, a + b)                                                 \
    X(add_f64, "add.rn.f64", f64, f64, f64, a + b)                                                 \
    X(add_s16, "add.s16", b16, b16, b16, a + b)                                                    \
    X(add_s32, "add.s32", b32, b32, b32, a + b)                                                    \
    X(add_s64, "add.s64", b64, b64, b64, a + b)                                                    \
    X(sub_f32, "sub.rn.f32", f32, f32, f32, a - b)                                                 \
    X(sub_f64, "sub.rn.f64", f64, f64, f64, a - b)                                                 \
    X(sub_s32, "sub.s32", b32, b32, b32, a - b)                                                    \
    X(sub_s64, "sub.s64", b64, b64, b64, a - b)                                                    \
    X(mul_f32, "mul.rn.f32", f32, f32, f32, a *b)                                                  \
    X(mul_f64, "mul.rn.f64", f64, f64, f64, a *b)                                                  \
    X(mul_lo_s32, "mul.lo.s32", b32, b32, b32, a *b)                                               \
    X(mul_lo_s64, "mul.lo.s64", b64, b64, b64, a *b)                                               \
    X(mul_hi_s32, "mul.hi.s32", s32, s32, s32, (s64)a *b >> 32)                                    \
    X(mul_hi_u32, "mul.hi.u32", u32, u32, u32, (u64)a *b >> 32)                                    \
    X(mul_wide_s32, "mul.wide.s32", s64, s32, s32, (s64)a *b)                                      \
    X(mul_wide_u32, "mul.wide.u32", u64, u32, u32, (u64)a *b)                                      \
    X(mul_wide_u16, "mul.wide.u16", u32, u16, u16, (u32)a *b)                                      \
    X(div_f32, "div.rn.f32", f32, f32, f32, a / b)                                                 \
    X(div_f64, "div.rn.f64", f64, f64, f64, a / b)                                                 \
    X(div_u32, "div.u32", u32, u32, u32, quotient(a, b))                                           \
    X(div_u64, "div.u64", u64, u64, u64, quotient_64(a, b))                                        \
    X(rem_u32, "rem.u32", u32, u32, u32, remainder_of(a, b))                                       \
    X(rem_u64, "rem.u64", u64, u64, u64, remainder_of_64(a, b))                                    \
    X(max_f32, "max.f32", f32, f32, f32, max_of(a, b))                                             \
    X(max_s32, "max.s32", s32, s32, s32, a > b ? a : b)                                            \
    X(max_u32, "max.u32", u32, u32, u32, a > b ? a : b)                                            \
    X(min_s32, "min.s32", s32, s32, s32, a < b ? a : b)                                            \
    X(min_u32, "min.u32", u32, u32, u32, a < b ? a : b)

#define TERNARY(X)                                                                                 \
    X(fma_f32, "fma.rn.f32", f32, f32, f32, f32, fmaf(a, b, c))                                    \
    X(fma_f64, "fma.rn.f64", f64, f64, f64, f64, fma(a, b, c))                                     \
    X(mad_lo_s32, "mad.lo.s32", b32, b32, b32, b32, a *b + c)

UNARY(PTX_UNARY_FUNCTION)
BINARY(PTX_BINARY_FUNCTION)
TERNARY(PTX_TERNARY_FUNCTION)

static const ptx_operation table[] = {UNARY(PTX_UNARY_ROW) BINARY(PTX_BINARY_ROW)
                                          TERNARY(PTX_TERNARY_ROW)};

PTX_FAMILY(ptx_arithmetic, table);
