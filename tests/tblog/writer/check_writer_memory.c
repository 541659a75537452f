/* Once its tags are known, a writer logs scalars without allocating, and it frees what larger
 * events needed. */
#include <pthread.h>
#include <stdlib.h>

#include "check_main.h"
#include "tblog/tblog.h"
#include "temporary_directory.h"
#include "writer_state.h"

/* The linker redirects the program's calls to the functions below. */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static _Thread_local size_t allocations;

void *__wrap_malloc(size_t bytes)
{
    allocations++;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    allocations++;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    allocations++;
    return __real_realloc(block, bytes);
}

enum { CALLS = 10000 };

/* Returns how many allocations that took. */
static size_t log_scalars(tblog_writer *writer)
{
    const tblog_scalar scalars[] = {
        {.tag = "a", .value = 1}, {.tag = "b", .value = 2}, {.tag = "c", .value = 3}};
    bool all_taken = true; /* ck_assert itself takes memory */
    allocations = 0;
    for (int64_t step = 0; step < CALLS; step++) {
        all_taken &= tblog_add_scalar(writer, "loss", step, 0.5) == TBLOG_OK;
        all_taken &= tblog_add_scalars(writer, step, scalars, 3) == TBLOG_OK;
    }
    const size_t counted = allocations;
    ck_assert(all_taken);
    return counted;
}

/* The buffers reach their sizes while the first points are logged; later nothing grows. */
static void check_writer(uint32_t flush_interval_ms, bool tensor_scalars)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = flush_interval_ms;
    options.tensor_scalars = tensor_scalars;
    options.buffer_bytes = options.queue_bytes = 64 << 20; /* the flushes below are the only ones */
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    ck_assert_uint_gt(log_scalars(writer), 0); /* allocations are counted */
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    (void)log_scalars(writer);
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    ck_assert_uint_eq(log_scalars(writer), 0);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    temporary_directory_remove(&directory);
}

START_TEST(a_scalar_that_waits_takes_no_memory)
{
    check_writer(3600 * 1000, false);
    check_writer(3600 * 1000, true);
}
END_TEST

START_TEST(a_scalar_that_is_written_at_once_takes_no_memory)
{
    check_writer(0, false);
    check_writer(0, true);
}
END_TEST

/* Writes nothing meanwhile. Returns the number of points, and adds the number of allocations to
 * `taken`. */
static size_t fill_queue(tblog_writer *writer, size_t *taken)
{
    size_t points = 0;
    pthread_mutex_lock(&writer->io);
    allocations = 0;
    while (tblog_add_scalar(writer, "loss", (int64_t)points, 0.5) == TBLOG_OK) {
        points++;
    }
    *taken += allocations;
    pthread_mutex_unlock(&writer->io);
    return points;
}

START_TEST(a_default_writer_takes_no_memory_until_its_queue_is_full)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.full_queue = TBLOG_FULL_QUEUE_FAIL; /* so that the test sees when it is full */
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(writer, "loss", 0, 0.5), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    /* The two buffers take turns as the queue. */
    size_t taken = 0;
    for (int turn = 0; turn < 3; turn++) {
        ck_assert_uint_gt(fill_queue(writer, &taken), options.queue_bytes / 100);
        ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    }
    ck_assert_uint_eq(taken, 0);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    temporary_directory_remove(&directory);
}
END_TEST

enum { QUEUE_BYTES = 64 * 1024, GRAPH_BYTES = 4 * 1024 * 1024, SCALARS = 20000 };

static void log_large_events(tblog_writer *writer)
{
    static const uint8_t graph[GRAPH_BYTES];
    static tblog_scalar scalars[SCALARS];
    for (size_t i = 0; i < SCALARS; i++) {
        scalars[i] = (tblog_scalar){.tag = "loss", .value = 0.5};
    }
    /* The later events wait while the first is written, so both buffers grow. */
    for (int64_t step = 0; step < 3; step++) {
        ck_assert_int_eq(tblog_add_graph_def(writer, graph, sizeof graph), TBLOG_OK);
        ck_assert_int_eq(tblog_add_scalars(writer, step, scalars, SCALARS), TBLOG_OK);
    }
}

static void check_memory_behind_large_events(uint32_t flush_interval_ms, bool tensor_scalars)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = flush_interval_ms;
    options.tensor_scalars = tensor_scalars;
    options.queue_bytes = QUEUE_BYTES;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    log_large_events(writer);
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    pthread_mutex_lock(&writer->io);
    pthread_mutex_lock(&writer->mutex);
    const byte_buffer *const all[] = {&writer->queue.records, event_file_batch(writer->file),
                                      &writer->scalars, &writer->messages};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_le(all[i]->capacity, 4 * QUEUE_BYTES);
        /* The buffers that a full queue needs are kept. */
        ck_assert(i >= 2 || flush_interval_ms == 0 || all[i]->capacity >= QUEUE_BYTES);
    }
    pthread_mutex_unlock(&writer->mutex);
    pthread_mutex_unlock(&writer->io);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    temporary_directory_remove(&directory);
}

START_TEST(the_memory_of_large_events_is_given_back_once_they_are_written)
{
    for (int tensor_scalars = 0; tensor_scalars < 2; tensor_scalars++) {
        check_memory_behind_large_events(3600 * 1000, tensor_scalars == 1);
        check_memory_behind_large_events(0, tensor_scalars == 1);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_memory", a_scalar_that_waits_takes_no_memory,
                     a_scalar_that_is_written_at_once_takes_no_memory,
                     a_default_writer_takes_no_memory_until_its_queue_is_full,
                     the_memory_of_large_events_is_given_back_once_they_are_written);
}
