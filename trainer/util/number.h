/* Numbers as text. Parsing is strict: decimal digits only, without sign, spaces or anything
 * else. */
#ifndef TRAINER_NUMBER_H
#define TRAINER_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"

/* A whole number in minimum .. maximum. False, and *out unchanged, for everything else. */
MUST_CHECK bool number_parse(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *out);

/* A positive finite number such as 0.001 or 1e-3. */
MUST_CHECK bool number_parse_positive_real(const char *text, double *out);

/* A positive size in bytes: a whole number followed by its unit, in upper or lower case. K, M, G, T
 * and KiB, MiB, GiB, TiB are powers of 1024; B, kB, MB, GB, TB are powers of 1000. A number without
 * a unit is refused: 8 for a card's memory does not mean bytes. */
MUST_CHECK bool number_parse_bytes(const char *text, uint64_t *out);

enum { NUMBER_BYTES = 32 };

/* A loss or an accuracy: "0.1234"; "1.234e+30" if it is large; "nan", "inf", "-inf". */
void number_format(char out[NUMBER_BYTES], double value);

/* A finite number with the fewest digits that are read back as the same number: "0.0005",
 * "1e-05". */
void number_format_exact(char out[NUMBER_BYTES], double value);

#endif
