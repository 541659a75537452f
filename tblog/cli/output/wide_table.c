#include "wide_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "byte_buffer.h"
#include "csv.h"
#include "tag_map.h"

typedef struct wide_column {
    tag_key key;
    uint32_t number; /* from 1, in the order of addition */
} wide_column;

typedef struct wide_run {
    const char *name;
    size_t begin; /* the index of its first point */
} wide_run;

typedef struct wide_point {
    int64_t step;
    uint64_t order; /* of addition */
    uint32_t column;
    float value;
} wide_point;

struct wide_table {
    tag_map columns;
    byte_buffer runs;   /* wide_run [] */
    byte_buffer points; /* wide_point [], of one run after the other */
};

wide_table *wide_table_new(void)
{
    return calloc(1, sizeof(wide_table));
}

/* ---- Adding ---- */

static size_t point_count(const wide_table *table)
{
    return table->points.size / sizeof(wide_point);
}

static size_t run_count(const wide_table *table)
{
    return table->runs.size / sizeof(wide_run);
}

static const wide_run *run_at(const wide_table *table, size_t i)
{
    return (const wide_run *)(const void *)table->runs.data + i;
}

bool wide_table_begin_run(wide_table *table, const char *run)
{
    const size_t count = run_count(table);
    if (count > 0 && strcmp(run_at(table, count - 1)->name, run) == 0) {
        return true;
    }
    const wide_run added = {.name = run, .begin = point_count(table)};
    return byte_buffer_append(&table->runs, &added, sizeof added);
}

bool wide_table_add(wide_table *table, const char *tag, int64_t step, float value)
{
    const tag_key key = {.run = "", .tag = tag, .content = "summary", .plugin = ""};
    wide_column *column = tag_map_get(&table->columns, &key, sizeof *column);
    if (column == NULL) {
        return false;
    }
    if (column->number == 0) {
        column->number = (uint32_t)table->columns.count;
    }
    const wide_point point = {
        .step = step, .order = point_count(table), .column = column->number, .value = value};
    return byte_buffer_append(&table->points, &point, sizeof point);
}

/* ---- Printing ---- */

static int compare_points(const void *left, const void *right)
{
    const wide_point *a = left;
    const wide_point *b = right;
    if (a->step != b->step) {
        return a->step < b->step ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Keeps the last of the points of each cell; they are sorted. Returns how many are left. */
static size_t drop_replaced(wide_point *points, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const bool is_replaced = i + 1 < count && points[i + 1].step == points[i].step &&
                                 points[i + 1].column == points[i].column;
        if (!is_replaced) {
            points[kept++] = points[i];
        }
    }
    return kept;
}

static void print_head(FILE *stream, const tag_map *columns)
{
    fputs("run,step", stream);
    for (size_t i = 0; i < columns->count; i++) {
        putc(',', stream);
        csv_print_text(stream, columns->entries[i]->tag);
    }
    putc('\n', stream);
}

/* Prints the row of the first point. Returns how many points are in it. */
static size_t print_row(FILE *stream, const char *run, const wide_point *points, size_t count,
                        size_t column_count)
{
    const int64_t step = points[0].step;
    size_t printed = 0;
    csv_print_text(stream, run);
    fprintf(stream, ",%" PRId64, step);
    for (size_t column = 1; column <= column_count; column++) {
        putc(',', stream);
        if (printed < count && points[printed].step == step && points[printed].column == column) {
            csv_print_number(stream, (double)points[printed++].value, 9);
        }
    }
    putc('\n', stream);
    return printed;
}

uint64_t wide_table_print(wide_table *table, FILE *stream)
{
    uint64_t replaced = 0;
    print_head(stream, &table->columns);
    for (size_t i = 0; i < run_count(table); i++) {
        const wide_run *run = run_at(table, i);
        const size_t end =
            i + 1 < run_count(table) ? run_at(table, i + 1)->begin : point_count(table);
        if (run->begin == end) {
            continue;
        }
        wide_point *points = (wide_point *)(void *)table->points.data + run->begin;
        qsort(points, end - run->begin, sizeof *points, compare_points);
        const size_t kept = drop_replaced(points, end - run->begin);
        replaced += end - run->begin - kept;
        for (size_t at = 0; at < kept;) {
            at += print_row(stream, run->name, points + at, kept - at, table->columns.count);
        }
    }
    return replaced;
}

void wide_table_free(wide_table *table)
{
    if (table == NULL) {
        return;
    }
    tag_map_free(&table->columns);
    byte_buffer_free(&table->runs);
    byte_buffer_free(&table->points);
    free(table);
}
