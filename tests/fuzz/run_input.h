/* Makes any bytes a file of a run's directory, for targets that read the trainer's own files. */
#ifndef TESTS_RUN_INPUT_H
#define TESTS_RUN_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Writes the bytes to the file of that name, the only one in the run's directory. */
void run_input_set(const char *name, const uint8_t *data, size_t size);

/* The directory's path, and its descriptor for functions that take one. */
const char *run_input_directory(void);
int run_input_descriptor(void);

/* If a reader refuses a file, its message must be one line. */
void run_input_require_message(const char *message);

#endif
