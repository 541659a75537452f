/* Maps names of the PTX to rows of a warp's registers, and holds the rows of constants. */
#ifndef PTX_REGISTERS_H
#define PTX_REGISTERS_H

#include "ptx_arena.h"
#include "ptx_kernel.h"
#include "ptx_lexer.h"

/* `%r<8>`: eight registers; or a single register of this name. */
typedef struct ptx_name {
    ptx_token text; /* without the number */
    uint32_t count; /* 0: one register, whose name has no number */
    uint32_t width;
    uint32_t row; /* of the first register */
} ptx_name;

typedef struct ptx_registers {
    ptx_arena *arena;
    ptx_name *names;
    size_t name_count;
    ptx_constant *constants;
    uint32_t constant_count;
    uint32_t bytes; /* of all rows so far */
} ptx_registers;

ptx_registers ptx_registers_begin(ptx_arena *arena);

/* The width of a type (`.pred`, `.b16`, `.f32`); 0 if it is no type. */
uint32_t ptx_width_of_type(ptx_token type);

/* Declares registers with new rows. They hide earlier registers of the same name. */
void ptx_registers_declare(ptx_registers *registers, ptx_token text, uint32_t count,
                           uint32_t width);
/* Declares another name for a register. */
void ptx_registers_alias(ptx_registers *registers, ptx_token text, const ptx_operand *operand);

/* Ends a scope: forgets the names declared since `mark`; their rows stay. */
size_t ptx_registers_mark(const ptx_registers *registers);
void ptx_registers_release(ptx_registers *registers, size_t mark);

/* False if the name is not declared. */
bool ptx_registers_find(const ptx_registers *registers, ptx_token text, ptx_operand *operand);

ptx_operand ptx_registers_constant(ptx_registers *registers, uint64_t value, uint32_t width);

#endif
