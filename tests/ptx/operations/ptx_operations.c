#include "ptx_operations.h"

#include <string.h>

static const ptx_family *const families[] = {
    &ptx_arithmetic, &ptx_comparisons, &ptx_control,    &ptx_conversions,
    &ptx_copies,     &ptx_logic,       &ptx_matrix,     &ptx_memory,
    &ptx_moves,      &ptx_predicates,  &ptx_selections, &ptx_warp_operations,
};

const ptx_operation *ptx_operation_named(const char *name, size_t length)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        for (size_t i = 0; i < families[f]->count; i++) {
            const ptx_operation *operation = &families[f]->operations[i];
            if (strlen(operation->name) == length && memcmp(operation->name, name, length) == 0) {
                return operation;
            }
        }
    }
    return NULL;
}
