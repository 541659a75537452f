/* The writer's promises while the system fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "writer_fixture.h"

START_TEST(the_first_error_stays_until_it_is_cleared)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_str_eq(tblog_writer_message(f.writer), "");
    f.file.disk_bytes = f.file.size + 20;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_IO);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_IO);
    ck_assert_str_eq(tblog_writer_message(f.writer),
                     "write failed: No space left on device: run/events");
    f.file.disk_bytes = SIZE_MAX;
    const size_t calls = f.file.calls;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 1, 1.0), TBLOG_IO);
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_IO);
    ck_assert_int_eq(tblog_writer_sync(f.writer), TBLOG_IO);
    ck_assert_uint_eq(f.file.calls, calls);
    tblog_writer_clear_error(f.writer);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_OK);
    ck_assert_str_eq(tblog_writer_message(f.writer), "");
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 2, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    point points[4];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(points[0].step, 2);
    ck_assert(points[0].has_metadata);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(close_reports_an_error_that_nobody_saw)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    f.file.disk_bytes = f.file.size;
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_str_eq(tblog_writer_message(NULL),
                     "write failed: No space left on device: run/events");
    ck_assert(f.file.closed);
    ck_assert_uint_eq(count_points(&f.file), 0);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(close_reports_that_the_file_could_not_be_closed)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    memory_file_fail(&f.file, f.file.calls, SIZE_MAX, EIO);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
    ck_assert_int_eq(errno, EIO);
    ck_assert_str_eq(tblog_writer_message(NULL), "close failed: Input/output error: run/events");
    writer_fixture_free(&f);
}
END_TEST

START_TEST(open_fails_where_the_first_record_cannot_be_written)
{
    for (size_t room = 0; room < 50; room++) {
        writer_fixture f;
        writer_fixture_make(&f);
        f.file.disk_bytes = room;
        ck_assert_int_eq(writer_fixture_open(&f), TBLOG_IO);
        ck_assert_int_eq(errno, ENOSPC);
        ck_assert_ptr_null(f.writer);
        ck_assert(f.file.closed);
        ck_assert_uint_eq(f.file.size, 0);
        writer_fixture_free(&f);
    }
}
END_TEST

/* Logs 30 events through the given faults, clears each error, and closes. Then the file must have
 * exactly the events whose calls returned TBLOG_OK, each once. Returns the number of failed
 * calls. */
static size_t log_through_faults(writer_fixture *f, size_t from, size_t until, bool faults_end)
{
    static point accepted[POINTS_MAX];
    static point found[POINTS_MAX];
    size_t accepted_count = 0;
    size_t failures = 0;
    ck_assert_int_eq(writer_fixture_open(f), TBLOG_OK);
    memory_file_fail(&f->file, from, until, EIO);
    for (int i = 0; i < 30; i++) {
        char tags[2][16];
        snprintf(tags[0], sizeof tags[0], "tag %d", i % 4);
        snprintf(tags[1], sizeof tags[1], "tag %d", i % 6);
        const tblog_scalar scalars[] = {{tags[0], i}, {tags[1], -i}};
        tblog_status status = tblog_add_scalars(f->writer, i, scalars, 2);
        if (status == TBLOG_OK && i % 10 == 9) {
            status = tblog_writer_sync(f->writer) == TBLOG_OK ? TBLOG_OK : TBLOG_END;
        }
        if (status == TBLOG_OK || status == TBLOG_END) {
            for (int k = 0; k < 2; k++) {
                point *p = &accepted[accepted_count++];
                *p = (point){.step = i, .value = scalars[k].value};
                snprintf(p->tag, sizeof p->tag, "%s", scalars[k].tag);
            }
        }
        if (status != TBLOG_OK) {
            failures++;
            ck_assert_int_eq(tblog_writer_status(f->writer), TBLOG_IO);
            tblog_writer_clear_error(f->writer);
        }
    }
    if (faults_end) {
        memory_file_fail(&f->file, SIZE_MAX, SIZE_MAX, 0);
    }
    const tblog_status closed = tblog_writer_close(f->writer);
    size_t found_count;
    const tblog_status end = read_points(&f->file, found, &found_count);
    if (closed == TBLOG_OK) {
        ck_assert_int_eq(end, TBLOG_END);
        ck_assert_uint_eq(found_count, accepted_count);
    }
    ck_assert(end == TBLOG_END || end == TBLOG_TRUNCATED);
    ck_assert_uint_le(found_count, accepted_count);
    for (size_t i = 0; i < found_count; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++) {
            first = first && strcmp(found[k].tag, found[i].tag) != 0;
        }
        ck_assert(found[i].step == accepted[i].step && found[i].value == accepted[i].value &&
                  strcmp(found[i].tag, accepted[i].tag) == 0 && found[i].has_metadata == first);
    }
    return failures + (closed != TBLOG_OK);
}

/* Lets `length` calls fail, beginning with each call in turn, in three ways of buffering. */
static void fail_at_every_call(size_t length, bool faults_end)
{
    static const size_t buffers[] = {1, 300, 1 << 20};
    for (size_t way = 0; way < sizeof buffers / sizeof buffers[0]; way++) {
        size_t from = 2;
        for (bool reached = true; reached; from++) {
            writer_fixture f;
            writer_fixture_make(&f);
            f.options.flush_interval_ms = way == 0 ? 0 : 60000;
            f.options.buffer_bytes = buffers[way];
            f.file.transfer_max = 50;
            reached = log_through_faults(&f, from, from + length, faults_end) > 0;
            writer_fixture_free(&f);
        }
        ck_assert_uint_gt(from, 20);
    }
}

START_TEST(one_failing_call_anywhere_loses_and_repeats_nothing)
{
    fail_at_every_call(1, true);
}
END_TEST

START_TEST(several_failing_calls_anywhere_lose_and_repeat_nothing)
{
    fail_at_every_call(2, true);
    fail_at_every_call(7, true);
}
END_TEST

START_TEST(calls_that_fail_up_to_the_close_lose_only_the_end)
{
    fail_at_every_call(3, false);
    fail_at_every_call(10000, false);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_faults", the_first_error_stays_until_it_is_cleared,
                     close_reports_an_error_that_nobody_saw,
                     close_reports_that_the_file_could_not_be_closed,
                     open_fails_where_the_first_record_cannot_be_written,
                     one_failing_call_anywhere_loses_and_repeats_nothing,
                     several_failing_calls_anywhere_lose_and_repeat_nothing,
                     calls_that_fail_up_to_the_close_lose_only_the_end);
}
