#include "layer_tables.h"

#include <assert.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"

const cpu_kernels *layer_tables[MAX_LAYER_TABLES];
int layer_table_count;

void layer_tables_find(void)
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
