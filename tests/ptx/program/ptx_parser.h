/* Parses tokens into a kernel's instructions. */
#ifndef PTX_PARSER_H
#define PTX_PARSER_H

#include "ptx_arena.h"
#include "ptx_kernel.h"
#include "ptx_lexer.h"

/* An .entry or a .func with a body. Functions are copied into the kernels that call them. */
typedef struct ptx_routine {
    ptx_token name;
    ptx_token result; /* the name of a .func's result; empty if it has none */
    ptx_lexer parameters;
    ptx_lexer body;
    uint32_t most_threads;
    bool is_entry;
} ptx_routine;

typedef struct ptx_routines {
    ptx_routine *all;
    size_t count;
} ptx_routines;

/* All routines of a file. A fault at anything unknown. */
ptx_routines ptx_find_routines(ptx_arena *arena, const char *file, const char *text);

/* The kernel of an .entry. */
ptx_kernel ptx_parse_kernel(ptx_arena *arena, const ptx_routines *routines,
                            const ptx_routine *entry);

#endif
