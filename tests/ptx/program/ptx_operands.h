/* Parses an instruction's operands: registers, constants, addresses, parameters. */
#ifndef PTX_OPERANDS_H
#define PTX_OPERANDS_H

#include "ptx_operations.h"
#include "ptx_registers.h"

/* The register of this name. A fault if it is not declared. */
ptx_operand ptx_find_register(const ptx_registers *registers, const ptx_lexer *lexer,
                              ptx_token name);

/* The next operand, of a kind of ptx_operation.operands other than a label. `kernel` has the
 * parameters. A fault if the operand is of another kind or width. */
ptx_operand ptx_read_operand(ptx_registers *registers, const ptx_kernel *kernel, ptx_lexer *lexer,
                             char kind, const ptx_access *access);

#endif
