/* The flusher thread, by a time that the test turns, and threads that log side by side. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "writer_fixture.h"

/* ---- Time ---- */

START_TEST(a_point_is_flushed_when_its_time_has_come_and_not_before)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
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
    writer_fixture_free(&f);
}
END_TEST

START_TEST(the_interval_begins_anew_behind_a_flush)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
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
    writer_fixture_free(&f);
}
END_TEST

START_TEST(an_error_of_the_flusher_is_latched_and_what_it_held_is_written_once_cleared)
{
    writer_fixture f;
    writer_fixture_make(&f);
    ck_assert_int_eq(writer_fixture_open(&f), TBLOG_OK);
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
    writer_fixture_free(&f);
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 8, STEPS = 400 };

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
    writer_fixture f;
    writer_fixture_make(&f);
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
    writer_fixture_free(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_threads", a_point_is_flushed_when_its_time_has_come_and_not_before,
                     the_interval_begins_anew_behind_a_flush,
                     an_error_of_the_flusher_is_latched_and_what_it_held_is_written_once_cleared,
                     threads_log_side_by_side_and_each_point_is_there_in_its_order);
}
