#include "content_message.h"

#include <stdlib.h>

void *content_message_allocate(size_t count, size_t size)
{
    return calloc(count + 1, size); /* one more, because calloc may return NULL for none */
}

bool content_message_pack(byte_buffer *out, const ProtobufCMessage *message)
{
    out->size = 0;
    if (!byte_buffer_reserve(out, protobuf_c_message_get_packed_size(message))) {
        return false;
    }
    out->size = protobuf_c_message_pack(message, out->data);
    return true;
}
