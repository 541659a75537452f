/* safetensors files of this network: https://huggingface.co/docs/safetensors
 *
 *   u64, little-endian  bytes of the header
 *   header              a JSON object: the tensors' names, and "__metadata__", whose values are
 *                       strings. Of a tensor "dtype", "shape" and "data_offsets": [begin, end)
 *                       from the header's end
 *   data                the tensors, little-endian and row-major, with nothing between them or after
 *
 * The tensors are those of torch_layout.h in 32-bit floats, all of them and no others. */
#ifndef TRAINER_SAFETENSORS_H
#define TRAINER_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>

#include "lenet.h"
#include "must_check.h"

/* A longer header is refused; ours has about a kilobyte. So is a longer file. */
enum {
    SAFETENSORS_MOST_HEADER = 256 * 1024,
    SAFETENSORS_DATA_BYTES = LENET_PARAMETERS * sizeof(float),
    SAFETENSORS_MOST_BYTES = 8 + SAFETENSORS_MOST_HEADER + SAFETENSORS_DATA_BYTES,
};

/* Reads the file's content[bytes] into parameters[LENET_PARAMETERS], laid out as lenet.h says, all
 * of them finite. *metadata is a new object with values that are all strings, or NULL if the file
 * has none. 0, or -1 with a message [MESSAGE_BYTES] that names no file; *metadata is then NULL, and
 * the parameters are not defined. */
MUST_CHECK int safetensors_parse(const char *content, size_t bytes, float *parameters,
                                 json_t **metadata, char *message);

/* Replaces the file `name` in the directory that `fd` is open on, and syncs it, as file_replace.
 * The bytes depend on the parameters and the metadata alone, which is as above or NULL. 0, or -1
 * with errno. */
MUST_CHECK int safetensors_write(int fd, const char *name, const float *parameters,
                                 const json_t *metadata);

#endif
