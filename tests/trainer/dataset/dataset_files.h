/* Makes the files of a small data set of 3 training and 2 validation samples, for tests: valid
 * files, and the pieces from which to make invalid ones. A failure fails the running Check test. */
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
void make_idx(blob *out, unsigned array);      /* appends a valid IDX file */

/* Appends a .npy header of that format version around the dictionary. */
void make_npy_header(blob *out, unsigned version, const char *dictionary);
/* The dictionary that describes the array correctly. */
const char *npy_dictionary(unsigned array);

/* Writes the arrays into an .npz; an empty blob leaves its array out. */
void write_npz(const char *path, const blob arrays[ARRAYS], bool deflated);
/* Fills the four with valid .npy files. */
void make_npz_arrays(blob arrays[ARRAYS]);

/* Writes the folder's four IDX files; gzipped adds .gz to their names. */
void write_idx_folder(const char *folder, bool gzipped);

/* A checked fixture: changes into a temporary folder and puts the set into it four times: IDX files
 * in set/, gzipped ones in zipped/, and stored.npz and deflated.npz. It checks that each loads, as
 * a control for tests that then spoil one thing. The other function removes everything, and fails
 * if the test left a file open. */
void make_data_sets(void);
void remove_data_sets(void);

/* Replaces one byte of a file in place: rewriting a file again and again would wait for the
 * disk. */
void poke(const char *path, size_t offset, uint8_t value);

/* Is this the data of all these files? */
bool is_sample_set(const dataset *set);
void expect_loads(const char *path);
/* dataset_load must fail, leave the set empty and give a message of one line that begins with
 * `expected`. The message must be ASCII, since it is shown in any locale; the tests' paths are
 * ASCII too. */
void expect_error(const char *path, const char *expected);

#endif
