#include "bounded_parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

size_t bounded_parse_limit(size_t bytes)
{
    enum { ALWAYS_BYTES = 64 << 20, FACTOR = 16 };
    return bytes > (SIZE_MAX - ALWAYS_BYTES) / FACTOR ? SIZE_MAX : ALWAYS_BYTES + FACTOR * bytes;
}

/* What one parse may allocate. The parser returns NULL both for bad input and without memory; this
 * distinguishes them. */
typedef struct parse_memory {
    size_t left;
    bool is_spent;
    bool is_refused; /* by the system */
} parse_memory;

static void *allocate(void *context, size_t bytes)
{
    enum { OVERHEAD_BYTES = 16 }; /* the allocator's own, per block */
    parse_memory *memory = context;
    memory->is_spent |= memory->left < OVERHEAD_BYTES || memory->left - OVERHEAD_BYTES < bytes;
    if (memory->is_spent) {
        return NULL;
    }
    memory->left -= bytes + OVERHEAD_BYTES;
    void *block = malloc(bytes);
    memory->is_refused |= block == NULL;
    return block;
}

static void release(void *context, void *block)
{
    (void)context;
    free(block);
}

ProtobufCMessage *bounded_parse(const ProtobufCMessageDescriptor *type, const void *data,
                                size_t bytes, bounded_parse_problem *problem)
{
    parse_memory memory = {.left = bounded_parse_limit(bytes)};
    ProtobufCAllocator allocator = {.alloc = allocate, .free = release, .allocator_data = &memory};
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes, data);
    *problem = memory.is_spent     ? BOUNDED_PARSE_TOO_LARGE
               : memory.is_refused ? BOUNDED_PARSE_NO_MEMORY
                                   : BOUNDED_PARSE_NOT_A_MESSAGE;
    return message;
}
