#include "writer_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "golden_events.h"
#include "reader_internal.h"

static double fixed_wall_time(void *context)
{
    return *(double *)context;
}

void writer_fixture_make(writer_fixture *f)
{
    memory_file_init(&f->file);
    fake_timer_init(&f->timer);
    f->now = 1000.5;
    f->clock = (tblog_clock){.wall_time = fixed_wall_time, .context = &f->now};
    tblog_writer_options_init(&f->options);
    f->options.clock = &f->clock;
    f->writer = NULL;
}

tblog_status writer_fixture_open(writer_fixture *f)
{
    return writer_open_on_sink(&f->writer, memory_file_sink(&f->file), "run/events", &f->options,
                               &f->timer.base);
}

void writer_fixture_open_golden(writer_fixture *f)
{
    writer_fixture_make(f);
    f->now = GOLDEN_WALL_TIME;
    f->options.flush_interval_ms = 0;
    ck_assert_int_eq(writer_fixture_open(f), TBLOG_OK);
}

bool file_ends_with(const memory_file *file, const uint8_t *bytes, size_t count)
{
    return file->size >= count && memcmp(file->data + file->size - count, bytes, count) == 0;
}

void writer_fixture_free(writer_fixture *f)
{
    memory_file_free(&f->file);
    fake_timer_free(&f->timer);
}

tblog_status read_points(memory_file *file, point *points, size_t *count)
{
    memory_file_fail(file, SIZE_MAX, SIZE_MAX, 0);
    tblog_reader *reader;
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(file)), TBLOG_OK);
    const tblog_event *event;
    tblog_status status = tblog_reader_next(reader, &event);
    *count = 0;
    if (status == TBLOG_OK) {
        ck_assert_str_eq(event->file_version, "brain.Event:2");
    }
    while (status == TBLOG_OK && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        for (size_t i = 0; i < event->value_count; i++) {
            /* No Check assertion for each: they would take longer than the reading. */
            if (*count == POINTS_MAX) {
                ck_abort_msg("more than %d points", POINTS_MAX);
            }
            point *p = &points[(*count)++];
            snprintf(p->tag, sizeof p->tag, "%s", event->values[i]->tag);
            p->step = event->step;
            p->value = event->values[i]->scalar;
            p->has_metadata = strcmp(event->values[i]->plugin, "scalars") == 0;
        }
    }
    tblog_reader_close(reader);
    return status;
}

size_t count_points(memory_file *file)
{
    static point points[POINTS_MAX];
    size_t count;
    ck_assert_int_eq(read_points(file, points, &count), TBLOG_END);
    return count;
}
