/* A folder of files in memory, for fuzz targets of readers that take a path: nothing waits for a
 * disk. The process has one folder, which is removed at its end. */
#ifndef TESTS_INPUT_FOLDER_H
#define TESTS_INPUT_FOLDER_H

#include <stddef.h>

/* The folder's path; the first call makes it. With LIMIT_MEMORY, it then limits the memory of the
 * process to far more than any small input needs, and far less than a header can promise. */
const char *input_folder_path(void);

/* The descriptor of a new empty file, which has no name yet. */
int input_folder_new_file(void);

/* Replaces the file's contents by these bytes. */
void input_folder_write(int file, const void *bytes, size_t size);

/* Gives the file this name in the folder, or removes the name. */
void input_folder_link(const char *name, int file);
void input_folder_unlink(const char *name);

#endif
