#include "record_writer.h"

#include <errno.h>
#include <string.h>

#include "check_main.h"
#include "golden_events.h"
#include "little_endian.h"
#include "memory_file.h"
#include "record_append.h"
#include "record_format.h"

/* Records by the lengths of their payloads. */
enum { RECORDS = 5 };
static const size_t small_records[RECORDS] = {10, 0, 1, 33, 7};

/* More than one write takes: the first two records are too large together, the third and fourth
 * together have exactly the limit. */
enum { PIECE_BYTES = 64 * 1024, LARGEST_PAYLOAD = 70000, PIECES = 4, LARGE_FILE_BYTES = 200000 };
static const size_t large_records[RECORDS] = {100, LARGEST_PAYLOAD,
                                              PIECE_BYTES - 100 - 2 * RECORD_FRAME_BYTES, 100, 100};

/* Where the writes of large_records (pieces) begin in the file, and where the last one ends. */
static const size_t piece_offsets[PIECES + 1] = {
    0, 100 + RECORD_FRAME_BYTES, 100 + LARGEST_PAYLOAD + 2 * RECORD_FRAME_BYTES,
    100 + LARGEST_PAYLOAD + 2 * RECORD_FRAME_BYTES + PIECE_BYTES,
    200 + LARGEST_PAYLOAD + 3 * RECORD_FRAME_BYTES + PIECE_BYTES};

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

/* Writes what an earlier flush left, then what the queue holds. */
static int flush(fixture *f)
{
    const int cause = record_writer_flush(&f->writer);
    if (cause != 0) {
        return cause;
    }
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

static void append_all(fixture *f, const size_t records[RECORDS])
{
    static uint8_t payload[LARGEST_PAYLOAD];
    for (size_t i = 0; i < RECORDS; i++) {
        memset(payload, (int)('a' + i), sizeof payload);
        ck_assert_int_eq(record_append(&f->queue, payload, records[i], false), 0);
    }
}

/* The file that a writer without faults makes. */
static size_t whole_file(const size_t records[RECORDS], uint8_t *bytes, size_t capacity)
{
    fixture f;
    setup(&f);
    append_all(&f, records);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_le(f.file.size, capacity);
    memcpy(bytes, f.file.data, f.file.size);
    const size_t size = f.file.size;
    teardown(&f);
    return size;
}

/* The size of as many first records as fit wholly. */
static size_t bytes_of_whole_records(const size_t records[RECORDS], size_t room)
{
    size_t at = 0;
    for (size_t i = 0; i < RECORDS && records[i] + RECORD_FRAME_BYTES <= room - at; i++) {
        at += records[i] + RECORD_FRAME_BYTES;
    }
    return at;
}

/* The file is a prefix of the expected bytes and ends with a whole record. */
static void check_whole_records(const memory_file *file, const size_t records[RECORDS],
                                const uint8_t *expected)
{
    ck_assert_uint_eq(bytes_of_whole_records(records, file->size), file->size);
    ck_assert(file->size == 0 || memcmp(file->data, expected, file->size) == 0);
}

/* The next flush writes what a failed one left; then the file is as expected. */
static void check_next_flush(fixture *f, const uint8_t *expected, size_t size)
{
    ck_assert_int_eq(flush(f), 0);
    ck_assert_uint_eq(f->file.size, size);
    ck_assert_mem_eq(f->file.data, expected, size);
}

START_TEST(a_record_has_the_bytes_that_the_stock_writer_gives_it)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(record_append(&f.queue, golden_scalars + RECORD_HEADER_BYTES,
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
    const size_t size = whole_file(small_records, expected, sizeof expected);
    for (size_t most = 1; most < 20; most++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = most;
        append_all(&f, small_records);
        check_next_flush(&f, expected, size);
        teardown(&f);
    }
}
END_TEST

START_TEST(an_interrupted_call_is_repeated)
{
    uint8_t expected[512];
    const size_t size = whole_file(small_records, expected, sizeof expected);
    for (size_t call = 0; call < 4; call++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = 40;
        memory_file_fail(&f.file, call, call + 3, EINTR);
        append_all(&f, small_records);
        check_next_flush(&f, expected, size);
        teardown(&f);
    }
}
END_TEST

START_TEST(a_write_that_takes_nothing_is_an_error)
{
    fixture f;
    setup(&f);
    memory_file_fail(&f.file, 0, SIZE_MAX, 0);
    append_all(&f, small_records);
    ck_assert_int_eq(flush(&f), EIO);
    teardown(&f);
}
END_TEST

START_TEST(a_disk_full_at_any_byte_leaves_whole_records_and_no_record_is_lost)
{
    uint8_t expected[512];
    const size_t size = whole_file(small_records, expected, sizeof expected);
    for (size_t room = 0; room < size; room++) {
        fixture f;
        setup(&f);
        f.file.disk_bytes = room;
        append_all(&f, small_records);
        ck_assert_int_eq(flush(&f), ENOSPC);
        check_whole_records(&f.file, small_records, expected);
        ck_assert_uint_le(f.file.size, room);
        f.file.disk_bytes = SIZE_MAX;
        check_next_flush(&f, expected, size);
        teardown(&f);
    }
}
END_TEST

START_TEST(any_failing_call_leaves_whole_records_and_no_record_is_lost)
{
    uint8_t expected[512];
    const size_t size = whole_file(small_records, expected, sizeof expected);
    size_t call = 0;
    for (bool failed = true; failed; call++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = 9;
        memory_file_fail(&f.file, call, call + 1, EIO);
        append_all(&f, small_records);
        const int cause = flush(&f);
        failed = cause != 0;
        ck_assert_int_eq(cause, failed ? EIO : 0);
        check_whole_records(&f.file, small_records, expected);
        check_next_flush(&f, expected, size);
        teardown(&f);
    }
    ck_assert_uint_gt(call, size / 9);
}
END_TEST

/* ---- Batches of several pieces ---- */

/* Without short writes a piece is one call. */
static void check_each_piece(const uint8_t *expected)
{
    const size_t size = piece_offsets[PIECES];
    for (size_t piece = 0; piece < PIECES; piece++) {
        fixture f;
        setup(&f);
        memory_file_fail(&f.file, piece, piece + 1, EIO);
        append_all(&f, large_records);
        ck_assert_int_eq(flush(&f), EIO);
        ck_assert_uint_eq(f.file.writes, piece);
        ck_assert_uint_eq(f.file.size, piece_offsets[piece]);
        check_whole_records(&f.file, large_records, expected);
        check_next_flush(&f, expected, size);
        ck_assert_uint_eq(f.file.writes, PIECES);
        teardown(&f);
    }
}

/* Each piece takes several calls; any of them fails. */
static void check_short_writes(const uint8_t *expected)
{
    size_t call = 0;
    for (bool failed = true; failed; call++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = 9000;
        memory_file_fail(&f.file, call, call + 1, EIO);
        append_all(&f, large_records);
        failed = flush(&f) != 0;
        check_whole_records(&f.file, large_records, expected);
        check_next_flush(&f, expected, piece_offsets[PIECES]);
        teardown(&f);
    }
    ck_assert_uint_gt(call, piece_offsets[PIECES] / 9000);
}

/* The disk is full at the end of a piece, a byte before it and a byte after it. */
static void check_full_disk(const uint8_t *expected)
{
    for (size_t piece = 1; piece < PIECES; piece++) {
        for (size_t room = piece_offsets[piece] - 1; room <= piece_offsets[piece] + 1; room++) {
            fixture f;
            setup(&f);
            f.file.disk_bytes = room;
            append_all(&f, large_records);
            ck_assert_int_eq(flush(&f), ENOSPC);
            check_whole_records(&f.file, large_records, expected);
            ck_assert_uint_eq(f.file.size, bytes_of_whole_records(large_records, room));
            f.file.disk_bytes = SIZE_MAX;
            check_next_flush(&f, expected, piece_offsets[PIECES]);
            teardown(&f);
        }
    }
}

START_TEST(a_batch_of_several_pieces_fails_at_any_call_and_loses_nothing)
{
    static uint8_t expected[LARGE_FILE_BYTES];
    ck_assert_uint_eq(whole_file(large_records, expected, sizeof expected), piece_offsets[PIECES]);
    check_each_piece(expected);
    check_short_writes(expected);
    check_full_disk(expected);
}
END_TEST

START_TEST(a_torn_record_that_could_not_be_cut_off_is_cut_off_before_the_next_write)
{
    fixture f;
    setup(&f);
    f.file.transfer_max = 4;
    memory_file_fail(&f.file, 1, 4, EIO); /* the second write, and two attempts to cut */
    append_all(&f, small_records);
    ck_assert_int_eq(flush(&f), EIO);
    ck_assert_uint_eq(f.file.size, 4);
    ck_assert_int_eq(flush(&f), EIO);
    ck_assert_uint_eq(f.file.size, 4);
    /* Other bytes follow now, so the leftover must be gone. */
    record_writer_discard(&f.writer);
    ck_assert_int_eq(record_append(&f.queue, "", 0, false), 0);
    ck_assert_int_eq(flush(&f), 0);
    ck_assert_uint_eq(f.file.size, RECORD_FRAME_BYTES);
    ck_assert_uint_eq(little_endian_load(f.file.data, RECORD_LENGTH_BYTES), 0);
    teardown(&f);
}
END_TEST

START_TEST(a_batch_that_failed_can_be_discarded)
{
    fixture f;
    setup(&f);
    f.file.disk_bytes = 4 + RECORD_FRAME_BYTES + 3;
    ck_assert_int_eq(record_append(&f.queue, "kept", 4, false), 0);
    ck_assert_int_eq(record_append(&f.queue, "discarded", 9, false), 0);
    ck_assert_int_eq(flush(&f), ENOSPC);
    record_writer_discard(&f.writer);
    f.file.disk_bytes = SIZE_MAX;
    ck_assert_int_eq(record_append(&f.queue, "then", 4, false), 0);
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
    ck_assert_int_eq(record_append(&f.queue, "first", 5, false), 0);
    ck_assert_int_eq(flush(&f), ENOSPC);
    ck_assert_int_eq(record_append(&f.queue, "second", 6, false), 0);
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
                     a_batch_of_several_pieces_fails_at_any_call_and_loses_nothing,
                     a_torn_record_that_could_not_be_cut_off_is_cut_off_before_the_next_write,
                     a_batch_that_failed_can_be_discarded,
                     records_are_queued_while_the_batch_before_them_waits);
}
