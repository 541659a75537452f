/* Bits: logic, shifts, and the logic of predicates, which are one word for all lanes. */
#include "ptx_lanes.h"

static u64 insert_bits(u64 field, u64 into, u32 position, u32 length)
{
    const u64 mask = length >= 64 ? UINT64_MAX : ((u64)1 << length) - 1;
    return position >= 64 ? into : (into & ~(mask << position)) | (field & mask) << position;
}

#define UNARY(X)                                                                                   \
    X(not_b32, "not.b32", b32, b32, ~a)                                                            \
    X(not_b64, "not.b64", b64, b64, ~a)

/* Shifts by more bits than the type has give zero, or copies of the sign. */
#define BINARY(X)                                                                                  \
    X(and_b16, "and.b16", b16, b16, b16, a &b)                                                     \
    X(and_b32, "and.b32", b32, b32, b32, a &b)                                                     \
    X(and_b64, "and.b64", b64, b64, b64, a &b)                                                     \
    X(or_b16, "or.b16", b16, b16, b16, a | b)                                                      \
    X(or_b32, "or.b32", b32, b32, b32, a | b)                                                      \
    X(or_b64, "or.b64", b64, b64, b64, a | b)                                                      \
    X(xor_b32, "xor.b32", b32, b32, b32, a ^ b)                                                    \
    X(xor_b64, "xor.b64", b64, b64, b64, a ^ b)                                                    \
    X(shl_b32, "shl.b32", b32, b32, u32, b > 31 ? 0 : a << b)                                      \
    X(shl_b64, "shl.b64", b64, b64, u32, b > 63 ? 0 : a << b)                                      \
    X(shr_u32, "shr.u32", u32, u32, u32, b > 31 ? 0 : a >> b)                                      \
    X(shr_u64, "shr.u64", u64, u64, u32, b > 63 ? 0 : a >> b)                                      \
    X(shr_s32, "shr.s32", s32, s32, u32, a >> (b > 31 ? 31 : b))                                   \
    X(shr_s64, "shr.s64", s64, s64, u32, a >> (b > 63 ? 63 : b))

UNARY(PTX_UNARY_FUNCTION)
BINARY(PTX_BINARY_FUNCTION)

static void bfi_b64(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    PTX_READ_ROW(b64, fields, 1);
    PTX_READ_ROW(b64, values, 2);
    PTX_READ_ROW(u32, positions, 3);
    PTX_READ_ROW(u32, lengths, 4);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        values[l] = insert_bits(fields[l], values[l], positions[l] & 255, lengths[l] & 255);
    }
    ptx_write_row(ptx_row(warp, in, 0), values, sizeof *values, lanes);
}
#define BFI_ROW {.name = "bfi.b64", .operands = "88844", .execute = bfi_b64},

static u32 predicate(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand)
{
    return *ptx_predicate(warp, in->operands[operand].row);
}

static void write_predicate(const ptx_warp *warp, const ptx_instruction *in, u32 value,
                            uint32_t lanes)
{
    u32 *const to = ptx_predicate(warp, in->operands[0].row);
    *to = (*to & ~lanes) | (value & lanes);
}

static void mov_pred(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    write_predicate(warp, in, predicate(warp, in, 1), lanes);
}

static void not_pred(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    write_predicate(warp, in, ~predicate(warp, in, 1), lanes);
}

static void and_pred(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    write_predicate(warp, in, predicate(warp, in, 1) & predicate(warp, in, 2), lanes);
}

static void or_pred(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    write_predicate(warp, in, predicate(warp, in, 1) | predicate(warp, in, 2), lanes);
}

static void xor_pred(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    write_predicate(warp, in, predicate(warp, in, 1) ^ predicate(warp, in, 2), lanes);
}

static const ptx_operation predicates_table[] = {
    {.name = "mov.pred", .operands = "pp", .execute = mov_pred},
    {.name = "not.pred", .operands = "pp", .execute = not_pred},
    {.name = "and.pred", .operands = "ppp", .execute = and_pred},
    {.name = "or.pred", .operands = "ppp", .execute = or_pred},
    {.name = "xor.pred", .operands = "ppp", .execute = xor_pred},
};

PTX_FAMILY(ptx_predicates, predicates_table);

static const ptx_operation table[] = {UNARY(PTX_UNARY_ROW) BINARY(PTX_BINARY_ROW) BFI_ROW};

PTX_FAMILY(ptx_logic, table);
