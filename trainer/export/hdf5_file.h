/* Writes HDF5, as much of it as Keras' weights need: groups of groups and of arrays of floats, each
 * array in one piece. By the HDF5 File Format Specification, version 3.0; libhdf5 would bring some
 * 35 other libraries. */
#ifndef TRAINER_HDF5_FILE_H
#define TRAINER_HDF5_FILE_H

#include <stddef.h>

#include "file_content.h"

enum { HDF5_RANK_MOST = 4, HDF5_MEMBERS_MOST = 8 };

/* A group or an array (the specification says dataset). */
typedef struct hdf5_node {
    const char *name;  /* at most 255 bytes */
    const float *data; /* an array's values, row-major; NULL for a group */
    unsigned rank;
    unsigned shape[HDF5_RANK_MOST];
    const struct hdf5_node *members; /* [member_count]: a group's, sorted by name */
    size_t member_count;
} hdf5_node;

/* Appends a file with this root, whose name does not count, to an empty content, which fails
 * without memory. The same nodes make the same bytes. */
void hdf5_file_make(file_content *out, const hdf5_node *root);

#endif
