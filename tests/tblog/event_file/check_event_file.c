/* Tests of event_file that the writer's tests cannot make: errno values, and the files that a
 * failed call leaves. */
#include "event_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "event_encode.h"
#include "memory_file.h"
#include "sink_file.h"
#include "temporary_directory.h"

/* Queues one event and takes it as the batch. */
static void take_event(event_file *file)
{
    record_queue queue = {0};
    byte_buffer *out = record_queue_begin(&queue);
    ck_assert_ptr_nonnull(out);
    const event_scalar scalar = {.tag = "loss", .tag_bytes = 4, .value = 1};
    ck_assert(event_encode_scalar(out, 1000.5, 0, &scalar));
    ck_assert_int_eq(record_queue_end(&queue, false), 0);
    event_file_take(file, &queue);
    record_queue_free(&queue);
}

/* How many files the directory has. */
static size_t count_files(const char *path)
{
    DIR *stream = opendir(path);
    ck_assert_ptr_nonnull(stream);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(stream);
    return count;
}

START_TEST(a_file_whose_first_record_fails_is_none_and_its_sink_is_closed)
{
    memory_file memory;
    memory_file_init(&memory);
    memory_file_fail(&memory, 0, 1, ENOSPC);
    event_file *file;
    ck_assert_int_eq(event_file_open_on_sink(&file, memory_file_sink(&memory), "a", 1.0), ENOSPC);
    ck_assert_ptr_null(file);
    ck_assert(memory.closed);
    memory_file_free(&memory);
}
END_TEST

START_TEST(a_batch_is_written_once_and_counts_in_the_size_before)
{
    memory_file memory;
    memory_file_init(&memory);
    event_file *file;
    ck_assert_int_eq(event_file_open_on_sink(&file, memory_file_sink(&memory), "a", 1.0), 0);
    ck_assert_str_eq(event_file_path(file), "a");
    ck_assert_uint_eq(event_file_bytes(file), memory.size);
    ck_assert(event_file_is_empty(file));
    take_event(file);
    ck_assert(!event_file_is_empty(file));
    const uint64_t bytes = event_file_bytes(file);
    ck_assert_uint_gt(bytes, memory.size);
    memory_file_fail(&memory, memory.calls, memory.calls + 1, EDQUOT);
    ck_assert_int_eq(event_file_write(file), EDQUOT);
    ck_assert_int_eq(event_file_write(file), 0);
    ck_assert_int_eq(event_file_write(file), 0);
    ck_assert_uint_eq(memory.size, bytes);
    ck_assert_uint_eq(event_file_bytes(file), bytes);
    ck_assert_int_eq(event_file_close(file), 0);
    memory_file_free(&memory);
}
END_TEST

START_TEST(a_file_is_synced_from_a_sync_that_succeeds_to_the_next_write)
{
    memory_file memory;
    memory_file_init(&memory);
    event_file *file;
    ck_assert_int_eq(event_file_open_on_sink(&file, memory_file_sink(&memory), "a", 1.0), 0);
    ck_assert(!event_file_is_synced(file));
    memory_file_fail(&memory, memory.calls, memory.calls + 1, EIO);
    ck_assert_int_eq(event_file_sync(file), EIO);
    ck_assert(!event_file_is_synced(file));
    memory_file_fail(&memory, memory.calls, memory.calls + 1, EINTR);
    ck_assert_int_eq(event_file_sync(file), 0);
    ck_assert(event_file_is_synced(file));
    take_event(file);
    ck_assert_int_eq(event_file_write(file), 0);
    ck_assert(!event_file_is_synced(file));
    ck_assert_int_eq(event_file_close(file), 0);
    memory_file_free(&memory);
}
END_TEST

START_TEST(a_close_that_fails_is_told)
{
    memory_file memory;
    memory_file_init(&memory);
    event_file *file;
    ck_assert_int_eq(event_file_open_on_sink(&file, memory_file_sink(&memory), "a", 1.0), 0);
    memory_file_fail(&memory, memory.calls, SIZE_MAX, EIO);
    ck_assert_int_eq(event_file_close(file), EIO);
    memory_file_free(&memory);
}
END_TEST

START_TEST(a_time_that_no_name_can_hold_makes_no_file)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    static const double times[] = {-1.0, 1e10, (double)INFINITY, (double)NAN};
    event_file *file;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        ck_assert_int_eq(event_file_open(&file, directory.path, "", false, times[i]), EINVAL);
        ck_assert_ptr_null(file);
    }
    ck_assert_uint_eq(count_files(directory.path), 0);
    ck_assert_int_eq(event_file_open(&file, directory.path, "", false, 5.0), 0);
    const char *first = event_file_path(file);
    int close_cause = -1;
    ck_assert_int_eq(event_file_rotate(file, (double)NAN, &close_cause), EINVAL);
    ck_assert_int_eq(close_cause, 0);
    ck_assert_ptr_eq(event_file_path(file), first);
    ck_assert_uint_eq(count_files(directory.path), 1);
    ck_assert_int_eq(event_file_close(file), 0);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(the_next_file_sorts_after_it_and_the_paths_of_both_stay)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    event_file *file;
    ck_assert_int_eq(event_file_open(&file, directory.path, ".v2", false, 5.0), 0);
    const char *first = event_file_path(file);
    int close_cause = -1;
    ck_assert_int_eq(event_file_rotate(file, 3.0, &close_cause), 0);
    ck_assert_int_eq(close_cause, 0);
    ck_assert_str_lt(first, event_file_path(file));
    ck_assert(!event_file_is_synced(file));
    ck_assert_uint_eq(count_files(directory.path), 2);
    event_file_remove(file);
    ck_assert_uint_eq(count_files(directory.path), 1);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_locked_directory_is_free_again_after_the_close)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    event_file *file;
    event_file *other;
    ck_assert_int_eq(event_file_open(&file, directory.path, "", true, 5.0), 0);
    ck_assert_int_eq(event_file_open(&other, directory.path, "", true, 5.0), EBUSY);
    ck_assert_int_eq(event_file_open(&other, directory.path, "", false, 5.0), 0);
    ck_assert_int_eq(event_file_close(other), 0);
    ck_assert_int_eq(event_file_close(file), 0);
    ck_assert_int_eq(event_file_open(&other, directory.path, "", true, 5.0), 0);
    event_file_free(other);
    ck_assert_uint_eq(count_files(directory.path), 3);
    temporary_directory_remove(&directory);
}
END_TEST

/* The sink of an empty file in the directory. The file is removed before or after the sink is
 * made. */
static record_sink *make_sink(const temporary_directory *directory, bool removed_before)
{
    char path[512];
    snprintf(path, sizeof path, "%s/file", directory->path);
    const int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(descriptor, 0);
    if (removed_before) {
        ck_assert_int_eq(unlink(path), 0);
    }
    record_sink *sink = sink_file_create(descriptor, path);
    ck_assert_ptr_nonnull(sink);
    if (!removed_before) {
        ck_assert_int_eq(unlink(path), 0);
    }
    return sink;
}

/* A mount that reports no links looks as if the new file had been removed already. */
START_TEST(no_links_are_an_error_only_where_the_new_file_had_one)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    record_sink *sink = make_sink(&directory, true);
    ck_assert_int_eq(sink->write_at(sink, "x", 1, 0), 1);
    ck_assert_int_eq(sink->close(sink), 0);
    sink = make_sink(&directory, false);
    ck_assert_int_eq(sink->write_at(sink, "x", 1, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(sink->close(sink), 0);
    temporary_directory_remove(&directory);
}
END_TEST

int main(void)
{
    return RUN_TESTS("event_file", a_file_whose_first_record_fails_is_none_and_its_sink_is_closed,
                     a_batch_is_written_once_and_counts_in_the_size_before,
                     a_file_is_synced_from_a_sync_that_succeeds_to_the_next_write,
                     a_close_that_fails_is_told, a_time_that_no_name_can_hold_makes_no_file,
                     the_next_file_sorts_after_it_and_the_paths_of_both_stay,
                     a_locked_directory_is_free_again_after_the_close,
                     no_links_are_an_error_only_where_the_new_file_had_one);
}
