#include "ptx_operands.h"

#include <stdlib.h>
#include <string.h>

#include "ptx_fault.h"

ptx_operand ptx_find_register(const ptx_registers *registers, const ptx_lexer *lexer,
                              ptx_token name)
{
    ptx_operand operand;
    if (!ptx_registers_find(registers, name, &operand)) {
        ptx_syntax_fault(lexer, name, "no such register");
    }
    return operand;
}

/* 0f3F800000, 0d3FF0000000000000, integers, and the name of shared memory, which begins at 0. */
static uint64_t read_constant(ptx_lexer *lexer, uint32_t width)
{
    const ptx_token token = lexer->token;
    const bool is_float = token.length == 10 && memcmp(token.text, "0f", 2) == 0;
    const bool is_double = token.length == 18 && memcmp(token.text, "0d", 2) == 0;
    if (is_float || is_double) {
        if (width != (is_float ? 4u : 8u)) {
            ptx_syntax_fault(lexer, token, "a floating constant of another width");
        }
        ptx_next(lexer);
        return strtoull(token.text + 2, NULL, 16);
    }
    if (ptx_accept(lexer, "shared_memory_bytes")) {
        return 0;
    }
    return (uint64_t)ptx_next_integer(lexer);
}

static ptx_operand read_value(ptx_registers *registers, ptx_lexer *lexer, uint32_t width)
{
    if (lexer->token.length > 0 && lexer->token.text[0] == '%') {
        const ptx_token name = ptx_next(lexer);
        const ptx_operand operand = ptx_find_register(registers, lexer, name);
        if (width != 0 && operand.width != width) {
            ptx_syntax_fault(lexer, name, "a register of another width than the instruction's");
        }
        return operand;
    }
    if (width == 0) {
        ptx_syntax_fault(lexer, lexer->token, "a register was expected");
    }
    return ptx_registers_constant(registers, read_constant(lexer, width), width);
}

static int64_t read_offset(ptx_lexer *lexer)
{
    return ptx_accept(lexer, "+") ? ptx_next_integer(lexer) : 0;
}

/* [register+8], [shared_memory_bytes+8] */
static ptx_operand read_address(ptx_registers *registers, ptx_lexer *lexer)
{
    ptx_expect(lexer, "[");
    const ptx_token base = lexer->token;
    ptx_operand operand = base.text[0] == '%'
                              ? read_value(registers, lexer, 0)
                              : ptx_registers_constant(registers, read_constant(lexer, 4), 4);
    if (operand.width != 4 && operand.width != 8) {
        ptx_syntax_fault(lexer, base, "no address");
    }
    operand.offset = read_offset(lexer);
    ptx_expect(lexer, "]");
    return operand;
}

/* The register of a load or store; it may be wider than the value in memory. */
static ptx_operand read_register(ptx_registers *registers, ptx_lexer *lexer, uint32_t bytes)
{
    const ptx_token name = lexer->token;
    const ptx_operand operand = read_value(registers, lexer, 0);
    if (operand.width < bytes) {
        ptx_syntax_fault(lexer, name, "a register narrower than the value");
    }
    return operand;
}

/* A kernel's parameter is an offset into the launch's parameters; a call's is a register. */
static ptx_operand read_parameter(const ptx_registers *registers, const ptx_kernel *kernel,
                                  ptx_lexer *lexer, const ptx_access *access)
{
    ptx_expect(lexer, "[");
    const ptx_token name = ptx_next(lexer);
    const int64_t offset = read_offset(lexer);
    ptx_expect(lexer, "]");
    const size_t bytes = (size_t)access->values * access->bytes;
    for (uint32_t i = 0; i < kernel->parameter_count; i++) {
        const ptx_parameter *parameter = &kernel->parameters[i];
        if (ptx_token_is(name, parameter->name)) {
            if (offset < 0 || (size_t)offset + bytes > parameter->bytes) {
                ptx_syntax_fault(lexer, name, "reads beyond the parameter");
            }
            return (ptx_operand){.row = PTX_NONE, .offset = (int64_t)parameter->offset + offset};
        }
    }
    const ptx_operand operand = ptx_find_register(registers, lexer, name);
    if (offset != 0 || operand.width != bytes) {
        ptx_syntax_fault(lexer, name, "not the whole of a call's parameter");
    }
    return operand;
}

ptx_operand ptx_read_operand(ptx_registers *registers, const ptx_kernel *kernel, ptx_lexer *lexer,
                             char kind, const ptx_access *access)
{
    switch (kind) {
    case 'p':
        return read_value(registers, lexer, PTX_PREDICATE);
    case 'r':
        return read_register(registers, lexer, access->bytes);
    case 'a':
        return read_address(registers, lexer);
    case 'P':
        return read_parameter(registers, kernel, lexer, access);
    case 'i':
        return (ptx_operand){.row = PTX_NONE, .offset = ptx_next_integer(lexer)};
    default:
        return read_value(registers, lexer, (uint32_t)(kind - '0'));
    }
}
