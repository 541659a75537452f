/* For operations that do the same in every lane: PTX's names of types, and macros that turn an
 * expression into a function over all lanes and into its table entry. */
#ifndef PTX_LANES_H
#define PTX_LANES_H

#include <string.h>

#include "ptx_operations.h"

typedef float f32;
typedef double f64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint16_t b16;
typedef uint32_t b32;
typedef uint64_t b64;

#define OPERAND_f32 "4"
#define OPERAND_f64 "8"
#define OPERAND_s16 "2"
#define OPERAND_s32 "4"
#define OPERAND_s64 "8"
#define OPERAND_u16 "2"
#define OPERAND_u32 "4"
#define OPERAND_u64 "8"
#define OPERAND_b16 "2"
#define OPERAND_b32 "4"
#define OPERAND_b64 "8"

/* Stores what the lanes computed. */
static inline void ptx_write_row(void *row, const void *values, size_t bytes, uint32_t lanes)
{
    if (lanes == PTX_ALL_LANES) {
        memcpy(row, values, PTX_LANES * bytes);
        return;
    }
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l)) {
            memcpy((unsigned char *)row + l * bytes, (const unsigned char *)values + l * bytes,
                   bytes);
        }
    }
}

/* Rows are copied, since one operation reads bytes as floats that another reads as integers. */
#define PTX_READ_ROW(type, values, operand)                                                        \
    type values[PTX_LANES];                                                                        \
    memcpy(values, ptx_row(warp, in, operand), sizeof values)

/* Lists have entries X(name, its text, type of the result, types of the sources, expression of a, b
 * and c). Each list is used twice: for the functions and for the table. All lanes are computed, so
 * an expression must not trap for any operands. */
#define PTX_UNARY_FUNCTION(run, text, D, A, expression)                                            \
    static void run(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)                     \
    {                                                                                              \
        PTX_READ_ROW(A, as, 1);                                                                    \
        D ds[PTX_LANES];                                                                           \
        for (uint32_t l = 0; l < PTX_LANES; l++) {                                                 \
            const A a = as[l];                                                                     \
            ds[l] = (D)(expression);                                                               \
        }                                                                                          \
        ptx_write_row(ptx_row(warp, in, 0), ds, sizeof *ds, lanes);                                \
    }
#define PTX_UNARY_ROW(run, text, D, A, expression)                                                 \
    {.name = text, .operands = OPERAND_##D OPERAND_##A, .execute = run},

#define PTX_BINARY_FUNCTION(run, text, D, A, B, expression)                                        \
    static void run(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)                     \
    {                                                                                              \
        PTX_READ_ROW(A, as, 1);                                                                    \
        PTX_READ_ROW(B, bs, 2);                                                                    \
        D ds[PTX_LANES];                                                                           \
        for (uint32_t l = 0; l < PTX_LANES; l++) {                                                 \
            const A a = as[l];                                                                     \
            const B b = bs[l];                                                                     \
            ds[l] = (D)(expression);                                                               \
        }                                                                                          \
        ptx_write_row(ptx_row(warp, in, 0), ds, sizeof *ds, lanes);                                \
    }
#define PTX_BINARY_ROW(run, text, D, A, B, expression)                                             \
    {.name = text, .operands = OPERAND_##D OPERAND_##A OPERAND_##B, .execute = run},

#define PTX_TERNARY_FUNCTION(run, text, D, A, B, C, expression)                                    \
    static void run(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)                     \
    {                                                                                              \
        PTX_READ_ROW(A, as, 1);                                                                    \
        PTX_READ_ROW(B, bs, 2);                                                                    \
        PTX_READ_ROW(C, cs, 3);                                                                    \
        D ds[PTX_LANES];                                                                           \
        for (uint32_t l = 0; l < PTX_LANES; l++) {                                                 \
            const A a = as[l];                                                                     \
            const B b = bs[l];                                                                     \
            const C c = cs[l];                                                                     \
            ds[l] = (D)(expression);                                                               \
        }                                                                                          \
        ptx_write_row(ptx_row(warp, in, 0), ds, sizeof *ds, lanes);                                \
    }
#define PTX_TERNARY_ROW(run, text, D, A, B, C, expression)                                         \
    {.name = text, .operands = OPERAND_##D OPERAND_##A OPERAND_##B OPERAND_##C, .execute = run},

#define PTX_FAMILY(name, table) const ptx_family name = {table, sizeof(table) / sizeof *(table)}

#endif
