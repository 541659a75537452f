#include "read_events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "complaint.h"
#include "gzip_source.h"
#include "pipe_source.h"
#include "reader_internal.h"
#include "source_file.h"

/* NULL with errno. */
static record_source *open_source(const char *path)
{
    record_source *source = source_file_open(path);
    if (source == NULL && errno == ESPIPE) {
        source = pipe_source_open(path);
    }
    return source != NULL && gzip_source_fits(source) ? gzip_source_open(source) : source;
}

tblog_reader *open_events(const char *command, const char *path)
{
    tblog_reader *reader = NULL;
    record_source *source = open_source(path);
    if (source == NULL) {
        complaint_print(command, path, "%s",
                        errno == ESPIPE ? "neither a file nor a pipe" : strerror(errno));
    } else if (reader_open_on_source(&reader, source) != TBLOG_OK) {
        complaint_print(command, path, "%s", tblog_status_string(TBLOG_NO_MEMORY));
    }
    return reader;
}

bool events_are_gzipped(const tblog_reader *reader)
{
    return is_gzip_source(reader_source(reader));
}

/* Is any record whole, before the damage or after it? */
static bool holds_whole_record(tblog_reader *reader)
{
    if (tblog_reader_offset(reader) > 0) {
        return true;
    }
    tblog_status status;
    do {
        status = tblog_reader_resync(reader, NULL);
        if (status == TBLOG_OK) {
            const tblog_event *event;
            status = tblog_reader_next(reader, &event);
        }
    } while (status == TBLOG_DAMAGED || status == TBLOG_TRUNCATED);
    return status == TBLOG_OK;
}

void complain_of_damage(const char *command, const char *path, tblog_reader *reader,
                        uint64_t events)
{
    char damage[256];
    snprintf(damage, sizeof damage, "%s", tblog_reader_message(reader));
    if (holds_whole_record(reader)) {
        complaint_print(command, path,
                        "damaged after %" PRIu64
                        " events: %s; 'tblog repair' saves the whole records",
                        events, damage);
    } else {
        complaint_print(command, path, "not an event file: %s", damage);
    }
}

enum exit_status read_events(const char *command, const char *path, event_visitor *visit,
                             void *context)
{
    tblog_reader *reader = open_events(command, path);
    if (reader == NULL) {
        return EXIT_STATUS_FAILED;
    }
    const tblog_event *event;
    tblog_status status;
    uint64_t events = 0;
    bool wanted = true;
    for (; wanted && (status = tblog_reader_next(reader, &event)) == TBLOG_OK; events++) {
        wanted = visit(context, reader, event);
    }
    if (wanted && status == TBLOG_DAMAGED) {
        complain_of_damage(command, path, reader, events);
    } else if (wanted && status != TBLOG_END) {
        complaint_print(command, path, "%s", tblog_reader_message(reader));
    }
    tblog_reader_close(reader);
    return !wanted                     ? EXIT_STATUS_FAILED
           : status == TBLOG_END       ? EXIT_STATUS_DONE
           : status == TBLOG_TRUNCATED ? EXIT_STATUS_TORN
                                       : EXIT_STATUS_FAILED;
}
