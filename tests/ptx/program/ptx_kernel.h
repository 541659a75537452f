/* A decoded PTX kernel: its instructions, each with its operation, and the rows of registers that
 * they use.
 *
 * Each register that the PTX declares is a row of 32 values, one per lane. Constants and special
 * registers (%tid.x) are rows too, so every source is a row. A predicate's row is one word, with
 * one bit per lane. */
#ifndef PTX_KERNEL_H
#define PTX_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PTX_LANES = 32,
    PTX_OPERANDS = 16,
    PTX_PREDICATE = 1, /* the width of a predicate; other widths are bytes per lane */
    PTX_ROW_ALIGN = 64,
};

#define PTX_NONE UINT32_MAX

typedef struct ptx_operand {
    uint32_t row;   /* bytes from the start of the warp's registers */
    uint32_t width; /* bytes per lane, or PTX_PREDICATE */
    int64_t offset; /* added to an address; the value of an immediate */
} ptx_operand;

typedef struct ptx_operation ptx_operation; /* operations/ptx_operations.h */

typedef struct ptx_instruction {
    const ptx_operation *operation;
    ptx_operand operands[PTX_OPERANDS]; /* as written; vectors are split */
    uint32_t guard;                     /* row of the predicate after @, or PTX_NONE */
    bool guard_negated;
    uint32_t target; /* target of a branch */
    uint32_t line;   /* line of the file */
} ptx_instruction;

typedef struct ptx_constant {
    uint32_t row;
    uint32_t width;
    uint64_t value;
} ptx_constant;

/* Special registers. Their rows are the first ones, in this order. */
typedef enum ptx_special {
    PTX_TID_X,
    PTX_TID_Y,
    PTX_TID_Z,
    PTX_NTID_X,
    PTX_NTID_Y,
    PTX_NTID_Z,
    PTX_CTAID_X,
    PTX_CTAID_Y,
    PTX_CTAID_Z,
    PTX_NCTAID_X,
    PTX_NCTAID_Y,
    PTX_NCTAID_Z,
    PTX_LANEID,
    PTX_SPECIALS
} ptx_special;

typedef struct ptx_parameter {
    char *name;
    size_t offset; /* in the launch's block of parameters */
    size_t bytes;
} ptx_parameter;

typedef struct ptx_kernel {
    char *name; /* mangled */
    const char *file;
    ptx_instruction *code;
    uint32_t code_count;
    ptx_constant *constants;
    uint32_t constant_count;
    ptx_parameter *parameters;
    uint32_t parameter_count;
    size_t parameter_bytes;
    uint32_t register_bytes; /* bytes per warp */
    uint32_t most_threads;   /* .maxntid; 0 if not given */
} ptx_kernel;

#endif
