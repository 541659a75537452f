/* The bounded queue when it is full, and the options sync_every_flush and retry_after_error. Tests
 * lock the writer's file to stop it from writing. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "reader_internal.h"
#include "writer_fixture.h"
#include "writer_state.h"

enum { EVENTS = 100 };

static void open_with_small_queue(writer_fixture *f, tblog_full_queue full_queue)
{
    writer_fixture_make(f);
    f->options.queue_bytes = 1000;
    f->options.full_queue = full_queue;
    ck_assert_int_eq(writer_fixture_open(f), TBLOG_OK);
}

/* ---- Full ---- */

START_TEST(a_call_fails_where_the_queue_is_full_and_its_event_is_nowhere)
{
    writer_fixture f;
    open_with_small_queue(&f, TBLOG_FULL_QUEUE_FAIL);
    pthread_mutex_lock(&f.writer->io);
    int64_t accepted = 0;
    for (int64_t step = 0; step < EVENTS; step++) {
        const bool full = f.writer->queue.records.size >= 1000;
        const tblog_status status = tblog_add_scalar(f.writer, "a", step, 1.0);
        ck_assert_int_eq(status, full ? TBLOG_FULL : TBLOG_OK);
        accepted += status == TBLOG_OK;
    }
    ck_assert_int_gt(accepted, 10);
    ck_assert_int_lt(accepted, 40);
    /* A new tag that was refused is still new. */
    ck_assert_int_eq(tblog_add_scalar(f.writer, "b", 0, 1.0), TBLOG_FULL);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_OK);
    pthread_mutex_unlock(&f.writer->io);
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "b", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    point points[EVENTS];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count, (size_t)accepted + 1);
    for (int64_t step = 0; step < accepted; step++) {
        ck_assert_int_eq(points[step].step, step);
    }
    ck_assert(points[accepted].has_metadata);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(the_oldest_events_are_dropped_and_counted_but_not_a_tags_first)
{
    writer_fixture f;
    open_with_small_queue(&f, TBLOG_FULL_QUEUE_DROP_OLDEST);
    pthread_mutex_lock(&f.writer->io);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "first", 0, 1.0), TBLOG_OK);
    for (int64_t step = 0; step < EVENTS; step++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, step < 50 ? "a" : "b", step, 1.0), TBLOG_OK);
    }
    const uint64_t dropped = tblog_writer_dropped(f.writer);
    ck_assert_uint_gt(dropped, 50);
    pthread_mutex_unlock(&f.writer->io);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    point points[EVENTS + 1];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count + dropped, EVENTS + 1);
    ck_assert_str_eq(points[0].tag, "first");
    ck_assert_int_eq(points[1].step, 0);
    ck_assert_int_eq(points[2].step, 50);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(points[i].has_metadata, i < 3);
    }
    for (size_t i = 3; i < count; i++) {
        ck_assert_int_eq(points[i].step, EVENTS - (int64_t)(count - i));
    }
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_graph_def_is_not_dropped)
{
    const uint8_t graph[] = {0, 1, 2};
    writer_fixture f;
    open_with_small_queue(&f, TBLOG_FULL_QUEUE_DROP_OLDEST);
    pthread_mutex_lock(&f.writer->io);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, sizeof graph), TBLOG_OK);
    for (int64_t step = 0; step < EVENTS; step++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", step, 1.0), TBLOG_OK);
    }
    ck_assert_uint_gt(tblog_writer_dropped(f.writer), 50);
    pthread_mutex_unlock(&f.writer->io);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    tblog_reader *reader;
    const tblog_event *event;
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(&f.file)), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_str_eq(event->content, "file_version");
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_str_eq(event->content, "graph_def");
    tblog_reader_close(reader);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(where_only_first_values_are_queued_none_is_dropped)
{
    writer_fixture f;
    open_with_small_queue(&f, TBLOG_FULL_QUEUE_DROP_OLDEST);
    pthread_mutex_lock(&f.writer->io);
    size_t accepted = 0;
    for (int i = 0; i < EVENTS; i++) {
        char tag[16];
        snprintf(tag, sizeof tag, "tag %d", i);
        const tblog_status status = tblog_add_scalar(f.writer, tag, 0, 1.0);
        ck_assert(status == TBLOG_OK || status == TBLOG_FULL);
        accepted += status == TBLOG_OK;
    }
    ck_assert_uint_lt(accepted, EVENTS);
    ck_assert_uint_eq(tblog_writer_dropped(f.writer), 0);
    pthread_mutex_unlock(&f.writer->io);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert_uint_eq(count_points(&f.file), accepted);
    writer_fixture_free(&f);
}
END_TEST

static void *add_events(void *writer)
{
    for (int64_t step = 0; step < EVENTS; step++) {
        if (tblog_add_scalar(writer, "a", step, 1.0) != TBLOG_OK) {
            return NULL;
        }
    }
    return writer;
}

/* Waits until the queue is full. Then the thread that fills it waits for room, or soon will. */
static void await_full(tblog_writer *writer)
{
    for (bool full = false; !full;) {
        sched_yield();
        pthread_mutex_lock(&writer->mutex);
        full = writer->queue.records.size >= writer->queue_bytes;
        pthread_mutex_unlock(&writer->mutex);
    }
}

START_TEST(a_call_waits_for_room_and_nothing_is_lost)
{
    writer_fixture f;
    open_with_small_queue(&f, TBLOG_FULL_QUEUE_WAIT);
    pthread_mutex_lock(&f.writer->io);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, add_events, f.writer), 0);
    await_full(f.writer);
    pthread_mutex_unlock(&f.writer->io);
    void *result;
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_ptr_eq(result, f.writer);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert_uint_eq(count_points(&f.file), EVENTS);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_call_that_waits_for_room_returns_when_the_disk_fails)
{
    for (int retry = 0; retry < 2; retry++) {
        writer_fixture f;
        writer_fixture_make(&f);
        f.options.queue_bytes = 1000;
        f.options.retry_after_error = retry == 1;
        ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
        f.file.disk_bytes = f.file.size;
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, add_events, f.writer), 0);
        void *result;
        ck_assert_int_eq(pthread_join(thread, &result), 0);
        ck_assert_ptr_null(result);
        ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_IO);
        ck_assert_int_eq(errno, ENOSPC);
        writer_fixture_free(&f);
    }
}
END_TEST

/* ---- Continuing after an error ---- */

START_TEST(logging_goes_on_by_itself_when_there_is_room_again)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.retry_after_error = true;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    pthread_mutex_lock(&f.file.mutex);
    f.file.disk_bytes = f.file.size + 60;
    pthread_mutex_unlock(&f.file.mutex);
    for (int64_t step = 0; step < 10; step++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", step, 1.0), TBLOG_OK);
    }
    ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_IO);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_IO);
    ck_assert_ptr_nonnull(strstr(tblog_writer_message(f.writer), "No space left on device"));
    /* The error stays, but events are accepted while there is room in memory. */
    for (int64_t step = 10; step < 20; step++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", step, 1.0), TBLOG_OK);
    }
    fake_timer_advance(&f.timer, 750);
    fake_timer_await_wait(&f.timer);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_IO);
    pthread_mutex_lock(&f.file.mutex);
    f.file.disk_bytes = SIZE_MAX;
    pthread_mutex_unlock(&f.file.mutex);
    fake_timer_advance(&f.timer, 750);
    while (tblog_writer_status(f.writer) != TBLOG_OK) {
        sched_yield();
    }
    ck_assert_str_eq(tblog_writer_message(f.writer), "");
    ck_assert_uint_eq(count_points(&f.file), 20);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(without_a_thread_each_call_tries_again)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.retry_after_error = true;
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    f.file.disk_bytes = f.file.size + 60;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "b", 1, 1.0), TBLOG_IO);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "b", 2, 1.0), TBLOG_IO);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_IO);
    f.file.disk_bytes = SIZE_MAX;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "b", 3, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_status(f.writer), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    point points[4];
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(points[1].step, 3);
    ck_assert(points[1].has_metadata);
    writer_fixture_free(&f);
}
END_TEST

/* ---- Sync at every flush ---- */

START_TEST(each_flush_that_wrote_something_syncs)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.sync_every_flush = true;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
        ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
        ck_assert_int_eq(tblog_writer_flush(f.writer), TBLOG_OK);
        ck_assert_uint_eq(f.file.syncs, i + 1);
    }
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_failed_sync_latches_and_the_event_in_the_file_counts_as_logged)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.sync_every_flush = true;
    f.options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
    /* The file's next call writes, the one after it syncs. */
    memory_file_fail(&f.file, f.file.calls + 1, f.file.calls + 2, EIO);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 1, 1.0), TBLOG_IO);
    ck_assert_str_eq(tblog_writer_message(f.writer), "sync failed: Input/output error: run/events");
    tblog_writer_clear_error(f.writer);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 2, 1.0), TBLOG_OK);
    ck_assert_uint_eq(f.file.syncs, 1);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    ck_assert_uint_eq(count_points(&f.file), 2);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused)
{
    writer_fixture f;
    writer_fixture_make(&f);
    f.options.queue_bytes = 0;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_INVALID);
    f.options.queue_bytes = 1;
    f.options.full_queue = (tblog_full_queue)3;
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_INVALID);
    writer_fixture_free(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_queue", a_call_fails_where_the_queue_is_full_and_its_event_is_nowhere,
                     the_oldest_events_are_dropped_and_counted_but_not_a_tags_first,
                     a_graph_def_is_not_dropped, where_only_first_values_are_queued_none_is_dropped,
                     a_call_waits_for_room_and_nothing_is_lost,
                     a_call_that_waits_for_room_returns_when_the_disk_fails,
                     logging_goes_on_by_itself_when_there_is_room_again,
                     without_a_thread_each_call_tries_again, each_flush_that_wrote_something_syncs,
                     a_failed_sync_latches_and_the_event_in_the_file_counts_as_logged,
                     options_that_make_no_sense_are_refused);
}
