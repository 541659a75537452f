/* Writes fields of CSV (RFC 4180). The caller writes commas and line ends. */
#ifndef TBLOG_CLI_CSV_H
#define TBLOG_CLI_CSV_H

#include <stdio.h>

/* Text, in quotes if it needs them. */
void csv_print_text(FILE *stream, const char *text);

/* A number with this many digits: 9 are exact for a float, 17 for a double. NaN and infinities are
 * NaN, Infinity and -Infinity. */
void csv_print_number(FILE *stream, double number, int digits);

#endif
