#include "layer_tables.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "philox.h"

const cpu_kernels *layer_tables[MAX_LAYER_TABLES];
int layer_table_count;

static void find_tables(void)
{
    for (size_t i = 0; cpu_kernels_list[i] != NULL; i++) {
        const cpu_kernels *table = cpu_kernels_list[i];
        if (cpu_kernels_usable(table)) {
            assert(layer_table_count < MAX_LAYER_TABLES);
            layer_tables[layer_table_count++] = table;
        } else {
            printf("leaving out %s%s\n", table->isa, table->bf16 ? " with bf16" : "");
        }
    }
}

int layer_tables_check(const char *name, const TTest *const *tests, size_t count)
{
    find_tables();
    Suite *suite = suite_create(name);
    TCase *tables = tcase_create(name);
    for (size_t i = 0; i < count; i++) {
        tcase_add_loop_test(tables, tests[i], 0, layer_table_count);
    }
    suite_add_tcase(suite, tables);
    return run_suite(suite);
}

void *room(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    ck_assert_ptr_nonnull(memory);
    memset(memory, 0, (bytes + 63) / 64 * 64);
    return memory;
}

void fill(float *values, size_t count, uint64_t seed, float scale)
{
    philox_block block = {{0}};
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            block = philox(seed, PHILOX_WEIGHTS, 7, (uint32_t)i / 4);
        }
        values[i] = scale * philox_symmetric(block.word[i % 4]);
    }
}

void exact_add(exact_sum *sum, double term)
{
    sum->value += term;
    sum->magnitude += fabs(term);
    sum->terms++;
}

void expect_sum(const exact_sum *sum, int factors, float value)
{
    const double error = fabs((double)value - sum->value);
    const double bound = (sum->terms + factors) * unit_roundoff * sum->magnitude;
    if (!(error <= bound)) { /* ck_assert makes a system call, and there are many sums */
        ck_abort_msg("%g instead of %g: an error of %g, allowed %g", (double)value, sum->value,
                     error, bound);
    }
}
