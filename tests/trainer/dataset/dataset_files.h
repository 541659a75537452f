/* Makes the files of a small data set of 3 training and 2 validation samples, for tests: right
 * ones, and the pieces to put together wrong ones. Failures to make them fail the running Check
 * test. */
#ifndef TESTS_DATASET_FILES_H
#define TESTS_DATASET_FILES_H

#include "dataset.h"

#include <stdbool.h>

enum { BLOB_BYTES = 32 * 1024, SAMPLE_TRAINING = 3, SAMPLE_VALIDATION = 2 };

/* A file's content. Start from {0}. */
typedef struct blob {
    uint8_t bytes[BLOB_BYTES];
    size_t size;
} blob;

void blob_append(blob *to, const void *bytes, size_t size);
void blob_gzip(const blob *plain, blob *out); /* appends one gzip member */
void blob_write(const blob *from, const char *path);
void blob_read(blob *out, const char *path);

/* The four arrays: training images, training labels, validation images, validation labels. */
enum { ARRAYS = 4, TRAINING_IMAGES = 0, TRAINING_LABELS, VALIDATION_IMAGES, VALIDATION_LABELS };
extern const char *const idx_names[ARRAYS];

void make_elements(blob *out, unsigned array); /* appends the array's bytes, without any header */
void make_idx(blob *out, unsigned array);      /* appends a right IDX file */

/* Appends a .npy header of that format version around the dictionary. */
void make_npy_header(blob *out, unsigned version, const char *dictionary);
/* The dictionary that describes the array rightly. */
const char *npy_dictionary(unsigned array);

/* Writes the arrays into an .npz; an empty blob leaves its array out. */
void write_npz(const char *path, const blob arrays[ARRAYS], bool deflated);
/* Fills the four with right .npy files. */
void make_npz_arrays(blob arrays[ARRAYS]);

/* Writes the folder's four IDX files; gzipped adds .gz to their names. */
void write_idx_folder(const char *folder, bool gzipped);

/* A checked fixture: changes into a temporary folder and puts the set into it four times: IDX files
 * in set/, gzipped ones in zipped/, and stored.npz and deflated.npz. Each is seen to load, which is
 * the control of every test that then spoils one thing. The other removes it all, and fails when
 * the test left a file open. */
void make_data_sets(void);
void remove_data_sets(void);

/* Replaces one byte of a file, in place: a file rewritten over and over would wait for the disk. */
void poke(const char *path, size_t offset, uint8_t value);

/* The set that all of these hold. */
bool is_sample_set(const dataset *set);
void expect_loads(const char *path);
/* dataset_load must fail, leave the set empty and say one line that begins with `expected`. The
 * line is ASCII, for it is read in any locale; so are the paths of the tests. */
void expect_error(const char *path, const char *expected);

#endif
