/* Loads a data set from files into host memory, and checks it.
 *
 * Accepts any number of 28x28 8-bit images with up to ten classes. Each array may have up to 2 GiB
 * in its file. Two forms are accepted:
 *
 *   a folder of four IDX files, each plain or gzipped with ".gz" at the end of its name:
 *     train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
 *     t10k-labels-idx1-ubyte, as MNIST, Fashion-MNIST and KMNIST have them; or the same with ".idx"
 *     instead of "-idx", as 7-Zip unpacks them; or EMNIST's splits of ten classes, named
 *     emnist-digits-train-… and emnist-digits-test-…, or emnist-mnist-…. A plain file has precedence
 *     over a gzipped one, MNIST's names over EMNIST's. (In EMNIST's images rows and columns are
 *     exchanged. They are not changed back.)
 *
 *   one .npz as Keras ships it, with arrays x_train, y_train, x_test and y_test:
 *     images [N,28,28], [N,784], [N,28,28,1] or [N,1,28,28] in C or Fortran order, labels [N] or
 *     [N,1]; both of any integer type, in either byte order. Images may also be floats of 4 or 8
 *     bytes whose values are all exact pixels: either all of them k/255 for a whole number k from 0
 *     to 255, as a division in floats or doubles gives it, or all of them whole numbers from 0 to
 *     255. (If all are 0 or 1, 1 counts as 255/255.) Other floats are refused, such as
 *     k * (1/255.0) or normalized pixels.
 *
 * Labels are 0 to 9 and begin at 0; labels of 1 to 10 and one-hot labels are refused.
 *
 * Knows nothing of engines or logs. */
#ifndef TRAINER_DATASET_H
#define TRAINER_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "must_check.h"

/* The default folder, where scripts/fetch_mnist.sh puts MNIST. */
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

/* Reads and checks everything. 0 on success. Otherwise -1, *out is empty, and the message
 * [MESSAGE_BYTES] names the file, what is wrong with it and what to do. For example, it names the
 * first value that is not a pixel or label, or what the file is or the folder has instead. An error
 * leaves nothing allocated. No count in a header is trusted before that much data was read. */
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

/* Decodes bytes[count], the content of an IDX file of 28x28 images, plain or gzipped; `name` is the
 * file's name in messages. 0, or -1 as dataset_load with *out unchanged. */
MUST_CHECK int dataset_images_decode(dataset_images *out, const uint8_t *bytes, size_t count,
                                     const char *name, char *message);

#endif
