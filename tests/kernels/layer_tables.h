/* What tests of single layers of the CPU engine share: the tables to test, and data. */
#ifndef LAYER_TABLES_H
#define LAYER_TABLES_H

#include "cpu/cpu_kernels.h"

enum { MAX_LAYER_TABLES = 8 };

/* The tables that this machine can run. */
extern const cpu_kernels *layer_tables[MAX_LAYER_TABLES];
extern int layer_table_count;

/* Fills them, and says on stdout what is left out. */
void layer_tables_find(void);

static const double unit_roundoff = 0x1p-24;

/* Zeroed memory, aligned as the layers want it; free releases it. */
void *room(size_t bytes);

/* Values in [-scale, scale), the same on every machine. */
void fill(float *values, size_t count, uint64_t seed, float scale);

#endif
