/* Gives any bytes to dataset_load as one file. Ends the process if dataset_load breaks a promise:
 * loaded values are in range; an error has a message of one line and leaves nothing allocated. */
#ifndef TESTS_DATASET_INPUT_H
#define TESTS_DATASET_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first byte chooses which of the folder's four files the other bytes become. The other three
 * files are valid. */
void dataset_input_load_idx(const uint8_t *data, size_t size, bool gzipped);
void dataset_input_load_npz(const uint8_t *data, size_t size);

#endif
