/* The instructions that the interpreter knows: one table per family, with every instruction under
 * its full PTX name. Any other instruction is a fault before anything runs. */
#ifndef PTX_OPERATIONS_H
#define PTX_OPERATIONS_H

#include "ptx_kernel.h"
#include "ptx_machine.h"

/* How an operation affects the lanes' control flow. */
typedef enum ptx_flow {
    PTX_STRAIGHT,
    PTX_BRANCH,
    PTX_RETURN,
    PTX_BARRIER,    /* waits for all threads of the block */
    PTX_COLLECTIVE, /* waits for the lanes of its mask */
} ptx_flow;

/* What a load or store accesses. */
typedef struct ptx_access {
    uint32_t values; /* of the vector */
    uint32_t bytes;  /* of a value */
    bool is_signed;
} ptx_access;

struct ptx_operation {
    const char *name;
    /* One character per operand: p a predicate; 2 4 8 a value of that many bytes; r a register of
     * any width; a an address; P an address of a parameter; i an immediate; l a label. */
    const char *operands;
    /* Runs it for the lanes, at least one. NULL if the operation is only control flow. */
    void (*execute)(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes);
    ptx_flow flow;
    uint32_t mask_operand; /* of a collective: has the lanes; PTX_NONE: all of the warp */
    ptx_access access;
};

typedef struct ptx_family {
    const ptx_operation *operations;
    size_t count;
} ptx_family;

extern const ptx_family ptx_arithmetic, ptx_comparisons, ptx_control, ptx_conversions, ptx_copies,
    ptx_logic, ptx_matrix, ptx_memory, ptx_moves, ptx_predicates, ptx_selections,
    ptx_warp_operations;

/* NULL if it is unknown. */
const ptx_operation *ptx_operation_named(const char *name, size_t length);

#endif
