/* One line of text that describes an error. It is passed up beside a status code until a command
 * prints it. */
#ifndef TRAINER_MESSAGE_H
#define TRAINER_MESSAGE_H

#include <stddef.h>

#include "must_check.h"

enum { MESSAGE_BYTES = 1024 };

/* Formats into `message` [MESSAGE_BYTES], printable on a terminal (printable_copy) and cut off if
 * it is too long. The message itself may be an argument. Always returns -1, so that a function can
 * return it. */
__attribute__((format(printf, 2, 3))) int message_set(char *message, const char *format, ...);

/* out[out_bytes] = directory/name. 0, or -1 with a message [MESSAGE_BYTES] if that is too long. */
MUST_CHECK int message_join_path(char *out, size_t out_bytes, const char *directory,
                                 const char *name, char *message);

#endif
