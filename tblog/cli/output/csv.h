/* The fields of CSV (RFC 4180). Commas and line ends between them are the caller's. */
#ifndef TBLOG_CLI_CSV_H
#define TBLOG_CLI_CSV_H

#include <stdio.h>

/* Text, in quotes if it needs them. */
void csv_print_text(FILE *stream, const char *text);

/* A number with so many digits; NaN and the infinities are NaN, Infinity and -Infinity. 9 digits
 * are enough to read any float back as it is, 17 any double. */
void csv_print_number(FILE *stream, double number, int digits);

#endif
