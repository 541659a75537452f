/* Comparisons, which set predicates, and selections by them. */
#include "ptx_lanes.h"

#define COMPARISON_FUNCTION(run, text, A, expression)                                              \
    static void run(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)                     \
    {                                                                                              \
        PTX_READ_ROW(A, as, 1);                                                                    \
        PTX_READ_ROW(A, bs, 2);                                                                    \
        u32 result = 0;                                                                            \
        for (uint32_t l = 0; l < PTX_LANES; l++) {                                                 \
            const A a = as[l];                                                                     \
            const A b = bs[l];                                                                     \
            result |= (u32)(expression) << l;                                                      \
        }                                                                                          \
        u32 *const to = ptx_predicate(warp, in->operands[0].row);                                  \
        *to = (*to & ~lanes) | (result & lanes);                                                   \
    }
#define COMPARISON_ROW(run, text, A, expression)                                                   \
    {.name = text, .operands = "p" OPERAND_##A OPERAND_##A, .execute = run},

/* The six comparisons of an integer type. s32 and u32 are ordered differently, b32 not at all. */
#define ORDERED(X, T)                                                                              \
    X(eq_##T, "setp.eq." #T, T, a == b)                                                            \
    X(ne_##T, "setp.ne." #T, T, a != b)                                                            \
    X(lt_##T, "setp.lt." #T, T, a < b)                                                             \
    X(le_##T, "setp.le." #T, T, a <= b)                                                            \
    X(gt_##T, "setp.gt." #T, T, a > b)                                                             \
    X(ge_##T, "setp.ge." #T, T, a >= b)

/* Floating point: with a NaN, `eq` and the like are false, `equ` and the like are true. */
#define FLOATING(X, T)                                                                             \
    X(eq_##T, "setp.eq." #T, T, a == b)                                                            \
    X(ne_##T, "setp.ne." #T, T, a<b || a> b)                                                       \
    X(lt_##T, "setp.lt." #T, T, a < b)                                                             \
    X(le_##T, "setp.le." #T, T, a <= b)                                                            \
    X(gt_##T, "setp.gt." #T, T, a > b)                                                             \
    X(ge_##T, "setp.ge." #T, T, a >= b)                                                            \
    X(equ_##T, "setp.equ." #T, T, !(a < b || a > b))                                               \
    X(neu_##T, "setp.neu." #T, T, a != b)                                                          \
    X(ltu_##T, "setp.ltu." #T, T, !(a >= b))                                                       \
    X(leu_##T, "setp.leu." #T, T, !(a > b))                                                        \
    X(gtu_##T, "setp.gtu." #T, T, !(a <= b))                                                       \
    X(geu_##T, "setp.geu." #T, T, !(a < b))                                                        \
    X(num_##T, "setp.num." #T, T, a == a && b == b)                                                \
    X(nan_##T, "setp.nan." #T, T, a != a || b != b)

#define BITS(X, T)                                                                                 \
    X(eq_##T, "setp.eq." #T, T, a == b)                                                            \
    X(ne_##T, "setp.ne." #T, T, a != b)

#define COMPARISONS(X)                                                                             \
    ORDERED(X, s16)                                                                                \
    ORDERED(X, u16)                                                                                \
    ORDERED(X, s32)                                                                                \
    ORDERED(X, u32)                                                                                \
    ORDERED(X, s64)                                                                                \
    ORDERED(X, u64)                                                                                \
    FLOATING(X, f32)                                                                               \
    FLOATING(X, f64)                                                                               \
    BITS(X, b16)                                                                                   \
    BITS(X, b32)                                                                                   \
    BITS(X, b64)

COMPARISONS(COMPARISON_FUNCTION)

#define SELECTION_FUNCTION(T)                                                                      \
    static void selp_##T(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)                \
    {                                                                                              \
        PTX_READ_ROW(T, as, 1);                                                                    \
        PTX_READ_ROW(T, bs, 2);                                                                    \
        const u32 selected = *ptx_predicate(warp, in->operands[3].row);                            \
        for (uint32_t l = 0; l < PTX_LANES; l++) {                                                 \
            as[l] = (selected >> l & 1) != 0 ? as[l] : bs[l];                                      \
        }                                                                                          \
        ptx_write_row(ptx_row(warp, in, 0), as, sizeof *as, lanes);                                \
    }
#define SELECTION_ROW(T, bits)                                                                     \
    {.name = "selp." #T, .operands = OPERAND_##T OPERAND_##T OPERAND_##T "p", .execute = bits}

SELECTION_FUNCTION(b16)
SELECTION_FUNCTION(b32)
SELECTION_FUNCTION(b64)

static const ptx_operation selections_table[] = {
    SELECTION_ROW(b16, selp_b16), SELECTION_ROW(u16, selp_b16), SELECTION_ROW(s16, selp_b16),
    SELECTION_ROW(b32, selp_b32), SELECTION_ROW(u32, selp_b32), SELECTION_ROW(s32, selp_b32),
    SELECTION_ROW(f32, selp_b32), SELECTION_ROW(b64, selp_b64), SELECTION_ROW(u64, selp_b64),
    SELECTION_ROW(s64, selp_b64), SELECTION_ROW(f64, selp_b64),
};

PTX_FAMILY(ptx_selections, selections_table);

static const ptx_operation table[] = {COMPARISONS(COMPARISON_ROW)};

PTX_FAMILY(ptx_comparisons, table);
