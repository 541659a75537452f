/* Text that came from outside (paths, files, engines) made fit to be printed and put into JSON. */
#ifndef TRAINER_PRINTABLE_H
#define TRAINER_PRINTABLE_H

#include <stddef.h>

/* Copies `text` into out[out_bytes] (at least 1), cut before the first character that does not fit.
 * Bytes that are not UTF-8 become U+FFFD, and control characters, by which a terminal could be
 * led astray, become '?'. The two do not overlap. */
void printable_copy(char *out, size_t out_bytes, const char *text);

#endif
