/* A file in memory for the tests: a sink writes it, a source reads it, and any call can fail. Any
 * thread may use it. */
#ifndef TESTS_MEMORY_FILE_H
#define TESTS_MEMORY_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink.h"
#include "source.h"

typedef struct memory_file {
    pthread_mutex_t mutex; /* guards everything */
    pthread_cond_t changed;
    uint8_t *data;
    size_t size;
    size_t capacity;

    /* Faults. The calls of all kinds are counted from 0; those from fail_from to below fail_until
     * fail with fail_errno (0 means that they do nothing and return 0). */
    size_t calls;
    size_t fail_from;
    size_t fail_until;
    int fail_errno;
    size_t transfer_max; /* most bytes that one read or write moves */
    size_t disk_bytes;   /* writes beyond it are short, then fail with ENOSPC */
    size_t hole_bytes;   /* zeros that a source reads after the data, as in a sparse file */

    size_t writes; /* successful ones */
    size_t syncs;
    uint64_t read_bytes; /* by all sources */
    bool closed;
} memory_file;

void memory_file_init(memory_file *file);
void memory_file_free(memory_file *file);

/* New handles on the file. The caller closes them. */
record_sink *memory_file_sink(memory_file *file);
record_source *memory_file_source(memory_file *file);

/* Lets the calls number `from` to below `until` (of all) fail with `cause`. */
void memory_file_fail(memory_file *file, size_t from, size_t until, int cause);

/* The file's size, for a thread other than the writer's. */
size_t memory_file_size(memory_file *file);

/* Waits until the file has at least this size. */
void memory_file_await_size(memory_file *file, size_t bytes);

#endif
