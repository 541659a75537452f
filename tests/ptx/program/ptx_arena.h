/* The memory of a program: all of it is freed at the same time, also after a fault. */
#ifndef PTX_ARENA_H
#define PTX_ARENA_H

#include <stddef.h>

typedef struct ptx_arena {
    struct ptx_arena_block *first;
} ptx_arena;

/* As realloc, NULL included; a fault if there is no memory. */
void *ptx_arena_resize(ptx_arena *arena, void *memory, size_t bytes);
void ptx_arena_free(ptx_arena *arena);

#endif
