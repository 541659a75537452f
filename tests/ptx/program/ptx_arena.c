#include "ptx_arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "ptx_fault.h"

struct ptx_arena_block {
    struct ptx_arena_block *previous;
    struct ptx_arena_block *next;
    alignas(max_align_t) unsigned char memory[];
};

typedef struct ptx_arena_block arena_block;

static arena_block *block_of(void *memory)
{
    return (arena_block *)(void *)((unsigned char *)memory - offsetof(arena_block, memory));
}

static void unlink_block(ptx_arena *arena, const arena_block *block)
{
    if (block->previous == NULL) {
        arena->first = block->next;
    } else {
        block->previous->next = block->next;
    }
    if (block->next != NULL) {
        block->next->previous = block->previous;
    }
}

static void link_block(ptx_arena *arena, arena_block *block)
{
    block->previous = NULL;
    block->next = arena->first;
    if (arena->first != NULL) {
        arena->first->previous = block;
    }
    arena->first = block;
}

void *ptx_arena_resize(ptx_arena *arena, void *memory, size_t bytes)
{
    arena_block *block = NULL;
    if (memory != NULL) {
        block = block_of(memory);
        unlink_block(arena, block);
    }
    block = ptx_reallocate(block, sizeof *block + bytes);
    link_block(arena, block);
    return block->memory;
}

void ptx_arena_free(ptx_arena *arena)
{
    while (arena->first != NULL) {
        arena_block *const block = arena->first;
        arena->first = block->next;
        free(block);
    }
}
