/* Lines of the files in which the kernel describes this machine. */
#ifndef TRAINER_MACHINE_FILE_H
#define TRAINER_MACHINE_FILE_H

#include <stddef.h>

/* The first line of the file that begins with `start`, without `start` and the line end; "" if
 * there is none. Printable, and cut off if it is too long for out[bytes]. */
void machine_file_line(char *out, size_t bytes, const char *path, const char *start);

#endif
