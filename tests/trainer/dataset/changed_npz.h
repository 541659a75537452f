/* A sample archive in which one array is replaced. */
#ifndef TESTS_CHANGED_NPZ_H
#define TESTS_CHANGED_NPZ_H

#include "dataset_files.h"

/* Writes changed.npz: valid except for one array, which gets this header and these elements. */
void change_array(unsigned array, unsigned version, const char *dictionary, const blob *elements);

#endif
