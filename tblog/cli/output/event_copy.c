#include "event_copy.h"

#include <math.h>

#include "event_encode.h"
#include "read_events.h"
#include "record_queue.h"
#include "record_writer.h"

bool event_copy_begin(event_copy *copy, const char *command, const char *path)
{
    *copy = (event_copy){0};
    const bool opened = output_file_open(&copy->file, command, path);
    copy->file.sync = true;
    return opened;
}

/* Makes the record of a file version; false without memory. */
static bool make_version(record_queue *queue, double wall_time)
{
    byte_buffer *payload = record_queue_begin(queue);
    if (payload == NULL || !event_encode_file_version(payload, wall_time, "tblog") ||
        record_queue_end(queue, true) != 0) {
        return false;
    }
    record_add_checksums(queue->records.data, queue->records.size);
    return true;
}

/* The first event's time, so that the run keeps its place among others. */
static bool write_version(event_copy *copy, double wall_time)
{
    record_queue queue = {0};
    bool written = false;
    if (make_version(&queue, isfinite(wall_time) ? wall_time : 0.0)) {
        written = output_file_write(&copy->file, queue.records.data, queue.records.size);
    } else {
        fprintf(stderr, "tblog %s: %s\n", copy->file.command, tblog_status_string(TBLOG_NO_MEMORY));
    }
    record_queue_free(&queue);
    copy->added_version = true;
    return written;
}

bool event_copy_add_record(event_copy *copy, const uint8_t *record, size_t bytes, bool is_version,
                           double wall_time)
{
    if (copy->events == 0 && !is_version && !write_version(copy, wall_time)) {
        return false;
    }
    copy->events++;
    return output_file_write(&copy->file, record, bytes);
}

bool event_copy_add(event_copy *copy, const tblog_reader *reader, const tblog_event *event)
{
    size_t bytes;
    const uint8_t *record = tblog_reader_record(reader, &bytes);
    return event_copy_add_record(copy, record, bytes, event->file_version != NULL,
                                 event->wall_time);
}

typedef struct choosing_copy {
    event_copy copy;
    event_chooser *choose;
    void *context;
} choosing_copy;

static bool copy_chosen(void *context, const tblog_reader *reader, const tblog_event *event)
{
    choosing_copy *all = context;
    const event_choice choice = all->choose(all->context, event);
    return choice == EVENT_LEAVE_OUT ||
           (choice == EVENT_COPY && event_copy_add(&all->copy, reader, event));
}

enum exit_status event_copy_file(const char *command, const char *output, const char *path,
                                 event_chooser *choose, void *context)
{
    choosing_copy all = {.choose = choose, .context = context};
    if (!event_copy_begin(&all.copy, command, output)) {
        return EXIT_STATUS_FAILED;
    }
    const enum exit_status status = read_events(command, path, copy_chosen, &all);
    return output_file_end(&all.copy.file, status);
}
