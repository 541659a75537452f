/* A writer on a file in memory. The test controls its wall clock and flush timer, and can read the
 * file. */
#ifndef TESTS_WRITER_FIXTURE_H
#define TESTS_WRITER_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_timer.h"
#include "memory_file.h"
#include "writer_open.h"

typedef struct writer_fixture {
    memory_file file;
    fake_timer timer;
    double now; /* by the wall clock */
    tblog_clock clock;
    tblog_writer_options options; /* the defaults, but for the clock */
    tblog_writer *writer;
} writer_fixture;

/* Makes everything except the writer, so that a test can change options and faults first. */
void writer_fixture_make(writer_fixture *f);

/* Opens f->writer, which the test closes. */
tblog_status writer_fixture_open(writer_fixture *f);

void writer_fixture_free(writer_fixture *f);

/* Opens f->writer so that every event is written immediately, with the time of the golden
 * records. */
void writer_fixture_open_golden(writer_fixture *f);

/* Whether the file ends with these bytes. */
bool file_ends_with(const memory_file *file, const uint8_t *bytes, size_t count);
#define check_last_record(f, golden) ck_assert(file_ends_with(&(f)->file, (golden), sizeof(golden)))

typedef struct point {
    char tag[32];
    int64_t step;
    double value;
    bool has_metadata;
} point;

enum { POINTS_MAX = 8192 };

/* Reads all scalars after the file version (at most POINTS_MAX), with the file's faults off.
 * Returns the status after the last event. */
tblog_status read_points(memory_file *file, point *points, size_t *count);

/* The number of scalars in a file of whole records. */
size_t count_points(memory_file *file);

#endif
