/* Shared by the tests of single layers of the CPU engine: the tables to test, and data. */
#ifndef LAYER_TABLES_H
#define LAYER_TABLES_H

#include <check.h>

#include "cpu_kernels.h"

enum { MAX_LAYER_TABLES = 8 };

/* The tables that this machine can run. */
extern const cpu_kernels *layer_tables[MAX_LAYER_TABLES];
extern int layer_table_count;

/* The main function of such a test program: finds the tables, prints what it leaves out, and runs
 * each test with every table; the test's _i is the table's index. Returns the exit status. */
int layer_tables_check(const char *name, const TTest *const *tests, size_t count);

static const double unit_roundoff = 0x1p-24;

/* Zeroed memory with the alignment that the layers need. Release it with free. */
void *room(size_t bytes);

/* Values in [-scale, scale), the same on every machine. */
void fill(float *values, size_t count, uint64_t seed, float scale);

/* A sum in double, initially {0}, and what bounds the error of the same sum in fp32. */
typedef struct exact_sum {
    double value;
    double magnitude; /* the sum of the terms' magnitudes */
    int terms;
} exact_sum;

void exact_add(exact_sum *sum, double term);

/* Asserts that `value` is within fp32's rounding of the sum. A term is rounded at most `factors`
 * times before it is added, and once in its own addition and in each later one. */
void expect_sum(const exact_sum *sum, int factors, float value);

#endif
