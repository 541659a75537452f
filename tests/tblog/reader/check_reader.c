#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "golden_events.h"
#include "memory_file.h"
#include "reader_internal.h"
#include "record_format.h"
#include "temporary_directory.h"

/* A file of three events that the stock package wrote. */
enum { EVENTS = 3 };
static const size_t event_sizes[EVENTS] = {sizeof golden_file_version, sizeof golden_scalars,
                                           sizeof golden_later_scalar};

static size_t event_offset(size_t event)
{
    size_t offset = 0;
    for (size_t i = 0; i < event; i++) {
        offset += event_sizes[i];
    }
    return offset;
}

static void append(memory_file *file, const uint8_t *bytes, size_t count)
{
    record_sink *sink = memory_file_sink(file);
    ck_assert_int_eq(sink->write_at(sink, bytes, count, file->size), (int)count);
    ck_assert_int_eq(sink->close(sink), 0);
    file->calls = 0;
}

typedef struct fixture {
    memory_file file;
    tblog_reader *reader;
} fixture;

static void setup(fixture *f)
{
    memory_file_init(&f->file);
    append(&f->file, golden_file_version, sizeof golden_file_version);
    append(&f->file, golden_scalars, sizeof golden_scalars);
    append(&f->file, golden_later_scalar, sizeof golden_later_scalar);
    ck_assert_int_eq(reader_open_on_source(&f->reader, memory_file_source(&f->file)), TBLOG_OK);
}

static void teardown(fixture *f)
{
    tblog_reader_close(f->reader);
    memory_file_free(&f->file);
}

/* Reads whole events from number `first` on and checks each. Returns the status after the last
 * one. */
static tblog_status read_on(fixture *f, size_t first, size_t *next)
{
    static const int64_t steps[EVENTS] = {0, 7, -3};
    tblog_status status;
    const tblog_event *event;
    for (*next = first; (status = tblog_reader_next(f->reader, &event)) == TBLOG_OK; ++*next) {
        ck_assert_uint_lt(*next, EVENTS);
        ck_assert_double_eq(event->wall_time, GOLDEN_WALL_TIME);
        ck_assert_str_eq(tblog_reader_message(f->reader), "");
        ck_assert_int_eq(event->step, steps[*next]);
        ck_assert_uint_eq(event->offset, event_offset(*next));
        ck_assert_uint_eq(tblog_reader_offset(f->reader), event_offset(*next + 1));
    }
    ck_assert_ptr_null(event);
    ck_assert_uint_eq(tblog_reader_offset(f->reader), event_offset(*next));
    return status;
}

START_TEST(the_events_of_a_stock_file_are_read)
{
    fixture f;
    setup(&f);
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_END);
    ck_assert_uint_eq(next, EVENTS);
    ck_assert_str_eq(tblog_reader_message(f.reader), "");
    teardown(&f);
}
END_TEST

START_TEST(every_truncation_is_told_and_read_on_once_the_rest_is_there)
{
    for (size_t size = 0; size < event_offset(EVENTS); size++) {
        fixture f;
        setup(&f);
        const size_t whole_size = f.file.size;
        f.file.size = size;
        size_t whole = 0;
        while (event_offset(whole + 1) <= size) {
            whole++;
        }
        const bool at_boundary = event_offset(whole) == size;
        size_t next;
        ck_assert_int_eq(read_on(&f, 0, &next), at_boundary ? TBLOG_END : TBLOG_TRUNCATED);
        ck_assert_uint_eq(next, whole);
        char message[128] = "";
        if (!at_boundary) {
            snprintf(message, sizeof message, "at byte %zu: the file ends inside a record",
                     event_offset(whole));
        }
        ck_assert_str_eq(tblog_reader_message(f.reader), message);
        f.file.size = whole_size;
        ck_assert_int_eq(read_on(&f, next, &next), TBLOG_END);
        ck_assert_uint_eq(next, EVENTS);
        teardown(&f);
    }
}
END_TEST

START_TEST(every_flipped_byte_is_damage_for_good)
{
    for (size_t at = 0; at < event_offset(EVENTS); at++) {
        fixture f;
        setup(&f);
        f.file.data[at] ^= 0xff;
        size_t hit = 0;
        while (event_offset(hit + 1) <= at) {
            hit++;
        }
        size_t next;
        ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_DAMAGED);
        ck_assert_uint_eq(next, hit);
        char start[64];
        snprintf(start, sizeof start, "at byte %zu: the checksum", event_offset(hit));
        ck_assert_int_eq(strncmp(tblog_reader_message(f.reader), start, strlen(start)), 0);
        f.file.data[at] ^= 0xff;
        ck_assert_int_eq(read_on(&f, next, &next), TBLOG_DAMAGED);
        teardown(&f);
    }
}
END_TEST

START_TEST(a_whole_record_that_is_no_event_is_damage)
{
    fixture f;
    setup(&f);
    f.file.size = event_offset(1);
    append(&f.file, golden_no_event, sizeof golden_no_event);
    size_t next;
    const tblog_status status = read_on(&f, 0, &next);
    ck_assert_msg(status == TBLOG_DAMAGED, "%s", tblog_reader_message(f.reader));
    ck_assert_uint_eq(next, 1);
    ck_assert_str_eq(tblog_reader_message(f.reader), "at byte 50: the record is not an event");
    teardown(&f);
}
END_TEST

START_TEST(a_failing_read_is_told_and_can_be_repeated)
{
    fixture f;
    setup(&f);
    f.file.transfer_max = 60;
    memory_file_fail(&f.file, 2, 3, EIO);
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_IO);
    ck_assert_uint_eq(next, 1);
    char message[128];
    snprintf(message, sizeof message, "at byte %zu: reading failed: %s", event_offset(1),
             strerror(EIO));
    ck_assert_str_eq(tblog_reader_message(f.reader), message);
    ck_assert_int_eq(read_on(&f, next, &next), TBLOG_END);
    ck_assert_uint_eq(next, EVENTS);
    teardown(&f);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char path[256];
    tblog_reader *reader;
    ck_assert_int_eq(
        tblog_reader_open(&reader, temporary_path(&directory, "none", path, sizeof path)),
        TBLOG_IO);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(tblog_reader_open(&reader, directory.path), TBLOG_IO);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_int_eq(mkfifo(temporary_path(&directory, "pipe", path, sizeof path), 0600), 0);
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_IO);
    ck_assert_int_eq(errno, ESPIPE);
    ck_assert_int_eq(tblog_reader_open(&reader, "/dev/zero"), TBLOG_IO);
    ck_assert_ptr_null(reader);
    ck_assert_int_eq(tblog_reader_open(&reader, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_reader_open(NULL, path), TBLOG_INVALID);
    temporary_directory_remove(&directory);
}
END_TEST

START_TEST(a_record_beyond_the_callers_limit_is_refused_and_can_be_passed)
{
    fixture f;
    setup(&f);
    const size_t largest = sizeof golden_scalars - RECORD_FRAME_BYTES;
    ck_assert_uint_gt(largest, sizeof golden_later_scalar - RECORD_FRAME_BYTES);
    ck_assert_uint_gt(largest, sizeof golden_file_version - RECORD_FRAME_BYTES);
    tblog_reader_set_record_limit(f.reader, largest - 1);
    const tblog_event *event;
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_DAMAGED);
    ck_assert_ptr_null(event);
    ck_assert_ptr_nonnull(strstr(tblog_reader_message(f.reader), "larger than the reader's limit"));
    tblog_reader_set_record_limit(f.reader, largest);
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_OK);
    ck_assert_int_eq(event->step, 7);
    tblog_reader_close(f.reader);

    ck_assert_int_eq(reader_open_on_source(&f.reader, memory_file_source(&f.file)), TBLOG_OK);
    tblog_reader_set_record_limit(f.reader, largest - 1);
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_DAMAGED);
    uint64_t lost;
    ck_assert_int_eq(tblog_reader_resync(f.reader, &lost), TBLOG_OK);
    ck_assert_uint_eq(lost, sizeof golden_scalars);
    ck_assert_int_eq(tblog_reader_next(f.reader, &event), TBLOG_OK);
    ck_assert_int_eq(event->step, -3);
    tblog_reader_close(f.reader);

    ck_assert_int_eq(reader_open_on_source(&f.reader, memory_file_source(&f.file)), TBLOG_OK);
    tblog_reader_set_record_limit(f.reader, 1);
    tblog_reader_set_record_limit(f.reader, 0);
    tblog_reader_set_record_limit(NULL, 1);
    size_t next;
    ck_assert_int_eq(read_on(&f, 0, &next), TBLOG_END);
    ck_assert_uint_eq(next, EVENTS);
    teardown(&f);
}
END_TEST

START_TEST(an_empty_file_ends_at_once)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    char path[256];
    close(open(temporary_path(&directory, "empty", path, sizeof path), O_CREAT | O_WRONLY, 0600));
    tblog_reader *reader;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    const tblog_event *event;
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_END);
    ck_assert_uint_eq(tblog_reader_offset(reader), 0);
    ck_assert_int_eq(tblog_reader_next(reader, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_reader_next(NULL, &event), TBLOG_INVALID);
    tblog_reader_close(reader);
    tblog_reader_close(NULL);
    temporary_directory_remove(&directory);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "reader", the_events_of_a_stock_file_are_read,
        every_truncation_is_told_and_read_on_once_the_rest_is_there,
        every_flipped_byte_is_damage_for_good, a_whole_record_that_is_no_event_is_damage,
        a_failing_read_is_told_and_can_be_repeated, what_is_no_regular_file_is_refused,
        a_record_beyond_the_callers_limit_is_refused_and_can_be_passed, an_empty_file_ends_at_once);
}
