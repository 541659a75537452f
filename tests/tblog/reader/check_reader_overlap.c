/* Files of headers with correct checksums whose records overlap. A reader that followed each of
 * them would read the file again and again. Ours still reaches the end, and finds the whole records
 * there. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check_main.h"
#include "crc32c.h"
#include "golden_events.h"
#include "little_endian.h"
#include "memory_file.h"
#include "reader_internal.h"
#include "record_format.h"

enum {
    BEGIN = sizeof golden_file_version,
    END = BEGIN + (1 << 20), /* between them are invented bytes, after it whole records */
    RECORDS = 3,             /* whole ones */
    FILE_BYTES = END + sizeof golden_scalars + sizeof golden_later_scalar
};

/* How much of this file the reader may read again, and what finding a header may cost: some
 * thousand bytes, not a whole window of the reader. */
static const uint64_t rereading_bytes = (256 << 20) + 4 * FILE_BYTES;
static const uint64_t finding_bytes = 4096;

static uint8_t content[FILE_BYTES];

static void put_header(size_t at, uint64_t payload_bytes)
{
    little_endian_store(content + at, RECORD_LENGTH_BYTES, payload_bytes);
    little_endian_store(content + at + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(content + at, RECORD_LENGTH_BYTES));
}

static void put_whole_records(void)
{
    memset(content, 0, sizeof content);
    memcpy(content, golden_file_version, sizeof golden_file_version);
    memcpy(content + END, golden_scalars, sizeof golden_scalars);
    memcpy(content + END + sizeof golden_scalars, golden_later_scalar, sizeof golden_later_scalar);
}

/* Reads the file through all damage. The reader gives up, and reports it, if that would take too
 * long. */
static void check_reading(size_t headers, bool gives_up)
{
    memory_file file;
    memory_file_init(&file);
    record_sink *sink = memory_file_sink(&file);
    ck_assert_int_eq(sink->write_at(sink, content, sizeof content, 0), (int)sizeof content);
    ck_assert_int_eq(sink->close(sink), 0);
    tblog_reader *reader;
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(&file)), TBLOG_OK);

    uint64_t lost_bytes = 0;
    size_t events = 0;
    bool told = false;
    const tblog_event *event;
    tblog_status status;
    while ((status = tblog_reader_next(reader, &event)) != TBLOG_END) {
        ck_assert_uint_lt(file.read_bytes,
                          rereading_bytes + headers * finding_bytes + 2 * sizeof content);
        if (status == TBLOG_OK) {
            events++;
            continue;
        }
        uint64_t lost;
        ck_assert_int_eq(tblog_reader_resync(reader, &lost), TBLOG_OK);
        lost_bytes += lost;
        told |= strstr(tblog_reader_message(reader), "not all of this record was searched") != NULL;
    }
    ck_assert(told == gives_up);
    ck_assert_uint_eq(events, RECORDS);
    ck_assert_uint_eq(lost_bytes, END - BEGIN);
    tblog_reader_close(reader);
    memory_file_free(&file);
}

START_TEST(records_within_records_that_end_together)
{
    put_whole_records();
    size_t headers = 0;
    for (size_t at = BEGIN; at + RECORD_FRAME_BYTES < END; at += RECORD_HEADER_BYTES, headers++) {
        put_header(at, END - at - RECORD_FRAME_BYTES);
    }
    check_reading(headers, true);
}
END_TEST

START_TEST(records_within_records_that_end_anywhere)
{
    put_whole_records();
    size_t headers = 0;
    for (size_t at = BEGIN; at + RECORD_FRAME_BYTES < END; at += RECORD_HEADER_BYTES, headers++) {
        put_header(at, (END - at - RECORD_FRAME_BYTES) / 2);
    }
    check_reading(headers, true);
}
END_TEST

START_TEST(records_that_the_file_is_too_short_for)
{
    put_whole_records();
    size_t headers = 0;
    for (size_t at = BEGIN; at + RECORD_FRAME_BYTES < END; at += RECORD_HEADER_BYTES, headers++) {
        put_header(at, RECORD_PAYLOAD_MAX);
    }
    check_reading(headers, false);
}
END_TEST

START_TEST(records_within_records_behind_paths_that_lead_nowhere)
{
    put_whole_records();
    size_t headers = 0;
    for (size_t at = BEGIN; at + 48 < END; at += 24, headers += 2) {
        put_header(at, END - at - RECORD_FRAME_BYTES);
        put_header(at + RECORD_HEADER_BYTES, 24 - RECORD_FRAME_BYTES); /* to the next inner one */
    }
    check_reading(headers, true);
}
END_TEST

START_TEST(whole_records_within_records_that_are_no_events)
{
    enum { LEVELS = 4000, PAYLOAD_BYTES = 80000, APART = RECORD_HEADER_BYTES + 1 };
    put_whole_records();
    for (size_t at = BEGIN; at < BEGIN + LEVELS * APART; at += APART) {
        put_header(at, PAYLOAD_BYTES);
        content[at + RECORD_HEADER_BYTES] = 0xff; /* no field begins so */
    }
    /* Each payload has the checksums of those before. */
    for (size_t at = BEGIN; at < BEGIN + LEVELS * APART; at += APART) {
        uint8_t *payload = content + at + RECORD_HEADER_BYTES;
        little_endian_store(payload + PAYLOAD_BYTES, RECORD_CRC_BYTES,
                            crc32c_masked(payload, PAYLOAD_BYTES));
    }
    check_reading(LEVELS, true);
}
END_TEST

int main(void)
{
    return RUN_TESTS("reader_overlap", records_within_records_that_end_together,
                     records_within_records_that_end_anywhere,
                     records_that_the_file_is_too_short_for,
                     records_within_records_behind_paths_that_lead_nowhere,
                     whole_records_within_records_that_are_no_events);
}
