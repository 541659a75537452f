/* Shared by the files that make messages of plugins: memory for parts of a message, and its
 * bytes. */
#ifndef TBLOG_CONTENT_MESSAGE_H
#define TBLOG_CONTENT_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

/* Zeroed memory for `count` objects, which may be 0, for the caller to free. NULL without
 * memory. */
TBLOG_MUST_CHECK void *content_message_allocate(size_t count, size_t size);

/* Replaces `out` by the serialized message. False without memory. */
TBLOG_MUST_CHECK bool content_message_pack(byte_buffer *out, const ProtobufCMessage *message);

#endif
