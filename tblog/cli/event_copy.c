#include "event_copy.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "crc32c.h"
#include "event_encode.h"
#include "record_format.h"

bool event_copy_begin(event_copy *copy, const char *command, const char *path)
{
    *copy = (event_copy){0};
    return output_file_open(&copy->file, command, path);
}

static bool write_payload(output_file *file, const byte_buffer *payload)
{
    uint8_t header[RECORD_HEADER_BYTES];
    uint8_t crc[RECORD_CRC_BYTES];
    record_store_le(header, RECORD_LENGTH_BYTES, payload->size);
    record_store_le(header + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                    crc32c_masked(header, RECORD_LENGTH_BYTES));
    record_store_le(crc, RECORD_CRC_BYTES, crc32c_masked(payload->data, payload->size));
    return output_file_write(file, header, sizeof header) &&
           output_file_write(file, payload->data, payload->size) &&
           output_file_write(file, crc, sizeof crc);
}

/* The first event's time, so that the run keeps its place among others. */
static bool write_version(event_copy *copy, double wall_time)
{
    event_encoder encoder = {0};
    bool written = false;
    if (event_encode_file_version(&encoder, isfinite(wall_time) ? wall_time : 0.0, "tblog"))
        written = write_payload(&copy->file, &encoder.payload);
    else
        fprintf(stderr, "tblog %s: %s\n", copy->file.command, tblog_status_string(TBLOG_NO_MEMORY));
    event_encoder_free(&encoder);
    copy->added_version = true;
    return written;
}

bool event_copy_add(event_copy *copy, const tblog_reader *reader, const tblog_event *event)
{
    if (copy->events == 0 && event->file_version == NULL && !write_version(copy, event->wall_time))
        return false;
    size_t bytes;
    const uint8_t *record = tblog_reader_record(reader, &bytes);
    copy->events++;
    return output_file_write(&copy->file, record, bytes);
}

enum exit_status event_copy_file(event_copy *copy, const char *path, event_choice *choose,
                                 void *context)
{
    const char *command = copy->file.command;
    tblog_reader *reader;
    if (tblog_reader_open(&reader, path) != TBLOG_OK) {
        fprintf(stderr, "tblog %s: %s: %s\n", command, path, strerror(errno));
        return EXIT_STATUS_FAILED;
    }
    tblog_event event;
    tblog_status status;
    bool failed = false;
    while (!failed && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        if (choose(context, &event, &failed) && !failed)
            failed = !event_copy_add(copy, reader, &event);
    }
    if (!failed && status != TBLOG_END)
        fprintf(stderr, "tblog %s: %s: %s%s\n", command, path, tblog_reader_message(reader),
                status == TBLOG_DAMAGED ? "; 'tblog repair' saves what is whole" : "");
    tblog_reader_close(reader);
    return failed                      ? EXIT_STATUS_FAILED
           : status == TBLOG_END       ? EXIT_STATUS_DONE
           : status == TBLOG_TRUNCATED ? EXIT_STATUS_TORN
                                       : EXIT_STATUS_FAILED;
}
