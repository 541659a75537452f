/* Damage of every kind: the reader must find every whole record after it, and nothing that is not a
 * record. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "crc32c.h"
#include "golden_events.h"
#include "little_endian.h"
#include "memory_file.h"
#include "reader_internal.h"
#include "record_format.h"

/* The stock package's three records, over and over. */
enum { RECORDS = 9, KINDS = 3 };
static const struct {
    const uint8_t *bytes;
    size_t size;
} kinds[KINDS] = {{golden_file_version, sizeof golden_file_version},
                  {golden_scalars, sizeof golden_scalars},
                  {golden_later_scalar, sizeof golden_later_scalar}};

static size_t record_offset(size_t record)
{
    size_t offset = 0;
    for (size_t i = 0; i < record; i++) {
        offset += kinds[i % KINDS].size;
    }
    return offset;
}

/* The record to which a byte of the undamaged file belongs. */
static size_t record_at(size_t byte)
{
    size_t record = 0;
    while (record_offset(record + 1) <= byte) {
        record++;
    }
    return record;
}

typedef struct fixture {
    memory_file file;
    tblog_reader *reader;
} fixture;

static void append(fixture *f, const void *bytes, size_t count)
{
    record_sink *sink = memory_file_sink(&f->file);
    ck_assert_int_eq(sink->write_at(sink, bytes, count, f->file.size), (int)count);
    ck_assert_int_eq(sink->close(sink), 0);
    f->file.calls = 0;
}

static void append_records(fixture *f, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        append(f, kinds[i % KINDS].bytes, kinds[i % KINDS].size);
    }
}

static void setup_empty(fixture *f)
{
    memory_file_init(&f->file);
    ck_assert_int_eq(reader_open_on_source(&f->reader, memory_file_source(&f->file)), TBLOG_OK);
}

static void setup(fixture *f)
{
    setup_empty(f);
    append_records(f, 0, RECORDS);
}

static void teardown(fixture *f)
{
    tblog_reader_close(f->reader);
    memory_file_free(&f->file);
}

typedef struct outcome {
    size_t count; /* of records read */
    uint64_t lost_bytes;
    size_t places;
} outcome;

/* Counts a record that was read. It must be one that was written, after the last one read. */
static void note(fixture *f, outcome *result, size_t *next)
{
    size_t bytes;
    const uint8_t *record = tblog_reader_record(f->reader, &bytes);
    while (*next < RECORDS && (kinds[*next % KINDS].size != bytes ||
                               memcmp(kinds[*next % KINDS].bytes, record, bytes) != 0)) {
        ++*next;
    }
    ck_assert_uint_lt(*next, RECORDS);
    result->count++;
    ++*next;
}

/* Reads to the end, through all damage. */
static outcome read_all(fixture *f)
{
    outcome result = {0};
    size_t next = 0;
    const tblog_event *event;
    for (;;) {
        tblog_status status = tblog_reader_next(f->reader, &event);
        if (status == TBLOG_OK) {
            note(f, &result, &next);
            continue;
        }
        if (status == TBLOG_END) {
            return result;
        }
        ck_assert(status == TBLOG_DAMAGED || status == TBLOG_TRUNCATED);
        const uint64_t before = tblog_reader_offset(f->reader);
        uint64_t lost;
        status = tblog_reader_resync(f->reader, &lost);
        result.lost_bytes += lost;
        result.places++;
        if (status == TBLOG_END) {
            ck_assert_uint_eq(tblog_reader_offset(f->reader), before);
            ck_assert_uint_eq(before + lost, f->file.size);
            return result;
        }
        ck_assert_int_eq(status, TBLOG_OK);
        ck_assert_uint_eq(tblog_reader_offset(f->reader), before + lost);
    }
}

START_TEST(a_flipped_bit_costs_its_record_alone)
{
    /* Every byte, and bits of all places. */
    for (size_t bit = 0; bit < 8 * record_offset(RECORDS); bit += 7) {
        fixture f;
        setup(&f);
        f.file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const size_t hit = record_at(bit / 8);
        const outcome result = read_all(&f);
        ck_assert_uint_eq(result.count, RECORDS - 1);
        ck_assert_uint_eq(result.lost_bytes, kinds[hit % KINDS].size);
        ck_assert_uint_eq(result.places, 1);
        teardown(&f);
    }
}
END_TEST

START_TEST(damage_in_several_places_costs_those_records_alone)
{
    /* Pairs of bytes at this distance: in the same record, in neighbours, further apart. */
    static const size_t aparts[] = {1, 7, 13, 40, 55, 90, 200};
    for (size_t i = 0; i < sizeof aparts / sizeof aparts[0]; i++) {
        for (size_t at = 0; at + aparts[i] < record_offset(RECORDS); at += 5) {
            fixture f;
            setup(&f);
            f.file.data[at] ^= 0xff;
            f.file.data[at + aparts[i]] ^= 0x55;
            const size_t first = record_at(at);
            const size_t second = record_at(at + aparts[i]);
            size_t lost = kinds[first % KINDS].size;
            if (second != first) {
                lost += kinds[second % KINDS].size;
            }
            const outcome result = read_all(&f);
            ck_assert_uint_eq(result.count, RECORDS - (second == first ? 1 : 2));
            ck_assert_uint_eq(result.lost_bytes, lost);
            teardown(&f);
        }
    }
}
END_TEST

START_TEST(a_tail_of_zeros_costs_what_it_covers)
{
    for (size_t from = 0; from < record_offset(RECORDS); from += 3) {
        fixture f;
        setup(&f);
        memset(f.file.data + from, 0, f.file.size - from);
        static const uint8_t zeros[2000];
        append(&f, zeros, sizeof zeros);
        const outcome result = read_all(&f);
        const size_t whole = record_at(from);
        ck_assert_uint_eq(result.count, whole);
        ck_assert_uint_eq(result.lost_bytes, f.file.size - record_offset(whole));
        teardown(&f);
    }
}
END_TEST

/* Removes `count` bytes, or replaces them by zeros. */
static void strike(fixture *f, size_t at, size_t count, bool zeros)
{
    if (zeros) {
        memset(f->file.data + at, 0, count);
        return;
    }
    memmove(f->file.data + at, f->file.data + at + count, f->file.size - at - count);
    f->file.size -= count;
}

START_TEST(a_hole_or_a_missing_stretch_costs_the_records_it_touches)
{
    static const size_t sizes[] = {1, 2, 11, 12, 13, 16, 49, 50, 51, 130};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t at = 0; at + sizes[i] <= record_offset(RECORDS); at += 3) {
            for (int zeros = 0; zeros < 2; zeros++) {
                fixture f;
                setup(&f);
                uint8_t *before = malloc(f.file.size);
                ck_assert_ptr_nonnull(before);
                memcpy(before, f.file.data, f.file.size);
                const size_t size = f.file.size;
                strike(&f, at, sizes[i], zeros != 0);
                const size_t touched = record_at(at + sizes[i] - 1) + 1 - record_at(at);
                /* Zeros over zeros are no damage; after a removal equal bytes may close the gap. */
                const bool changed = f.file.size != size || memcmp(before, f.file.data, size) != 0;
                const outcome result = read_all(&f);
                ck_assert_uint_ge(result.count, RECORDS - touched);
                if (changed) {
                    ck_assert_uint_lt(result.count, RECORDS);
                }
                free(before);
                teardown(&f);
            }
        }
    }
}
END_TEST

START_TEST(bytes_put_between_cost_at_most_one_record)
{
    for (size_t at = 0; at <= record_offset(RECORDS); at++) {
        fixture f;
        setup(&f);
        uint8_t tail[4096];
        const size_t tail_bytes = f.file.size - at;
        memcpy(tail, f.file.data + at, tail_bytes);
        f.file.size = at;
        append(&f, "some other bytes", 16);
        append(&f, tail, tail_bytes);
        const outcome result = read_all(&f);
        const bool between = at == record_offset(RECORDS) || record_offset(record_at(at)) == at;
        ck_assert_uint_eq(result.count, between ? RECORDS : RECORDS - 1);
        teardown(&f);
    }
}
END_TEST

START_TEST(records_behind_a_torn_one_are_found)
{
    for (size_t torn = 1; torn < kinds[1].size; torn++) {
        fixture f;
        setup_empty(&f);
        append_records(&f, 0, 1);
        append(&f, kinds[1].bytes, torn);
        append_records(&f, 2, 4);
        const outcome result = read_all(&f);
        ck_assert_uint_eq(result.count, 3);
        ck_assert_uint_eq(result.lost_bytes, torn);
        teardown(&f);
    }
}
END_TEST

/* A header alone, as left by a writer that stopped there. */
static void append_header(fixture *f, uint64_t payload_bytes)
{
    uint8_t header[RECORD_HEADER_BYTES];
    little_endian_store(header, RECORD_LENGTH_BYTES, payload_bytes);
    little_endian_store(header + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(header, RECORD_LENGTH_BYTES));
    append(f, header, sizeof header);
}

START_TEST(what_follows_a_torn_record_beyond_the_budget_is_found)
{
    /* A length beyond what may be read again of a small file (REREADING_BYTES in record_scan.c),
     * and the largest of a record. */
    static const uint64_t claims[] = {257 << 20, RECORD_PAYLOAD_MAX};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        fixture f;
        setup_empty(&f);
        tblog_reader_set_record_limit(f.reader, 1 << 20); /* so that the claim is not read */
        append_records(&f, 0, 1);
        append_header(&f, claims[i]);
        append_records(&f, 1, 2);
        append_header(&f, 1000);
        append_records(&f, 2, 5);
        append_header(&f, 100);
        append_records(&f, 5, RECORDS);
        f.file.hole_bytes = (size_t)claims[i] + 4096;
        outcome result = {0};
        size_t next = 0;
        while (result.count < RECORDS) { /* and not on to the end of the zeros */
            const tblog_event *event;
            if (tblog_reader_next(f.reader, &event) == TBLOG_OK) {
                note(&f, &result, &next);
                continue;
            }
            uint64_t lost;
            ck_assert_int_eq(tblog_reader_resync(f.reader, &lost), TBLOG_OK);
            ck_assert_uint_eq(lost, RECORD_HEADER_BYTES);
            ck_assert_str_eq(tblog_reader_message(f.reader), "");
        }
        teardown(&f);
    }
}
END_TEST

START_TEST(garbage_of_any_length_is_searched_through)
{
    enum { WINDOW = 64 * 1024 };
    for (size_t bytes = WINDOW - 14; bytes < WINDOW + 14; bytes++) {
        fixture f;
        setup_empty(&f);
        append_records(&f, 0, 1);
        uint8_t *garbage = malloc(bytes);
        ck_assert_ptr_nonnull(garbage);
        for (size_t i = 0; i < bytes; i++) {
            garbage[i] = (uint8_t)(i * 31 + i / 256);
        }
        append(&f, garbage, bytes);
        append_records(&f, 1, 3);
        const outcome result = read_all(&f);
        ck_assert_uint_eq(result.count, 3);
        ck_assert_uint_eq(result.lost_bytes, bytes);
        free(garbage);
        teardown(&f);
    }
}
END_TEST

/* A record with an event whose graph_def holds the bytes of another record. */
static void append_wrapping_record(fixture *f, const uint8_t *bytes, size_t count)
{
    uint8_t record[256] = {0};
    ck_assert_uint_lt(count, 128);
    const size_t payload_bytes = count + 2;
    little_endian_store(record, RECORD_LENGTH_BYTES, payload_bytes);
    little_endian_store(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(record, RECORD_LENGTH_BYTES));
    uint8_t *payload = record + RECORD_HEADER_BYTES;
    payload[0] = 4 << 3 | 2; /* Event.graph_def */
    payload[1] = (uint8_t)count;
    memcpy(payload + 2, bytes, count);
    little_endian_store(payload + payload_bytes, RECORD_CRC_BYTES,
                        crc32c_masked(payload, payload_bytes));
    append(f, record, payload_bytes + RECORD_FRAME_BYTES);
}

START_TEST(a_record_inside_of_a_damaged_payload_is_not_taken_for_one)
{
    for (int last = 0; last < 2; last++) {
        fixture f;
        setup_empty(&f);
        append_records(&f, 0, 1);
        const size_t wrapper_at = f.file.size;
        append_wrapping_record(&f, kinds[2].bytes, kinds[2].size);
        const size_t wrapper_bytes = f.file.size - wrapper_at;
        f.file.data[wrapper_at + RECORD_HEADER_BYTES] ^= 1;
        if (last == 0) {
            append_records(&f, 1, 2);
        }
        const outcome result = read_all(&f);
        ck_assert_uint_eq(result.count, last == 0 ? 2 : 1);
        ck_assert_uint_eq(result.lost_bytes, wrapper_bytes);
        teardown(&f);
    }
}
END_TEST

START_TEST(a_whole_record_that_is_no_event_costs_itself)
{
    fixture f;
    setup_empty(&f);
    append_records(&f, 0, 1);
    append(&f, golden_no_event, sizeof golden_no_event);
    append_records(&f, 1, 3);
    const outcome result = read_all(&f);
    ck_assert_uint_eq(result.count, 3);
    ck_assert_uint_eq(result.lost_bytes, sizeof golden_no_event);
    teardown(&f);
}
END_TEST

START_TEST(a_file_that_grows_behind_damage_is_read_on)
{
    fixture f;
    setup_empty(&f);
    append_records(&f, 0, 2);
    f.file.data[kinds[0].size + 15] ^= 1;
    ck_assert_uint_eq(read_all(&f).count, 1);
    ck_assert_int_eq(tblog_reader_resync(f.reader, NULL), TBLOG_END);
    append_records(&f, 2, 3);
    const outcome result = read_all(&f);
    ck_assert_uint_eq(result.count, 1);
    ck_assert_uint_eq(result.lost_bytes, kinds[1].size);
    teardown(&f);
}
END_TEST

START_TEST(short_and_failing_reads_lose_nothing)
{
    size_t failures = 0;
    for (size_t call = 0;; call++) {
        fixture f;
        setup(&f);
        f.file.data[record_offset(1) + 3] ^= 1;
        f.file.transfer_max = 30;
        const tblog_event *event;
        ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_OK);
        ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_DAMAGED);
        memory_file_fail(&f.file, f.file.calls + call, f.file.calls + call + 1, EIO);
        uint64_t lost;
        tblog_status status = tblog_reader_resync(f.reader, &lost);
        const bool failed = status == TBLOG_IO;
        if (failed) {
            failures++;
            ck_assert_uint_eq(lost, 0);
            ck_assert_ptr_nonnull(strstr(tblog_reader_message(f.reader), strerror(EIO)));
            status = tblog_reader_resync(f.reader, &lost);
        }
        ck_assert_int_eq(status, TBLOG_OK);
        ck_assert_uint_eq(lost, kinds[1].size);
        f.file.fail_from = f.file.fail_until = 0;
        ck_assert_uint_eq(read_all(&f).count, RECORDS - 2);
        teardown(&f);
        if (!failed) {
            break;
        }
    }
    ck_assert_uint_gt(failures, 3);
}
END_TEST

START_TEST(without_damage_there_is_nothing_to_leave_out)
{
    fixture f;
    setup(&f);
    uint64_t lost = 1;
    ck_assert_int_eq(tblog_reader_resync(f.reader, &lost), TBLOG_INVALID);
    ck_assert_uint_eq(lost, 0);
    const tblog_event *event;
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_resync(f.reader, NULL), TBLOG_INVALID);
    ck_assert_uint_eq(read_all(&f).count, RECORDS - 1);
    ck_assert_int_eq(tblog_reader_resync(f.reader, NULL), TBLOG_INVALID);
    size_t bytes = 1;
    ck_assert_ptr_null(tblog_reader_record(f.reader, &bytes));
    ck_assert_uint_eq(bytes, 0);
    ck_assert_int_eq(tblog_reader_resync(NULL, NULL), TBLOG_INVALID);
    teardown(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "reader_resync", a_flipped_bit_costs_its_record_alone,
        damage_in_several_places_costs_those_records_alone, a_tail_of_zeros_costs_what_it_covers,
        a_hole_or_a_missing_stretch_costs_the_records_it_touches,
        bytes_put_between_cost_at_most_one_record, records_behind_a_torn_one_are_found,
        what_follows_a_torn_record_beyond_the_budget_is_found,
        garbage_of_any_length_is_searched_through,
        a_record_inside_of_a_damaged_payload_is_not_taken_for_one,
        a_whole_record_that_is_no_event_costs_itself, a_file_that_grows_behind_damage_is_read_on,
        short_and_failing_reads_lose_nothing, without_damage_there_is_nothing_to_leave_out);
}
