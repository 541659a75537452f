#include "event_copy.h"

#include <math.h>
#include <string.h>

#include "complaint.h"
#include "event_edit.h"
#include "event_encode.h"
#include "record_queue.h"
#include "record_writer.h"

bool event_copy_begin(event_copy *copy, const char *command, const char *path)
{
    *copy = (event_copy){0};
    const bool opened = output_file_open(&copy->file, command, path);
    copy->file.sync = true;
    return opened;
}

static bool complain(const event_copy *copy, const char *what)
{
    complaint_print(copy->file.command, copy->file.path, "%s", what);
    return false;
}

static bool complain_of_memory(const event_copy *copy)
{
    return complain(copy, tblog_status_string(TBLOG_NO_MEMORY));
}

/* Writes the record that the queue has begun. */
static bool write_record(event_copy *copy, record_queue *queue)
{
    const int cause = record_queue_end(queue, true);
    if (cause != 0) {
        return complain(copy, strerror(cause));
    }
    record_add_checksums(queue->records.data, queue->records.size);
    return output_file_write(&copy->file, queue->records.data, queue->records.size);
}

/* Writes a file version with the first event's time, so that the run keeps its place among
 * others. */
static bool write_version(event_copy *copy, double wall_time)
{
    record_queue queue = {0};
    byte_buffer *payload = record_queue_begin(&queue);
    const bool made =
        payload != NULL &&
        event_encode_file_version(payload, isfinite(wall_time) ? wall_time : 0.0, "tblog");
    const bool written = made ? write_record(copy, &queue) : complain_of_memory(copy);
    record_queue_free(&queue);
    copy->added_version = true;
    return written;
}

/* Counts an event, before which a file version is written if the file needs one. */
static bool begin_event(event_copy *copy, bool is_version, double wall_time)
{
    return copy->events++ > 0 || is_version || write_version(copy, wall_time);
}

bool event_copy_add_record(event_copy *copy, const uint8_t *record, size_t bytes, bool is_version,
                           double wall_time)
{
    return begin_event(copy, is_version, wall_time) &&
           output_file_write(&copy->file, record, bytes);
}

bool event_copy_add_edited(event_copy *copy, const tblog_reader *reader, const tblog_event *event,
                           const char *(*new_tag)(void *context, const char *tag), void *context)
{
    size_t bytes;
    const uint8_t *record = tblog_reader_record(reader, &bytes);
    record_queue queue = {0};
    byte_buffer *payload = record_queue_begin(&queue);
    size_t values;
    bool done = payload != NULL &&
                event_edit_tags(payload, record + RECORD_HEADER_BYTES, bytes - RECORD_FRAME_BYTES,
                                new_tag, context, &values) == TBLOG_OK;
    if (!done) {
        (void)complain_of_memory(copy); /* the reader has found a whole event */
    } else if (values > 0) {
        done = begin_event(copy, event->file_version != NULL, event->wall_time) &&
               write_record(copy, &queue);
    }
    record_queue_free(&queue);
    return done;
}

bool event_copy_add(event_copy *copy, const tblog_reader *reader, const tblog_event *event)
{
    size_t bytes;
    const uint8_t *record = tblog_reader_record(reader, &bytes);
    return event_copy_add_record(copy, record, bytes, event->file_version != NULL,
                                 event->wall_time);
}
