/* Gives any bytes to dataset_load as one file, and ends the process if it breaks a promise: what
 * loads is in its ranges, and an error is one line and leaves nothing. */
#ifndef TESTS_DATASET_INPUT_H
#define TESTS_DATASET_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first byte chooses which of the folder's four files the others are; the rest of the set is
 * right. */
void dataset_input_load_idx(const uint8_t *data, size_t size, bool gzipped);
void dataset_input_load_npz(const uint8_t *data, size_t size);

#endif
