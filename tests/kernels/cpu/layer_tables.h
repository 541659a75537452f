/* What tests of single layers of the CPU engine share: the tables to test, and data. */
#ifndef LAYER_TABLES_H
#define LAYER_TABLES_H

#include <check.h>

#include "cpu_kernels.h"

enum { MAX_LAYER_TABLES = 8 };

/* The tables that this machine can run. */
extern const cpu_kernels *layer_tables[MAX_LAYER_TABLES];
extern int layer_table_count;

/* main of a program of such tests: finds the tables, says on stdout what is left out, and runs each
 * test with every table, whose index is the test's _i. Returns the exit status. */
int layer_tables_check(const char *name, const TTest *const *tests, size_t count);

static const double unit_roundoff = 0x1p-24;

/* Zeroed memory, aligned as the layers want it; free releases it. */
void *room(size_t bytes);

/* Values in [-scale, scale), the same on every machine. */
void fill(float *values, size_t count, uint64_t seed, float scale);

/* A sum in double, beginning with {0}, and what bounds the error of the same one in fp32. */
typedef struct exact_sum {
    double value;
    double magnitude; /* the sum of the terms' magnitudes */
    int terms;
} exact_sum;

void exact_add(exact_sum *sum, double term);

/* Asserts that `value` is within the rounding of fp32, where a term is rounded at most `factors`
 * times before it is added, and once in its own addition and each of those behind it. */
void expect_sum(const exact_sum *sum, int factors, float value);

#endif
