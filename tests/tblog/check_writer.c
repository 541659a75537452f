/* The writer on a file in memory: contract, faults, threads and time. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "fake_timer.h"
#include "memory_file.h"
#include "reader_internal.h"
#include "writer_internal.h"

static double fixed_wall_time(void *context)
{
    return *(double *)context;
}

typedef struct fixture {
    memory_file file;
    fake_timer timer;
    double now; /* by the wall clock */
    tblog_clock clock;
    tblog_writer_options options;
    tblog_writer *writer;
} fixture;

/* A writer that flushes only when it is told, when its buffer is full, or when its (fake) time has
 * come. */
static void setup(fixture *f)
{
    memory_file_init(&f->file);
    fake_timer_init(&f->timer);
    f->now = 1000.5;
    f->clock = (tblog_clock){.wall_time = fixed_wall_time, .context = &f->now};
    tblog_writer_options_init(&f->options);
    f->options.clock = &f->clock;
    f->writer = NULL;
}

static tblog_status open_writer(fixture *f)
{
    return writer_open_on_sink(&f->writer, memory_file_sink(&f->file), "run/events", &f->options,
                               &f->timer.base);
}

static void teardown(fixture *f)
{
    memory_file_free(&f->file);
    fake_timer_free(&f->timer);
}

/* ---- What a file holds ---- */

typedef struct point {
    char tag[32];
    int64_t step;
    double value;
    bool has_metadata;
} point;

enum { POINTS_MAX = 8192 };

/* Reads all scalars behind the file version; the status behind the last event. */
static tblog_status read_points(memory_file *file, point *points, size_t *count)
{
    memory_file_fail(file, SIZE_MAX, SIZE_MAX, 0);
    tblog_reader *reader;
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(file)), TBLOG_OK);
    tblog_event event;
    tblog_status status = tblog_reader_next(reader, &event);
    *count = 0;
    if (status == TBLOG_OK)
        ck_assert_str_eq(event.file_version, "brain.Event:2");
    while (status == TBLOG_OK && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        for (size_t i = 0; i < event.value_count; i++) {
            ck_assert_uint_lt(*count, POINTS_MAX);
            point *p = &points[(*count)++];
            snprintf(p->tag, sizeof p->tag, "%s", event.values[i].tag);
            p->step = event.step;
            p->value = event.values[i].scalar;
            p->has_metadata = strcmp(event.values[i].plugin, "scalars") == 0;
        }
    }
    tblog_reader_close(reader);
    return status;
}

static size_t count_points(memory_file *file)
{
    static point points[POINTS_MAX];
    size_t count;
    ck_assert_int_eq(read_points(file, points, &count), TBLOG_END);
    return count;
}

/* ---- The file ---- */

START_TEST(the_file_version_is_in_the_file_when_open_returns)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    tblog_reader *reader;
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(&f.file)), TBLOG_OK);
    tblog_event event;
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_str_eq(event.file_version, "brain.Event:2");
    char name[64];
    snprintf(name, sizeof name, "tblog %s", tblog_version());
    ck_assert_str_eq(event.writer, name);
    ck_assert_double_eq(event.wall_time, 1000.5);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_END);
    tblog_reader_close(reader);
    ck_assert_str_eq(tblog_writer_path(f.writer), "run/events");
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert(f.file.closed);
    teardown(&f);
}
END_TEST

START_TEST(metadata_is_on_the_first_value_of_each_tag_only)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
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
    teardown(&f);
}
END_TEST

START_TEST(no_scalars_write_nothing)
{
    fixture f;
    setup(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    size_t size = f.file.size;
    ck_assert_int_eq(tblog_add_scalars(f.writer, 0, NULL, 0), TBLOG_OK);
    ck_assert_uint_eq(f.file.size, size);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    teardown(&f);
}
END_TEST

START_TEST(a_full_buffer_is_flushed_by_the_call_that_filled_it)
{
    fixture f;
    setup(&f);
    f.options.buffer_bytes = 200;
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    size_t before = f.file.size;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    ck_assert_uint_eq(memory_file_size(&f.file), before);
    for (int i = 1; i < 5; i++)
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", i, 1.0), TBLOG_OK);
    ck_assert_uint_gt(memory_file_size(&f.file), before + 200);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    teardown(&f);
}
END_TEST

START_TEST(flush_writes_and_sync_syncs)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
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
    teardown(&f);
}
END_TEST

/* ---- Arguments ---- */

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    fixture f;
    setup(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    size_t before = f.file.size;
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
    /* The good tag of the refused pair is new still, so it has metadata now. */
    ck_assert_int_eq(tblog_add_scalar(f.writer, "good", 0, 1.0), TBLOG_OK);
    point points[2];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert(points[0].has_metadata);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    teardown(&f);
}
END_TEST

START_TEST(a_tag_of_another_kind_is_refused)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, "{}"), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "keras", 0, 1.0), TBLOG_INVALID);
    const tblog_scalar scalars[] = {{"new", 1.0}, {"keras", 2.0}};
    ck_assert_int_eq(tblog_add_scalars(f.writer, 0, scalars, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "new", 0, "{}"), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    teardown(&f);
}
END_TEST

START_TEST(a_wall_time_that_is_not_finite_is_refused)
{
    static const double times[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        fixture f;
        setup(&f);
        f.options.flush_interval_ms = 0;
        ck_assert_int_eq(open_writer(&f), TBLOG_OK);
        size_t before = f.file.size;
        f.now = times[i];
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_INVALID);
        ck_assert_int_eq(tblog_add_keras_graph(f.writer, "k", 0, "{}"), TBLOG_INVALID);
        ck_assert_uint_eq(f.file.size, before);
        ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
        ck_assert_int_eq(open_writer(&f), TBLOG_INVALID);
        ck_assert_ptr_null(f.writer);
        teardown(&f);
    }
}
END_TEST

START_TEST(options_of_an_older_header_leave_the_rest_at_its_default)
{
    fixture f;
    setup(&f);
    f.options.size = offsetof(tblog_writer_options, buffer_bytes);
    f.options.flush_interval_ms = 0;
    f.options.clock = NULL;
    f.options.buffer_bytes = 1;
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    ck_assert_uint_eq(f.writer->flush_interval_ms, 0);
    ck_assert_uint_eq(f.writer->buffer_bytes, 64 * 1024);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    f.options.size = 0;
    ck_assert_int_eq(open_writer(&f), TBLOG_INVALID);
    f.options.size = sizeof f.options + 8;
    ck_assert_int_eq(open_writer(&f), TBLOG_INVALID);
    teardown(&f);
}
END_TEST

/* ---- Faults ---- */

START_TEST(the_first_error_stays_until_it_is_cleared)
{
    fixture f;
    setup(&f);
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    ck_assert_str_eq(tblog_writer_message(f.writer), "");
    f.file.disk_bytes = f.file.size + 20;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_IO);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_IO);
    ck_assert_str_eq(tblog_writer_message(f.writer),
                     "write failed: No space left on device: run/events");
    f.file.disk_bytes = SIZE_MAX;
    size_t calls = f.file.calls;
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
    teardown(&f);
}
END_TEST

START_TEST(close_reports_an_error_that_nobody_saw)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    f.file.disk_bytes = f.file.size;
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert(f.file.closed);
    ck_assert_uint_eq(count_points(&f.file), 0);
    teardown(&f);
}
END_TEST

START_TEST(close_reports_that_the_file_could_not_be_closed)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    memory_file_fail(&f.file, f.file.calls, SIZE_MAX, EIO);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
    ck_assert_int_eq(errno, EIO);
    teardown(&f);
}
END_TEST

START_TEST(open_fails_where_the_first_record_cannot_be_written)
{
    for (size_t room = 0; room < 50; room++) {
        fixture f;
        setup(&f);
        f.file.disk_bytes = room;
        ck_assert_int_eq(open_writer(&f), TBLOG_IO);
        ck_assert_int_eq(errno, ENOSPC);
        ck_assert_ptr_null(f.writer);
        ck_assert(f.file.closed);
        ck_assert_uint_eq(f.file.size, 0);
        teardown(&f);
    }
}
END_TEST

/* Logs 30 events through the given faults, clearing each error, and closes; then the file must hold
 * just the events whose calls said so, each once. Returns the number of calls that failed. */
static size_t log_through_faults(fixture *f, size_t from, size_t until, bool faults_end)
{
    static point accepted[POINTS_MAX];
    static point found[POINTS_MAX];
    size_t accepted_count = 0;
    size_t failures = 0;
    ck_assert_int_eq(open_writer(f), TBLOG_OK);
    memory_file_fail(&f->file, from, until, EIO);
    for (int i = 0; i < 30; i++) {
        char tags[2][16];
        snprintf(tags[0], sizeof tags[0], "tag %d", i % 4);
        snprintf(tags[1], sizeof tags[1], "tag %d", i % 6);
        const tblog_scalar scalars[] = {{tags[0], i}, {tags[1], -i}};
        tblog_status status = tblog_add_scalars(f->writer, i, scalars, 2);
        if (status == TBLOG_OK && i % 10 == 9)
            status = tblog_writer_sync(f->writer) == TBLOG_OK ? TBLOG_OK : TBLOG_END;
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
    if (faults_end)
        memory_file_fail(&f->file, SIZE_MAX, SIZE_MAX, 0);
    tblog_status closed = tblog_writer_close(f->writer);
    size_t found_count;
    tblog_status end = read_points(&f->file, found, &found_count);
    if (closed == TBLOG_OK) {
        ck_assert_int_eq(end, TBLOG_END);
        ck_assert_uint_eq(found_count, accepted_count);
    }
    ck_assert(end == TBLOG_END || end == TBLOG_TRUNCATED);
    ck_assert_uint_le(found_count, accepted_count);
    for (size_t i = 0; i < found_count; i++) {
        ck_assert_int_eq(found[i].step, accepted[i].step);
        ck_assert_str_eq(found[i].tag, accepted[i].tag);
        ck_assert_double_eq(found[i].value, accepted[i].value);
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && strcmp(found[k].tag, found[i].tag) != 0;
        ck_assert_int_eq(found[i].has_metadata, first);
    }
    return failures + (closed != TBLOG_OK);
}

/* `length` calls fail, from each call on; in three ways of buffering. */
static void fail_at_every_call(size_t length, bool faults_end)
{
    static const size_t buffers[] = {1, 300, 1 << 20};
    for (size_t way = 0; way < sizeof buffers / sizeof buffers[0]; way++) {
        size_t from = 2;
        for (bool reached = true; reached; from++) {
            fixture f;
            setup(&f);
            f.options.flush_interval_ms = way == 0 ? 0 : 60000;
            f.options.buffer_bytes = buffers[way];
            f.file.transfer_max = 50;
            reached = log_through_faults(&f, from, from + length, faults_end) > 0;
            teardown(&f);
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

/* ---- Time ---- */

START_TEST(a_point_is_flushed_when_its_time_has_come_and_not_before)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    size_t before = memory_file_size(&f.file);
    for (int64_t step = 0; step < 3; step++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", step, 1.0), TBLOG_OK);
        fake_timer_advance(&f.timer, 749);
        fake_timer_await_wait(&f.timer);
        ck_assert_uint_eq(memory_file_size(&f.file), before);
        /* A younger point goes with the older one. */
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", step, 2.0), TBLOG_OK);
        fake_timer_advance(&f.timer, 1);
        memory_file_await_size(&f.file, before + 1);
        before = memory_file_size(&f.file);
        ck_assert_uint_eq(count_points(&f.file), 2 * (size_t)step + 2);
    }
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    teardown(&f);
}
END_TEST

START_TEST(the_interval_begins_anew_behind_a_flush)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    fake_timer_advance(&f.timer, 700);
    fake_timer_await_wait(&f.timer);
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 1, 1.0), TBLOG_OK);
    size_t before = memory_file_size(&f.file);
    fake_timer_advance(&f.timer, 700);
    fake_timer_await_wait(&f.timer);
    ck_assert_uint_eq(memory_file_size(&f.file), before);
    fake_timer_advance(&f.timer, 50);
    memory_file_await_size(&f.file, before + 1);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    teardown(&f);
}
END_TEST

START_TEST(an_error_of_the_flusher_is_latched_and_what_it_held_is_written_once_cleared)
{
    fixture f;
    setup(&f);
    ck_assert_int_eq(open_writer(&f), TBLOG_OK);
    size_t before = memory_file_size(&f.file);
    memory_file_fail(&f.file, 1, 2, EDQUOT);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    fake_timer_advance(&f.timer, 750);
    while (tblog_writer_status(f.writer) == TBLOG_OK)
        sched_yield();
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 1, 1.0), TBLOG_IO);
    tblog_writer_clear_error(f.writer);
    fake_timer_advance(&f.timer, 750);
    memory_file_await_size(&f.file, before + 1);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert_uint_eq(count_points(&f.file), 1);
    teardown(&f);
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 6, STEPS = 400 };

typedef struct logging_thread {
    pthread_t thread;
    tblog_writer *writer;
    int number;
    int refused;
} logging_thread;

static void *log_steps(void *argument)
{
    logging_thread *self = argument;
    char tag[32];
    snprintf(tag, sizeof tag, "thread %d", self->number);
    for (int64_t step = 0; step < STEPS; step++) {
        const tblog_scalar scalars[] = {{tag, (double)step}, {"shared", (double)self->number}};
        self->refused += tblog_add_scalars(self->writer, step, scalars, 2) != TBLOG_OK;
        if (step % 100 == 50)
            self->refused += tblog_writer_flush(self->writer) != TBLOG_OK;
        if (step % 100 == 70)
            self->refused += tblog_writer_status(self->writer) != TBLOG_OK ||
                             tblog_writer_message(self->writer)[0] != '\0';
    }
    return NULL;
}

START_TEST(threads_log_side_by_side_and_each_point_is_there_in_its_order)
{
    static point points[POINTS_MAX];
    fixture f;
    setup(&f);
    f.options.flush_interval_ms = 1;
    f.options.buffer_bytes = 4096;
    ck_assert_int_eq(writer_open_on_sink(&f.writer, memory_file_sink(&f.file), "run", &f.options,
                                         &flush_timer_system),
                     TBLOG_OK);
    logging_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (logging_thread){.writer = f.writer, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, log_steps, &threads[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i].thread, NULL), 0);
        ck_assert_int_eq(threads[i].refused, 0);
    }
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count, 2 * THREADS * STEPS);
    int64_t next[THREADS] = {0};
    for (size_t i = 0; i < count; i += 2) {
        int number = (int)points[i + 1].value;
        ck_assert_str_eq(points[i + 1].tag, "shared");
        ck_assert_int_eq(points[i].step, next[number]);
        next[number]++;
    }
    teardown(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer", the_file_version_is_in_the_file_when_open_returns,
                     metadata_is_on_the_first_value_of_each_tag_only, no_scalars_write_nothing,
                     a_full_buffer_is_flushed_by_the_call_that_filled_it,
                     flush_writes_and_sync_syncs, wrong_arguments_are_refused_and_write_nothing,
                     a_tag_of_another_kind_is_refused, a_wall_time_that_is_not_finite_is_refused,
                     options_of_an_older_header_leave_the_rest_at_its_default,
                     the_first_error_stays_until_it_is_cleared,
                     close_reports_an_error_that_nobody_saw,
                     close_reports_that_the_file_could_not_be_closed,
                     open_fails_where_the_first_record_cannot_be_written,
                     one_failing_call_anywhere_loses_and_repeats_nothing,
                     several_failing_calls_anywhere_lose_and_repeat_nothing,
                     calls_that_fail_up_to_the_close_lose_only_the_end,
                     a_point_is_flushed_when_its_time_has_come_and_not_before,
                     the_interval_begins_anew_behind_a_flush,
                     an_error_of_the_flusher_is_latched_and_what_it_held_is_written_once_cleared,
                     threads_log_side_by_side_and_each_point_is_there_in_its_order);
}
