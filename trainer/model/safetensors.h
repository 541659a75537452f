/* safetensors files of this network: https://huggingface.co/docs/safetensors
 *
 *   u64, little-endian  bytes of the header
 *   header              a JSON object: the tensors' names, and "__metadata__", whose values are
 *                       strings. Of a tensor "dtype", "shape" and "data_offsets": [begin, end)
 *                       from the header's end
 *   data                the tensors, little-endian and row-major, without gaps or trailing bytes
 *
 * The tensors are those of torch_layout.h in 32-bit floats, all of them and no others. */
#ifndef TRAINER_SAFETENSORS_H
#define TRAINER_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>

#include "lenet.h"
#include "must_check.h"

/* A longer header or file is refused. Our own header has about a kilobyte. */
enum {
    SAFETENSORS_MOST_HEADER = 256 * 1024,
    SAFETENSORS_DATA_BYTES = LENET_PARAMETERS * sizeof(float),
    SAFETENSORS_MOST_BYTES = 8 + SAFETENSORS_MOST_HEADER + SAFETENSORS_DATA_BYTES,
};

/* Reads the file's content[bytes] into parameters[LENET_PARAMETERS], laid out as in lenet.h, all
 * finite. *metadata is a new object whose values are all strings, or NULL if the file has none. 0,
 * or -1 with a message [MESSAGE_BYTES] without the file's name; *metadata is then NULL, and the
 * parameters are undefined. */
MUST_CHECK int safetensors_parse(const char *content, size_t bytes, float *parameters,
                                 json_t **metadata, char *message);

/* Replaces the file `name` in the directory that `fd` is open on, and syncs it, as file_replace.
 * The bytes depend only on the parameters and the metadata, an object of strings or NULL. 0, or -1
 * with errno. */
MUST_CHECK int safetensors_write(int fd, const char *name, const float *parameters,
                                 const json_t *metadata);

#endif
