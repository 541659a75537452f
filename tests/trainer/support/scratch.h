/* A directory for a test's files, which is removed with its contents at the end, and small helpers
 * for files. They fail the test if a system call fails. */
#ifndef TESTS_TRAINER_SCRATCH_H
#define TESTS_TRAINER_SCRATCH_H

#include <stdbool.h>

#include "run_record_file.h"

/* Makes a new empty directory below the temporary one; its path is valid until scratch_remove. */
const char *scratch_make(void);
void scratch_remove(void);

/* scratch/name; valid for sixteen further calls. */
const char *scratch_path(const char *name);

/* Makes directories of a path below scratch, and a file with this text. */
void scratch_make_directory(const char *name);
void scratch_write(const char *name, const char *text);

/* run_record_write into the existing directory of that name. */
int scratch_write_record(const char *name, const run_record *record, char *message);

bool scratch_exists(const char *name);

/* The file's text, which the caller frees; NULL if there is no file. */
char *scratch_read(const char *name);

/* The number of entries of the directory; -1 if there is no directory. */
int scratch_count(const char *name);

#endif
