/* Shared by the files that implement dataset.h: error messages about a file, reading its bytes
 * whether it is plain, gzipped or in a zip, and checking them as an array.
 *
 *   a file, or an entry of a zip  →  dataset_source  →  dataset_array  →  dataset
 *   (dataset_file.c, dataset_npz.c)  (bytes in order)   (checked)         (four of them)
 *
 * Private to the data set; everyone else includes dataset.h. */
#ifndef TRAINER_DATASET_INTERNAL_H
#define TRAINER_DATASET_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "must_check.h"

enum {
    DATASET_SIDE = 28,                            /* pixels in a row and in a column */
    DATASET_PIXELS = DATASET_SIDE * DATASET_SIDE, /* bytes in an image */
    DATASET_CLASSES = 10,
    DATASET_NAME_BYTES = 4096 + 64 /* of a path followed by the name of an archive's entry */
};

/* A larger array is refused, so that a small file of compressed zeros cannot fill the memory. */
#define DATASET_ARRAY_MAX_BYTES ((uint64_t)1 << 31)

/* message_set with "NAME: " in front. Always returns -1. */
__attribute__((format(printf, 3, 4))) int dataset_fail(char *message, const char *name,
                                                       const char *format, ...);

/* Sets the message that `name` cannot be opened or read, with the errno `cause` and what to do.
 * Always returns -1. */
int dataset_fail_system(char *message, const char *name, int cause);

/* " (--data 'PATH/data/mnist' has MNIST)" if the program's repository has the data,
 * " (PATH/fetch_mnist.sh fetches MNIST)" if it has only the script, and which data sets --data
 * accepts if the program was installed without its repository. Returns `out`. */
const char *dataset_advice(char out[MESSAGE_BYTES]);

/* Bytes, read front to back. The source's owner keeps `name` alive until close. It has functions
 * instead of a kind to switch on, so that only dataset_file.c inflates and only dataset_npz.c knows
 * libzip. */
typedef struct dataset_source {
    const char *name; /* in messages */
    char *message;    /* [MESSAGE_BYTES], of the caller of dataset_load */
    void *state;
    /* Reads up to `bytes` bytes (at least 1) and returns how many. 0 at the end, after all
     * checksums were verified; -1 after writing the message. */
    ptrdiff_t (*read)(struct dataset_source *source, uint8_t *to, size_t bytes);
    void (*close)(struct dataset_source *source); /* NULL if the owner closes `state` itself */
} dataset_source;

/* Opens a regular file, plain or gzipped. 0, or -1 after writing the message. */
MUST_CHECK int dataset_file_open(dataset_source *out, const char *path, bool gzipped,
                                 char *message);

/* The same for bytes[count], a file's content, which the caller keeps until close. */
MUST_CHECK int dataset_memory_open(dataset_source *out, const uint8_t *bytes, size_t count,
                                   const char *name, bool gzipped, char *message);

/* Reads `bytes` bytes, or fewer at the source's end. Returns how many, or -1 after writing the
 * message. */
MUST_CHECK ptrdiff_t dataset_source_read_up_to(dataset_source *source, uint8_t *to, size_t bytes);

/* Fills `to`; the source's end before that is an error. 0, or -1 after writing the message. */
MUST_CHECK int dataset_source_fill(dataset_source *source, uint8_t *to, size_t bytes);

/* This many bytes are enough to recognize a file's type. */
enum { DATASET_HEAD_BYTES = 512 };

bool dataset_content_is_gzip(const uint8_t *head, size_t bytes);
bool dataset_content_is_idx(const uint8_t *head, size_t bytes);

/* Writes the message that the file `name` is not `wanted` (such as "an IDX file"), what it is
 * instead, by its first bytes head[bytes] (up to DATASET_HEAD_BYTES), and what to do. Always
 * returns -1. */
int dataset_refuse_content(char *message, const char *name, const char *wanted, const uint8_t *head,
                           size_t bytes);

typedef enum dataset_kind { DATASET_IMAGES, DATASET_LABELS } dataset_kind;

typedef enum dataset_number { DATASET_UNSIGNED, DATASET_SIGNED, DATASET_FLOAT } dataset_number;

/* How an array's elements follow one another: the last index first, or the first index first in
 * images of shape [N,784] or [N,28,28]. */
typedef enum dataset_order {
    DATASET_C_ORDER,
    DATASET_FORTRAN_FLAT,
    DATASET_FORTRAN_SQUARE
} dataset_order;

/* The layout of the elements, from the file's header. */
typedef struct dataset_layout {
    dataset_kind kind;
    uint64_t count; /* images or labels; any value, since the header is not trusted */
    dataset_number number;
    size_t item_bytes; /* an element's width: 1, 2, 4 or 8, of floats 4 or 8 */
    bool big_endian;
    dataset_order order; /* of labels always DATASET_C_ORDER */
} dataset_layout;

/* Images as bytes in C order; labels as one byte each, below DATASET_CLASSES. */
typedef struct dataset_array {
    uint8_t *bytes; /* for free() */
    uint32_t count; /* at least 1 */
} dataset_array;

/* Reads the elements, which must fill the rest of the source. The buffer grows while bytes arrive,
 * to at most twice their number. 0, or -1 after writing the message, with *out unchanged. */
MUST_CHECK int dataset_array_read(dataset_source *source, const dataset_layout *layout,
                                  dataset_array *out);

/* Converts the elements to bytes, in place. 0, or -1 after writing the message, which names the
 * first value that is not a pixel or label. */
MUST_CHECK int dataset_values_narrow(dataset_source *source, const dataset_layout *layout,
                                     uint8_t *bytes);

/* Images that are bytes already, in C order, for free(); NULL after writing the message. */
uint8_t *dataset_values_reorder(dataset_source *source, const dataset_layout *layout,
                                const uint8_t *bytes);

/* The four arrays of a data set: training images, training labels, validation images, validation
 * labels. */
enum { DATASET_TRAINING = 0, DATASET_VALIDATION = 2, DATASET_ARRAYS = 4 };

enum { DATASET_FILE_NAME_BYTES = 64 };

typedef struct dataset_arrays {
    dataset_array all[DATASET_ARRAYS];
    char names[DATASET_ARRAYS][DATASET_FILE_NAME_BYTES]; /* in messages */
} dataset_arrays;

/* The kind of the array at a place, 0 .. DATASET_ARRAYS - 1. */
static inline dataset_kind dataset_kind_at(unsigned place)
{
    return place % 2 == 0 ? DATASET_IMAGES : DATASET_LABELS;
}

/* Read a folder of IDX files, or an .npz, into an empty *out. 0, or -1 after writing the message;
 * the caller frees the arrays in either case. */
MUST_CHECK int dataset_idx_read(dataset_arrays *out, const char *folder, char *message);
MUST_CHECK int dataset_npz_read(dataset_arrays *out, const char *path, char *message);

/* The editions of MNIST that a folder may have, four IDX files each, by the prefix of their
 * names. */
typedef struct dataset_edition {
    const char *prefix;
    const char *validation;
    unsigned classes;
} dataset_edition;

enum { DATASET_EDITIONS = 7, DATASET_SPELLINGS = 4 };
extern const dataset_edition dataset_editions[DATASET_EDITIONS];

/* The name of an edition's file at a place, in a spelling of 0 .. DATASET_SPELLINGS - 1: plain ones
 * come first. */
void dataset_name_make(char name[DATASET_FILE_NAME_BYTES], unsigned edition, unsigned place,
                       unsigned spelling);

/* Can a file of this name be one of the four? */
bool dataset_name_is_known(const char *name);

/* Finds the name that an edition's file at a place has in a folder. A regular file is preferred to
 * anything else. Any error but "no such file" counts as existing, and is reported when the file is
 * opened. False, and name unchanged, if the folder has no such file. */
MUST_CHECK bool dataset_name_find(char name[DATASET_FILE_NAME_BYTES], const char *folder,
                                  unsigned edition, unsigned place);

/* Finds the names of the four IDX files in a folder; those that end in .gz are gzipped. 0, or -1
 * after writing the message. */
MUST_CHECK int dataset_folder_find(char names[DATASET_ARRAYS][DATASET_FILE_NAME_BYTES],
                                   const char *folder, char *message);

/* Writes the message that the folder has no file `name`, what it has instead, and what to do.
 * Always returns -1. */
int dataset_folder_missing(const char *folder, const char *name, char *message);

enum { DATASET_NPY_HEADER_BYTES = 4096, DATASET_NPY_MAX_RANK = 8 };

/* The header of a .npy array, as NumPy's format versions 1.0 to 3.0 write it. */
typedef struct dataset_npy_header {
    char text[DATASET_NPY_HEADER_BYTES + 1]; /* the dictionary itself, for messages */
    char dtype[16];                          /* such as |u1 or <i8 */
    bool fortran_order;
    unsigned rank;
    uint64_t shape[DATASET_NPY_MAX_RANK];
} dataset_npy_header;

/* Leaves the source at the first element. 0, or -1 after writing the message. */
MUST_CHECK int dataset_npy_header_read(dataset_source *source, dataset_npy_header *out);

/* The layout of images or labels with that header. 0, or -1 after writing the message. */
MUST_CHECK int dataset_npy_layout(dataset_source *source, const dataset_npy_header *header,
                                  dataset_kind kind, dataset_layout *out);

#endif
