/* A directory for a test's files, gone with everything in it at the end, and small helpers around
 * files. They end the test when the system refuses. */
#ifndef TESTS_TRAINER_SCRATCH_H
#define TESTS_TRAINER_SCRATCH_H

#include <stdbool.h>

#include "run_record_file.h"

/* A new empty directory below the temporary one; its path is good until scratch_remove. */
const char *scratch_make(void);
void scratch_remove(void);

/* scratch/name; good until sixteen further calls. */
const char *scratch_path(const char *name);

/* Makes directories of a path below scratch, and a file with this text. */
void scratch_make_directory(const char *name);
void scratch_write(const char *name, const char *text);

/* run_record_write into the directory of that name, which is there. */
int scratch_write_record(const char *name, const run_record *record, char *message);

bool scratch_exists(const char *name);

/* The file's text, for the caller to free; NULL if there is none. */
char *scratch_read(const char *name);

/* How many entries the directory has, -1 if there is none. */
int scratch_count(const char *name);

#endif
