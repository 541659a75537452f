/* Makes text from outside (paths, files, engines) safe to print and to put into JSON. */
#ifndef TRAINER_PRINTABLE_H
#define TRAINER_PRINTABLE_H

#include <stddef.h>

/* Copies `text` into out[out_bytes] (at least 1), cut before the first character that does not fit.
 * Bytes that are not UTF-8 become U+FFFD. Control characters become '?', since terminals obey them.
 * The two buffers do not overlap. */
void printable_copy(char *out, size_t out_bytes, const char *text);

#endif
