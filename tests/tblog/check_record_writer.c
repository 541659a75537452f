#include "record_writer.h"

#include <errno.h>
#include <string.h>

#include "check_main.h"
#include "golden_events.h"
#include "memory_file.h"
#include "record_format.h"

/* Payloads of several lengths, and the bytes of the file that they make. */
enum { RECORDS = 5 };
static const size_t payload_bytes[RECORDS] = {10, 0, 1, 33, 7};

static const uint8_t *payload(size_t record)
{
    static uint8_t bytes[RECORDS][64];
    memset(bytes[record], (int)('a' + record), sizeof bytes[record]);
    return bytes[record];
}

typedef struct fixture {
    memory_file file;
    record_sink *sink;
    record_queue queue;
    record_writer writer;
} fixture;

static void setup(fixture *f)
{
    memory_file_init(&f->file);
    f->sink = memory_file_sink(&f->file);
    f->queue = (record_queue){0};
    record_writer_init(&f->writer, f->sink);
}

/* Writes what a flush has left, then what the queue holds. */
static int flush(fixture *f)
{
    int cause = record_writer_flush(&f->writer);
    if (cause != 0)
        return cause;
    record_writer_take(&f->writer, &f->queue);
    ck_assert_uint_eq(f->queue.records.size, 0);
    return record_writer_flush(&f->writer);
}

static void teardown(fixture *f)
{
    memory_file_fail(&f->file, SIZE_MAX, SIZE_MAX, 0);
    record_writer_free(&f->writer);
    record_queue_free(&f->queue);
    ck_assert_int_eq(f->sink->close(f->sink), 0);
    memory_file_free(&f->file);
}

static void append_all(fixture *f)
{
    for (size_t i = 0; i < RECORDS; i++)
        ck_assert_int_eq(record_queue_append(&f->queue, payload(i), payload_bytes[i], false), 0);
}

/* The file that a writer without faults makes. */
static size_t whole_file(uint8_t *bytes, size_t capacity)
{
    fixture f;
    setup(&f);
    append_all(&f);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_le(f.file.size, capacity);
    memcpy(bytes, f.file.data, f.file.size);
    size_t size = f.file.size;
    teardown(&f);
    return size;
}

static bool is_record_boundary(size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < RECORDS && at < size; i++)
        at += payload_bytes[i] + RECORD_FRAME_BYTES;
    return at == size;
}

/* The file has the first bytes of the expected ones, up to the end of a record. */
static void check_whole_records(const memory_file *file, const uint8_t *expected)
{
    ck_assert(is_record_boundary(file->size));
    for (size_t i = 0; i < file->size; i++)
        ck_assert_uint_eq(file->data[i], expected[i]);
}

START_TEST(a_record_has_the_bytes_that_the_stock_writer_gives_it)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(record_queue_append(&f.queue, golden_scalars + RECORD_HEADER_BYTES,
                                         sizeof golden_scalars - RECORD_FRAME_BYTES, false),
                     0);
    ck_assert_uint_eq(f.file.size, 0);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_eq(f.file.size, sizeof golden_scalars);
    ck_assert_mem_eq(f.file.data, golden_scalars, sizeof golden_scalars);
    teardown(&f);
}
END_TEST

START_TEST(a_flush_without_records_writes_nothing)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_eq(f.file.calls, 0);
    teardown(&f);
}
END_TEST

START_TEST(short_writes_are_continued)
{
    uint8_t expected[512];
    size_t size = whole_file(expected, sizeof expected);
    for (size_t most = 1; most < 20; most++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = most;
        append_all(&f);
        ck_assert_int_eq(flush(&f), 0);
        ck_assert_uint_eq(f.file.size, size);
        ck_assert_mem_eq(f.file.data, expected, size);
        teardown(&f);
    }
}
END_TEST

START_TEST(an_interrupted_call_is_repeated)
{
    uint8_t expected[512];
    size_t size = whole_file(expected, sizeof expected);
    for (size_t call = 0; call < 4; call++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = 40;
        memory_file_fail(&f.file, call, call + 3, EINTR);
        append_all(&f);
        ck_assert_int_eq(flush(&f), 0);
        ck_assert_uint_eq(f.file.size, size);
        ck_assert_mem_eq(f.file.data, expected, size);
        teardown(&f);
    }
}
END_TEST

START_TEST(a_write_that_takes_nothing_is_an_error)
{
    fixture f;
    setup(&f);
    memory_file_fail(&f.file, 0, SIZE_MAX, 0);
    append_all(&f);
    ck_assert_int_eq(flush(&f), EIO);
    teardown(&f);
}
END_TEST

START_TEST(a_disk_full_at_any_byte_leaves_whole_records_and_no_record_is_lost)
{
    uint8_t expected[512];
    size_t size = whole_file(expected, sizeof expected);
    for (size_t room = 0; room < size; room++) {
        fixture f;
        setup(&f);
        f.file.disk_bytes = room;
        append_all(&f);
        ck_assert_int_eq(flush(&f), ENOSPC);
        check_whole_records(&f.file, expected);
        ck_assert_uint_le(f.file.size, room);
        f.file.disk_bytes = SIZE_MAX;
        ck_assert_int_eq(flush(&f), 0);
        ck_assert_uint_eq(f.file.size, size);
        ck_assert_mem_eq(f.file.data, expected, size);
        teardown(&f);
    }
}
END_TEST

START_TEST(any_failing_call_leaves_whole_records_and_no_record_is_lost)
{
    uint8_t expected[512];
    size_t size = whole_file(expected, sizeof expected);
    size_t call = 0;
    for (bool failed = true; failed; call++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = 9;
        memory_file_fail(&f.file, call, call + 1, EIO);
        append_all(&f);
        int cause = flush(&f);
        failed = cause != 0;
        ck_assert_int_eq(cause, failed ? EIO : 0);
        check_whole_records(&f.file, expected);
        ck_assert_int_eq(flush(&f), 0);
        ck_assert_uint_eq(f.file.size, size);
        ck_assert_mem_eq(f.file.data, expected, size);
        teardown(&f);
    }
    ck_assert_uint_gt(call, size / 9);
}
END_TEST

START_TEST(a_torn_record_that_could_not_be_cut_off_is_cut_off_before_the_next_write)
{
    fixture f;
    setup(&f);
    f.file.transfer_max = 4;
    memory_file_fail(&f.file, 1, 4, EIO); /* the second write, and two attempts to cut */
    append_all(&f);
    ck_assert_int_eq(flush(&f), EIO);
    ck_assert_uint_eq(f.file.size, 4);
    ck_assert_int_eq(flush(&f), EIO);
    ck_assert_uint_eq(f.file.size, 4);
    /* Other bytes follow now: the leftover must not stay before them. */
    record_writer_discard(&f.writer);
    ck_assert_int_eq(record_queue_append(&f.queue, "", 0, false), 0);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_eq(f.file.size, RECORD_FRAME_BYTES);
    ck_assert_uint_eq(record_load_le(f.file.data, RECORD_LENGTH_BYTES), 0);
    teardown(&f);
}
END_TEST

START_TEST(a_batch_that_failed_can_be_discarded)
{
    fixture f;
    setup(&f);
    f.file.disk_bytes = 4 + RECORD_FRAME_BYTES + 3;
    ck_assert_int_eq(record_queue_append(&f.queue, "kept", 4, false), 0);
    ck_assert_int_eq(record_queue_append(&f.queue, "discarded", 9, false), 0);
    ck_assert_int_eq(flush(&f), ENOSPC);
    record_writer_discard(&f.writer);
    f.file.disk_bytes = SIZE_MAX;
    ck_assert_int_eq(record_queue_append(&f.queue, "then", 4, false), 0);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_eq(f.file.size, 2 * (4 + RECORD_FRAME_BYTES));
    ck_assert_mem_eq(f.file.data + RECORD_HEADER_BYTES, "kept", 4);
    ck_assert_mem_eq(f.file.data + 4 + RECORD_FRAME_BYTES + RECORD_HEADER_BYTES, "then", 4);
    teardown(&f);
}
END_TEST

START_TEST(records_are_queued_while_the_batch_before_them_waits)
{
    fixture f;
    setup(&f);
    f.file.disk_bytes = 0;
    ck_assert_int_eq(record_queue_append(&f.queue, "first", 5, false), 0);
    ck_assert_int_eq(flush(&f), ENOSPC);
    ck_assert_int_eq(record_queue_append(&f.queue, "second", 6, false), 0);
    ck_assert_int_eq(flush(&f), ENOSPC);
    f.file.disk_bytes = SIZE_MAX;
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_eq(f.file.size, 5 + 6 + 2 * RECORD_FRAME_BYTES);
    ck_assert_mem_eq(f.file.data + RECORD_HEADER_BYTES, "first", 5);
    ck_assert_mem_eq(f.file.data + 5 + RECORD_FRAME_BYTES + RECORD_HEADER_BYTES, "second", 6);
    teardown(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("record_writer", a_record_has_the_bytes_that_the_stock_writer_gives_it,
                     a_flush_without_records_writes_nothing, short_writes_are_continued,
                     an_interrupted_call_is_repeated, a_write_that_takes_nothing_is_an_error,
                     a_disk_full_at_any_byte_leaves_whole_records_and_no_record_is_lost,
                     any_failing_call_leaves_whole_records_and_no_record_is_lost,
                     a_torn_record_that_could_not_be_cut_off_is_cut_off_before_the_next_write,
                     a_batch_that_failed_can_be_discarded,
                     records_are_queued_while_the_batch_before_them_waits);
}
