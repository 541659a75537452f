/* Parses untrusted protobuf messages. Two bytes of input can make the parser allocate a hundred, so
 * without a limit a file could take a hundred times its size in memory. */
#ifndef TBLOG_BOUNDED_PARSE_H
#define TBLOG_BOUNDED_PARSE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#include "tblog/tblog.h"

/* How many bytes a message of this size may take when parsed: far more than any real message
 * does. */
size_t bounded_parse_limit(size_t bytes);

typedef enum bounded_parse_problem {
    BOUNDED_PARSE_NOT_A_MESSAGE,
    BOUNDED_PARSE_TOO_LARGE, /* it would take more than the limit */
    BOUNDED_PARSE_NO_MEMORY
} bounded_parse_problem;

/* Returns the message, which the caller frees with protobuf_c_message_free_unpacked(…, NULL), or
 * NULL and why. */
TBLOG_MUST_CHECK ProtobufCMessage *bounded_parse(const ProtobufCMessageDescriptor *type,
                                                 const void *data, size_t bytes,
                                                 bounded_parse_problem *problem);

#endif
