/* The memory of a program. All of it is freed together, also after a fault. */
#ifndef PTX_ARENA_H
#define PTX_ARENA_H

#include <stddef.h>

typedef struct ptx_arena {
    struct ptx_arena_block *first;
} ptx_arena;

/* Like realloc, also for NULL; a fault if there is no memory. */
void *ptx_arena_resize(ptx_arena *arena, void *memory, size_t bytes);
void ptx_arena_free(ptx_arena *arena);

#endif
