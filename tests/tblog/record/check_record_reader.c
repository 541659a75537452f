#include "record_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "crc32c.h"
#include "little_endian.h"
#include "memory_file.h"
#include "record_append.h"
#include "record_format.h"
#include "record_writer.h"

/* A file of four records, of which one is empty. */
enum { RECORDS = 4 };
static const size_t payload_sizes[RECORDS] = {20, 0, 3, 50};

typedef struct fixture {
    memory_file file;
    record_source *source;
    record_reader reader;
} fixture;

static void write_records(memory_file *file)
{
    record_sink *sink = memory_file_sink(file);
    record_queue queue = {0};
    record_writer writer;
    record_writer_init(&writer, sink);
    for (size_t i = 0; i < RECORDS; i++) {
        uint8_t payload[64];
        memset(payload, (int)('A' + i), sizeof payload);
        ck_assert_int_eq(record_append(&queue, payload, payload_sizes[i], false), 0);
    }
    record_writer_take(&writer, &queue);
    ck_assert_int_eq(record_writer_flush(&writer), 0);
    record_writer_free(&writer);
    record_queue_free(&queue);
    ck_assert_int_eq(sink->close(sink), 0);
    file->calls = 0;
}

static void setup(fixture *f)
{
    memory_file_init(&f->file);
    write_records(&f->file);
    f->source = memory_file_source(&f->file);
    record_reader_init(&f->reader, f->source);
}

static void teardown(fixture *f)
{
    record_reader_free(&f->reader);
    f->source->close(f->source);
    memory_file_free(&f->file);
}

static size_t record_offset(size_t record)
{
    size_t offset = 0;
    for (size_t i = 0; i < record; i++) {
        offset += payload_sizes[i] + RECORD_FRAME_BYTES;
    }
    return offset;
}

/* Reads whole records from number `first` on and checks each. Returns the status after the last
 * one. */
static tblog_status read_on(fixture *f, size_t first, size_t *next)
{
    tblog_status status;
    const uint8_t *payload;
    size_t bytes;
    for (*next = first; (status = record_reader_next(&f->reader, &payload, &bytes)) == TBLOG_OK;
         ++*next) {
        ck_assert_uint_lt(*next, RECORDS);
        ck_assert_uint_eq(bytes, payload_sizes[*next]);
        for (size_t i = 0; i < bytes; i++) {
            ck_assert_uint_eq(payload[i], 'A' + *next);
        }
        ck_assert_uint_eq(f->reader.offset, record_offset(*next + 1));
    }
    ck_assert_uint_eq(f->reader.offset, record_offset(*next));
    return status;
}

START_TEST(all_records_come_back_and_then_the_end)
{
    fixture f;
    setup(&f);
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_END);
    ck_assert_uint_eq(next, RECORDS);
    ck_assert_int_eq(read_on(&f, next, &next), TBLOG_END);
    teardown(&f);
}
END_TEST

START_TEST(an_empty_file_ends_at_once)
{
    fixture f;
    setup(&f);
    f.file.size = 0;
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_END);
    ck_assert_uint_eq(next, 0);
    teardown(&f);
}
END_TEST

START_TEST(every_truncation_is_told_and_read_on_once_the_rest_is_there)
{
    for (size_t size = 0; size < record_offset(RECORDS); size++) {
        fixture f;
        setup(&f);
        const size_t whole_size = f.file.size;
        f.file.size = size;
        size_t whole = 0;
        while (record_offset(whole + 1) <= size) {
            whole++;
        }
        size_t next;
        const tblog_status expected = record_offset(whole) == size ? TBLOG_END : TBLOG_TRUNCATED;
        ck_assert_int_eq(read_on(&f, 0, &next), expected);
        ck_assert_uint_eq(next, whole);
        ck_assert_int_eq(read_on(&f, next, &next), expected);
        f.file.size = whole_size;
        ck_assert_int_eq(read_on(&f, next, &next), TBLOG_END);
        ck_assert_uint_eq(next, RECORDS);
        teardown(&f);
    }
}
END_TEST

START_TEST(every_flipped_bit_is_damage_where_it_is)
{
    for (size_t bit = 0; bit < 8 * record_offset(RECORDS); bit++) {
        fixture f;
        setup(&f);
        f.file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        size_t hit = 0;
        while (record_offset(hit + 1) <= bit / 8) {
            hit++;
        }
        size_t next;
        ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_DAMAGED);
        ck_assert_uint_eq(next, hit);
        ck_assert_int_eq(read_on(&f, next, &next), TBLOG_DAMAGED);
        teardown(&f);
    }
}
END_TEST

START_TEST(short_and_interrupted_reads_change_nothing)
{
    for (size_t most = 1; most < 40; most++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = most;
        memory_file_fail(&f.file, 2, 4, EINTR);
        size_t next;
        ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_END);
        ck_assert_uint_eq(next, RECORDS);
        teardown(&f);
    }
}
END_TEST

START_TEST(any_failing_read_is_told_and_can_be_repeated)
{
    size_t failures = 0;
    for (size_t call = 0;; call++) {
        fixture f;
        setup(&f);
        f.file.transfer_max = 30;
        memory_file_fail(&f.file, call, call + 1, EIO);
        size_t next;
        tblog_status status = read_on(&f, 0, &next);
        const bool failed = status == TBLOG_IO;
        if (failed) {
            failures++;
            ck_assert_int_eq(f.reader.cause, EIO);
            status = read_on(&f, next, &next);
        }
        ck_assert_int_eq(status, TBLOG_END);
        ck_assert_uint_eq(next, RECORDS);
        teardown(&f);
        if (!failed) {
            break;
        }
    }
    ck_assert_uint_gt(failures, 3);
}
END_TEST

/* Replaces the first record's length, with the right checksum. */
static void set_length(memory_file *file, uint64_t length)
{
    little_endian_store(file->data, RECORD_LENGTH_BYTES, length);
    little_endian_store(file->data + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(file->data, RECORD_LENGTH_BYTES));
}

START_TEST(a_length_beyond_the_file_takes_no_memory)
{
    fixture f;
    setup(&f);
    set_length(&f.file, INT32_MAX);
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_TRUNCATED);
    ck_assert_uint_le(f.reader.window.capacity, 1 << 20);
    teardown(&f);
}
END_TEST

START_TEST(a_large_record_is_read_only_once_it_is_there)
{
    enum { PAYLOAD_BYTES = 1 << 20, RECORD_BYTES = PAYLOAD_BYTES + RECORD_FRAME_BYTES };
    fixture f;
    setup(&f);
    record_sink *sink = memory_file_sink(&f.file);
    ck_assert_int_eq(sink->truncate(sink, RECORD_BYTES - 1), 0);
    set_length(&f.file, PAYLOAD_BYTES);
    const uint8_t *payload;
    size_t bytes;
    memory_file_fail(&f.file, f.file.calls + 1, f.file.calls + 2, EIO);
    ck_assert_int_eq(record_reader_next(&f.reader, &payload, &bytes), TBLOG_IO);
    ck_assert_int_eq(f.reader.cause, EIO);
    memory_file_fail(&f.file, f.file.calls, f.file.calls + 1, EINTR);
    ck_assert_int_eq(record_reader_next(&f.reader, &payload, &bytes), TBLOG_TRUNCATED);
    ck_assert_uint_lt(f.file.read_bytes, 300000);
    ck_assert_int_eq(sink->truncate(sink, RECORD_BYTES), 0);
    little_endian_store(f.file.data + RECORD_BYTES - RECORD_CRC_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(f.file.data + RECORD_HEADER_BYTES, PAYLOAD_BYTES));
    ck_assert_int_eq(record_reader_next(&f.reader, &payload, &bytes), TBLOG_OK);
    ck_assert_uint_eq(bytes, PAYLOAD_BYTES);
    ck_assert_int_eq(sink->close(sink), 0);
    teardown(&f);
}
END_TEST

START_TEST(a_length_that_no_message_can_have_is_damage)
{
    const uint64_t lengths[] = {(uint64_t)INT32_MAX + 1, UINT32_MAX, INT64_MAX, UINT64_MAX,
                                UINT64_MAX - 15};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        fixture f;
        setup(&f);
        set_length(&f.file, lengths[i]);
        size_t next;
        ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_DAMAGED);
        teardown(&f);
    }
}
END_TEST

START_TEST(zeros_as_a_power_loss_leaves_them_are_damage)
{
    fixture f;
    setup(&f);
    memset(f.file.data + record_offset(2), 0, f.file.size - record_offset(2));
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_DAMAGED);
    ck_assert_uint_eq(next, 2);
    teardown(&f);
}
END_TEST

START_TEST(a_tail_that_the_writer_took_back_and_wrote_anew_is_read_anew)
{
    fixture f;
    setup(&f);
    const size_t whole_size = f.file.size;
    const uint8_t right = f.file.data[record_offset(3) + RECORD_HEADER_BYTES];
    f.file.data[record_offset(3) + RECORD_HEADER_BYTES] = (uint8_t)~right;
    f.file.size = whole_size - 1;
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_TRUNCATED);
    f.file.data[record_offset(3) + RECORD_HEADER_BYTES] = right;
    f.file.size = whole_size;
    ck_assert_int_eq(read_on(&f, next, &next), TBLOG_END);
    ck_assert_uint_eq(next, RECORDS);
    teardown(&f);
}
END_TEST

START_TEST(a_record_larger_than_any_buffer_comes_back_whole)
{
    memory_file file;
    memory_file_init(&file);
    const size_t bytes = 3 * 1024 * 1024 + 5;
    uint8_t *big = malloc(bytes);
    ck_assert_ptr_nonnull(big);
    for (size_t i = 0; i < bytes; i++) {
        big[i] = (uint8_t)(i * 7 + i / 251);
    }
    record_sink *sink = memory_file_sink(&file);
    record_queue queue = {0};
    record_writer writer;
    record_writer_init(&writer, sink);
    ck_assert_int_eq(record_append(&queue, "x", 1, false), 0);
    ck_assert_int_eq(record_append(&queue, big, bytes, false), 0);
    record_writer_take(&writer, &queue);
    ck_assert_int_eq(record_writer_flush(&writer), 0);
    record_writer_free(&writer);
    record_queue_free(&queue);
    ck_assert_int_eq(sink->close(sink), 0);

    record_source *source = memory_file_source(&file);
    record_reader reader;
    record_reader_init(&reader, source);
    const uint8_t *payload;
    size_t count;
    ck_assert_int_eq(record_reader_next(&reader, &payload, &count), TBLOG_OK);
    ck_assert_int_eq(record_reader_next(&reader, &payload, &count), TBLOG_OK);
    ck_assert_uint_eq(count, bytes);
    ck_assert_mem_eq(payload, big, bytes);
    ck_assert_int_eq(record_reader_next(&reader, &payload, &count), TBLOG_END);
    record_reader_free(&reader);
    source->close(source);
    memory_file_free(&file);
    free(big);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "record_reader", all_records_come_back_and_then_the_end, an_empty_file_ends_at_once,
        every_truncation_is_told_and_read_on_once_the_rest_is_there,
        every_flipped_bit_is_damage_where_it_is, short_and_interrupted_reads_change_nothing,
        any_failing_read_is_told_and_can_be_repeated, a_length_beyond_the_file_takes_no_memory,
        a_large_record_is_read_only_once_it_is_there, a_length_that_no_message_can_have_is_damage,
        zeros_as_a_power_loss_leaves_them_are_damage,
        a_tail_that_the_writer_took_back_and_wrote_anew_is_read_anew,
        a_record_larger_than_any_buffer_comes_back_whole);
}
