/* Any bytes as a file of a run's directory, for the targets of the trainer's own files. */
#ifndef TESTS_RUN_INPUT_H
#define TESTS_RUN_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Makes the bytes the file of that name, and all that the run's directory has. */
void run_input_set(const char *name, const uint8_t *data, size_t size);

/* The directory: its path, and open for functions that take a descriptor. */
const char *run_input_directory(void);
int run_input_descriptor(void);

/* What a reader says of a file that it refuses is one line. */
void run_input_require_message(const char *message);

#endif
