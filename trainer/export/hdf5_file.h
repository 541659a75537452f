/* Writes the subset of HDF5 that Keras' weights need: nested groups and contiguous arrays of
 * floats, as the HDF5 File Format Specification, version 3.0, describes them. libhdf5 is not used,
 * because it depends on some 35 other libraries. */
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

/* Appends a file with this root to an empty content, which fails without memory. The root's name is
 * ignored. The same nodes give the same bytes. */
void hdf5_file_make(file_content *out, const hdf5_node *root);

#endif
