/* What the writer puts into a file, and what it refuses. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "golden_events.h"
#include "reader_internal.h"
#include "writer_fixture.h"
#include "writer_state.h"

/* ---- The file ---- */

START_TEST(the_file_version_is_in_the_file_when_open_returns)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    tblog_reader *reader;
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(&f.file)), TBLOG_OK);
    const tblog_event *event;
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_str_eq(event->file_version, "brain.Event:2");
    char name[64];
    snprintf(name, sizeof name, "tblog %s", tblog_version());
    ck_assert_str_eq(event->writer, name);
    ck_assert_double_eq(event->wall_time, 1000.5);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_END);
    tblog_reader_close(reader);
    ck_assert_str_eq(tblog_writer_path(f.writer), "run/events");
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert(f.file.closed);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(metadata_is_on_the_first_value_of_each_tag_only)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    const tblog_scalar both[] = {{"a", 2.0}, {"b", 3.0}, {"b", 4.0}};
    ck_assert_int_eq(tblog_add_scalars(f.writer, 1, both, 3), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "b", 2, 5.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    point points[8];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    static const bool expected[] = {true, false, true, false, false};
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < count; i++) {
        ck_assert_double_eq(points[i].value, (double)(i + 1));
        ck_assert_int_eq(points[i].has_metadata, expected[i]);
    }
    writer_fixture_free(&f);
}
END_TEST

START_TEST(scalars_may_be_tensors)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.now = GOLDEN_WALL_TIME;
    f.options.flush_interval_ms = 0;
    f.options.tensor_scalars = true;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "t", 3, 2.5), TBLOG_OK);
    check_last_record(&f, golden_scalar_tensor);
    const tblog_scalar scalars[] = {{"u", 0.0}, {"t", -0.0}, {"v", NAN}};
    ck_assert_int_eq(tblog_add_scalars(f.writer, 4, scalars, 3), TBLOG_OK);
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 4, "x"), TBLOG_INVALID);
    point points[4];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count, 4);
    ck_assert_str_eq(points[2].tag, "t");
    ck_assert(points[1].value == 0.0 && points[1].has_metadata);
    ck_assert(points[2].value == 0.0 && signbit(points[2].value) && !points[2].has_metadata);
    ck_assert(isnan(points[3].value));
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(no_scalars_write_nothing)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    const size_t size = f.file.size;
    ck_assert_int_eq(tblog_add_scalars(f.writer, 0, NULL, 0), TBLOG_OK);
    ck_assert_uint_eq(f.file.size, size);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_full_buffer_is_flushed_before_its_time)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.buffer_bytes = 200;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    const size_t before = f.file.size;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    fake_timer_await_wait(&f.timer);
    ck_assert_uint_eq(memory_file_size(&f.file), before);
    for (int i = 1; i < 5; i++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", i, 1.0), TBLOG_OK);
    }
    memory_file_await_size(&f.file, before + 201);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(flush_writes_and_sync_syncs)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
    ck_assert_uint_eq(count_points(&f.file), 1);
    ck_assert_uint_eq(f.file.syncs, 0);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 1, 1.0), TBLOG_OK);
    memory_file_fail(&f.file, f.file.calls + 1, f.file.calls + 3, EINTR);
    ck_assert_int_eq(tblog_writer_sync(f.writer), TBLOG_OK);
    ck_assert_uint_eq(f.file.syncs, 1);
    ck_assert_uint_eq(count_points(&f.file), 2);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

/* ---- Arguments ---- */

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    const size_t before = f.file.size;
    const tblog_scalar second_bad[] = {{"good", 1.0}, {"", 2.0}};
    ck_assert_int_eq(tblog_add_scalar(NULL, "a", 0, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_scalar(f.writer, NULL, 0, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "", 0, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "\xff", 0, 1.0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_scalars(f.writer, 0, NULL, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_scalars(f.writer, 0, second_bad, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "", 0, "{}"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, ""), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, "\xc0"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_writer_flush(NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_writer_sync(NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_writer_close(NULL), TBLOG_OK);
    ck_assert_uint_eq(f.file.size, before);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_OK);
    /* The good tag of the refused pair is still new, so it gets metadata now. */
    ck_assert_int_eq(tblog_add_scalar(f.writer, "good", 0, 1.0), TBLOG_OK);
    point points[2];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert(points[0].has_metadata);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_tag_of_another_kind_is_refused)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, "{}"), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "keras", 0, 1.0), TBLOG_INVALID);
    const tblog_scalar scalars[] = {{"new", 1.0}, {"keras", 2.0}};
    ck_assert_int_eq(tblog_add_scalars(f.writer, 0, scalars, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "new", 0, "{}"), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_wall_time_that_is_not_finite_is_refused)
{
    static const double times[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        writer_fixture f;
        writer_fixture_make(&f);
        f.options.flush_interval_ms = 0;
        ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
        const size_t before = f.file.size;
        f.now = times[i];
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_INVALID);
        ck_assert_int_eq(tblog_add_keras_graph(f.writer, "k", 0, "{}"), TBLOG_INVALID);
        ck_assert_uint_eq(f.file.size, before);
        ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
        ck_assert_int_eq(writer_fixture_open(&f), TBLOG_INVALID);
        ck_assert_ptr_null(f.writer);
        writer_fixture_free(&f);
    }
}
END_TEST

START_TEST(options_of_an_older_header_leave_the_rest_at_its_default)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.size = offsetof(tblog_writer_options, buffer_bytes);
    f.options.flush_interval_ms = 0;
    f.options.clock = NULL;
    f.options.buffer_bytes = 1;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    ck_assert_uint_eq(f.writer->flush_interval_ms, 0);
    ck_assert_uint_eq(f.writer->buffer_bytes, 256 * 1024);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    f.options.size = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_INVALID);
    f.options.size = sizeof f.options + 8;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_INVALID);
    writer_fixture_free(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer", the_file_version_is_in_the_file_when_open_returns,
                     metadata_is_on_the_first_value_of_each_tag_only, scalars_may_be_tensors,
                     no_scalars_write_nothing, a_full_buffer_is_flushed_before_its_time,
                     flush_writes_and_sync_syncs, wrong_arguments_are_refused_and_write_nothing,
                     a_tag_of_another_kind_is_refused, a_wall_time_that_is_not_finite_is_refused,
                     options_of_an_older_header_leave_the_rest_at_its_default);
}
