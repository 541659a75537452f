/* The flusher thread, with a time that the test controls, and threads that log at the same time. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "temporary_directory.h"
#include "writer_fixture.h"
#include "writer_state.h"

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
        /* A younger point is written with the older one. */
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
    const size_t before = memory_file_size(&f.file);
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
    const size_t before = memory_file_size(&f.file);
    memory_file_fail(&f.file, 1, 2, EDQUOT);
    ck_assert_int_eq(tblog_add_scalar(f.writer, "a", 0, 1.0), TBLOG_OK);
    fake_timer_advance(&f.timer, 750);
    while (tblog_writer_status(f.writer) == TBLOG_OK) {
        sched_yield();
    }
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
    uint64_t accepted; /* calls, if the test counts them */
} logging_thread;

static void start_threads(logging_thread *threads, tblog_writer *writer, void *(*run)(void *))
{
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (logging_thread){.writer = writer, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, run, &threads[i]), 0);
    }
}

static void join_threads(logging_thread *threads)
{
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i].thread, NULL), 0);
        ck_assert_int_eq(threads[i].refused, 0);
    }
}

static void *log_steps(void *argument)
{
    logging_thread *self = argument;
    char tag[32];
    snprintf(tag, sizeof tag, "thread %d", self->number);
    for (int64_t step = 0; step < STEPS; step++) {
        const tblog_scalar scalars[] = {{tag, (double)step}, {"shared", (double)self->number}};
        self->refused += tblog_add_scalars(self->writer, step, scalars, 2) != TBLOG_OK;
        if (step % 100 == 50) {
            self->refused += tblog_writer_flush(self->writer) != TBLOG_OK;
        }
        if (step % 100 == 70) {
            self->refused += tblog_writer_status(self->writer) != TBLOG_OK ||
                             tblog_writer_message(self->writer)[0] != '\0';
        }
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
    start_threads(threads, f.writer, log_steps);
    join_threads(threads);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    size_t count;
    ck_assert_int_eq(read_points(&f.file, points, &count), TBLOG_END);
    ck_assert_uint_eq(count, 2 * THREADS * STEPS);
    int64_t next[THREADS] = {0};
    for (size_t i = 0; i < count; i += 2) {
        const int number = (int)points[i + 1].value;
        ck_assert_str_eq(points[i + 1].tag, "shared");
        ck_assert_int_eq(points[i].step, next[number]);
        next[number]++;
    }
    writer_fixture_free(&f);
}
END_TEST

/* Each thread has a tag of each kind, named by a number; the test itself has one more. */
enum { KINDS = 3, TAGS = KINDS * THREADS + 1, MIXED_STEPS = 100 };

static void count_call(logging_thread *self, tblog_status status)
{
    self->accepted += status == TBLOG_OK;
    self->refused += status != TBLOG_OK && status != TBLOG_FULL;
}

static void *log_all_kinds(void *argument)
{
    logging_thread *self = argument;
    char tags[KINDS][16];
    for (int kind = 0; kind < KINDS; kind++) {
        snprintf(tags[kind], sizeof tags[kind], "%d", KINDS * self->number + kind);
    }
    for (int64_t step = 0; step < MIXED_STEPS; step++) {
        const float values[] = {(float)step, 1, 2};
        count_call(self, tblog_add_scalar(self->writer, tags[0], step, 1.0));
        count_call(self, tblog_add_text(self->writer, tags[1], step, "text"));
        count_call(self, tblog_add_histogram(self->writer, tags[2], step, values, 3, NULL));
        if (step == MIXED_STEPS / 2) {
            self->refused += tblog_writer_flush(self->writer) != TBLOG_OK;
        }
    }
    return NULL;
}

/* Reads the values of one file: each tag's steps continue to rise from `last`, and its first value
 * there has metadata. Returns how many there are. */
static uint64_t count_values(const char *path, int64_t last[TAGS])
{
    tblog_reader *reader;
    const tblog_event *event;
    bool is_known[TAGS] = {false};
    uint64_t count = 0;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    ck_assert_int_eq(tblog_reader_next(reader, &event), TBLOG_OK);
    ck_assert_ptr_nonnull(event->file_version);
    tblog_status status;
    for (; (status = tblog_reader_next(reader, &event)) == TBLOG_OK; count++) {
        ck_assert_uint_eq(event->value_count, 1);
        const int tag = atoi(event->values[0]->tag);
        ck_assert_int_gt(event->step, last[tag]);
        last[tag] = event->step;
        ck_assert_int_eq(event->values[0]->plugin[0] == '\0', is_known[tag]);
        is_known[tag] = true;
    }
    ck_assert_int_eq(status, TBLOG_END);
    tblog_reader_close(reader);
    return count;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The same for all files of the directory; it must have several. */
static uint64_t count_all_values(const temporary_directory *directory)
{
    int64_t last[TAGS];
    for (size_t i = 0; i < TAGS; i++) {
        last[i] = -1;
    }
    struct dirent **files;
    const int file_count = scandir(directory->path, &files, is_visible, alphasort);
    ck_assert_int_gt(file_count, 1);
    uint64_t count = 0;
    for (int i = 0; i < file_count; i++) {
        char path[512];
        count += count_values(temporary_path(directory, files[i]->d_name, path, sizeof path), last);
        free(files[i]);
    }
    free(files);
    return count;
}

START_TEST(threads_log_all_kinds_while_events_are_dropped_and_files_rotate)
{
    temporary_directory directory;
    temporary_directory_make(&directory);
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 1;
    options.queue_bytes = 32 * 1024;
    options.full_queue = TBLOG_FULL_QUEUE_DROP_OLDEST;
    options.rotate_bytes = 16 * 1024;
    options.tensor_scalars = true;
    tblog_writer *writer;
    ck_assert_int_eq(tblog_writer_open(&writer, directory.path, &options), TBLOG_OK);
    /* Nothing is written until the queue has been full once. */
    pthread_mutex_lock(&writer->io);
    logging_thread threads[THREADS];
    start_threads(threads, writer, log_all_kinds);
    while (tblog_writer_dropped(writer) == 0) {
        sched_yield();
    }
    pthread_mutex_unlock(&writer->io);
    join_threads(threads);
    /* The first file is full by now, so this scalar goes into a new one. */
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    char tag[16];
    snprintf(tag, sizeof tag, "%d", TAGS - 1);
    ck_assert_int_eq(tblog_add_scalar(writer, tag, 0, 1.0), TBLOG_OK);
    ck_assert_int_eq(tblog_writer_flush(writer), TBLOG_OK);
    uint64_t accepted = 1;
    for (int i = 0; i < THREADS; i++) {
        accepted += threads[i].accepted;
    }
    const uint64_t dropped = tblog_writer_dropped(writer);
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
    ck_assert_uint_eq(count_all_values(&directory), accepted - dropped);
    temporary_directory_remove(&directory);
}
END_TEST

int main(void)
{
    return RUN_TESTS("writer_threads", a_point_is_flushed_when_its_time_has_come_and_not_before,
                     the_interval_begins_anew_behind_a_flush,
                     an_error_of_the_flusher_is_latched_and_what_it_held_is_written_once_cleared,
                     threads_log_side_by_side_and_each_point_is_there_in_its_order,
                     threads_log_all_kinds_while_events_are_dropped_and_files_rotate);
}
