#include "event_copy.h"

#include <math.h>

#include "crc32c.h"
#include "event_encode.h"
#include "little_endian.h"
#include "read_events.h"
#include "record_format.h"

bool event_copy_begin(event_copy *copy, const char *command, const char *path)
{
    *copy = (event_copy){0};
    const bool opened = output_file_open(&copy->file, command, path);
    copy->file.sync = true;
    return opened;
}

static bool write_payload(output_file *file, const byte_buffer *payload)
{
    uint8_t header[RECORD_HEADER_BYTES];
    uint8_t crc[RECORD_CRC_BYTES];
    little_endian_store(header, RECORD_LENGTH_BYTES, payload->size);
    little_endian_store(header + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                        crc32c_masked(header, RECORD_LENGTH_BYTES));
    little_endian_store(crc, RECORD_CRC_BYTES, crc32c_masked(payload->data, payload->size));
    return output_file_write(file, header, sizeof header) &&
           output_file_write(file, payload->data, payload->size) &&
           output_file_write(file, crc, sizeof crc);
}

/* The first event's time, so that the run keeps its place among others. */
static bool write_version(event_copy *copy, double wall_time)
{
    byte_buffer payload = {0};
    bool written = false;
    if (event_encode_file_version(&payload, isfinite(wall_time) ? wall_time : 0.0, "tblog")) {
        written = write_payload(&copy->file, &payload);
    } else {
        fprintf(stderr, "tblog %s: %s\n", copy->file.command, tblog_status_string(TBLOG_NO_MEMORY));
    }
    byte_buffer_free(&payload);
    copy->added_version = true;
    return written;
}

bool event_copy_add(event_copy *copy, const tblog_reader *reader, const tblog_event *event)
{
    if (copy->events == 0 && event->file_version == NULL &&
        !write_version(copy, event->wall_time)) {
        return false;
    }
    size_t bytes;
    const uint8_t *record = tblog_reader_record(reader, &bytes);
    copy->events++;
    return output_file_write(&copy->file, record, bytes);
}

typedef struct choosing_copy {
    event_copy copy;
    event_chooser *choose;
    void *context;
} choosing_copy;

static bool copy_chosen(void *context, const tblog_reader *reader, const tblog_event *event)
{
    choosing_copy *all = context;
    const event_choice choice = all->choose(all->context, event, all->copy.events);
    return choice == EVENT_LEAVE_OUT ||
           (choice == EVENT_COPY && event_copy_add(&all->copy, reader, event));
}

enum exit_status event_copy_files(const char *command, const char *output, const char *const *paths,
                                  event_chooser *choose, void *context)
{
    choosing_copy all = {.choose = choose, .context = context};
    if (!event_copy_begin(&all.copy, command, output)) {
        return EXIT_STATUS_FAILED;
    }
    enum exit_status worst = EXIT_STATUS_DONE;
    for (; *paths != NULL && worst != EXIT_STATUS_FAILED; paths++) {
        worst = worse_status(worst, read_events(command, *paths, copy_chosen, &all));
    }
    return output_file_end(&all.copy.file, worst);
}
