/* The data set: from files to host memory, checked.
 *
 * Takes 28x28 8-bit images with up to ten classes, whatever their counts, up to 2 GiB an array
 * as the file holds it, as
 *
 *   a folder of four IDX files, each plain or gzipped with ".gz" at the end of its name:
 *     train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
 *     t10k-labels-idx1-ubyte, as MNIST, Fashion-MNIST and KMNIST have them; or the same with ".idx"
 *     instead of "-idx", as 7-Zip unpacks them; or EMNIST's splits of ten classes, named
 *     emnist-digits-train-… and emnist-digits-test-…, or emnist-mnist-…. A plain file is taken
 *     before a gzipped one, MNIST's names before EMNIST's. (EMNIST's images have rows and columns
 *     exchanged; they are taken as they are.)
 *
 *   one .npz as Keras ships it, with arrays x_train, y_train, x_test and y_test:
 *     images [N,28,28], [N,784], [N,28,28,1] or [N,1,28,28] in C or Fortran order, labels [N] or
 *     [N,1]; both of any integer type, in either byte order. Images may also be floats of 4 or 8
 *     bytes whose values are all exact pixels: either all of them k/255, k a whole number from 0 to
 *     255, as the division of floats or of doubles gives it, or all of them whole numbers from 0 to
 *     255. (Where all are 0 or 1, 1 is 255/255.) Other floats are refused: k * (1/255.0), say, or
 *     normalized pixels.
 *
 * Labels are 0 to 9 and begin at 0; labels of 1 to 10 and one-hot labels are refused.
 *
 * Knows nothing of engines or logs. */
#ifndef TRAINER_DATASET_H
#define TRAINER_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "must_check.h"

/* Where the commands look for data, and scripts/fetch_mnist.sh puts them. */
#define DATASET_DEFAULT_PATH "data/mnist"

typedef struct dataset_part {
    uint8_t *images; /* [count,28,28], owned by the dataset */
    uint8_t *labels; /* [count], each below 10 */
    uint32_t count;  /* at least 1 */
} dataset_part;

typedef struct dataset {
    dataset_part training;
    dataset_part validation;
    uint32_t crc32; /* zlib's CRC-32 over training images, labels, validation images, labels:
                       tells data sets apart in run.json */
} dataset;

/* Reads and checks everything. 0 on success; otherwise -1, *out is empty and the message
 * [MESSAGE_BYTES] names the file and what is wrong with it: what it is instead, the first value
 * that is no pixel or label, or what the folder or the archive has instead, and what to do. No
 * error leaves anything allocated, and no header is believed before the file has been seen to hold
 * as much. */
MUST_CHECK int dataset_load(dataset *out, const char *path, char *message);

/* Keeps the first `samples` training samples (1 .. count). */
void dataset_limit_training(dataset *set, uint32_t samples);

/* Frees what the dataset owns and empties it; an empty one is allowed. */
void dataset_free(dataset *set);

/* Images without labels. */
typedef struct dataset_images {
    uint8_t *pixels; /* [count,28,28], for free() */
    uint32_t count;  /* at least 1 */
} dataset_images;

/* Decodes bytes[count], the content of an IDX file of images of 28x28, plain or gzipped; the file
 * is called `name` in messages. 0, or -1 as dataset_load, *out untouched. */
MUST_CHECK int dataset_images_decode(dataset_images *out, const uint8_t *bytes, size_t count,
                                     const char *name, char *message);

#endif
