/* A kernel of PTX as it is executed: its instructions, each with the operation that its name stands
 * for, and the rows of registers that it works on.
 *
 * A warp's registers lie in rows: 32 values, one a lane, for each register that the PTX declares.
 * Constants and special registers (%tid.x) have rows too, so that every source is a row. A
 * predicate's row is one word, a bit a lane. */
#ifndef PTX_PROGRAM_H
#define PTX_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PTX_LANES = 32,
    PTX_OPERANDS = 16,
    PTX_PREDICATE = 1, /* the width of a predicate's operand; the others' are bytes a lane */
    PTX_ROW_ALIGN = 64,
};

#define PTX_NONE UINT32_MAX

typedef struct ptx_operand {
    uint32_t row;   /* bytes from the begin of the warp's registers */
    uint32_t width; /* bytes a lane, or PTX_PREDICATE */
    int64_t offset; /* added to an address; the value of an immediate */
} ptx_operand;

typedef struct ptx_operation ptx_operation; /* operations/ptx_operations.h */

typedef struct ptx_instruction {
    const ptx_operation *operation;
    ptx_operand operands[PTX_OPERANDS]; /* as written, vectors taken apart */
    uint32_t guard;                     /* row of the predicate after @, or PTX_NONE */
    bool guard_negated;
    uint32_t target; /* of a branch */
    uint32_t line;   /* of the file */
} ptx_instruction;

typedef struct ptx_constant {
    uint32_t row;
    uint32_t width;
    uint64_t value;
} ptx_constant;

/* Special registers, whose rows are the first ones, in this order. */
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
    uint32_t register_bytes; /* of a warp */
    uint32_t most_threads;   /* .maxntid, 0 without */
} ptx_kernel;

/* The kernels of one or more PTX files. */
typedef struct ptx_program ptx_program;

ptx_program *ptx_program_create(void);
void ptx_program_destroy(ptx_program *program);

/* Adds the kernels of a text. `file` names it in faults. NULL, or what is wrong with it, good until
 * the next fault; an instruction that the interpreter does not know is. Both texts are copied. */
const char *ptx_program_add(ptx_program *program, const char *file, const char *text);

/* Adds every file *.ptx of a folder; at least one. */
const char *ptx_program_add_folder(ptx_program *program, const char *folder);

/* The one kernel whose mangled name contains `part`; NULL if it is none or several. */
const ptx_kernel *ptx_program_find(const ptx_program *program, const char *part);

#endif
