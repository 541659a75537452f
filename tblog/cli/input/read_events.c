#include "read_events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "complaint.h"
#include "pipe_source.h"
#include "reader_internal.h"

static tblog_status open_pipe(tblog_reader **reader, const char *path)
{
    record_source *source = pipe_source_open(path);
    return source == NULL ? TBLOG_IO : reader_open_on_source(reader, source);
}

tblog_reader *open_events(const char *command, const char *path)
{
    tblog_reader *reader = NULL;
    tblog_status status = tblog_reader_open(&reader, path);
    if (status == TBLOG_IO && errno == ESPIPE) {
        status = open_pipe(&reader, path);
    }
    if (status != TBLOG_OK) {
        complaint_print(command, path, "%s",
                        status != TBLOG_IO ? tblog_status_string(status)
                        : errno == ESPIPE  ? "neither a file nor a pipe"
                                           : strerror(errno));
    }
    return reader;
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
    bool wanted = true;
    while (wanted && (status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        wanted = visit(context, reader, event);
    }
    if (wanted && status != TBLOG_END) {
        complaint_print(command, path, "%s%s", tblog_reader_message(reader),
                        status == TBLOG_DAMAGED ? "; 'tblog repair' saves what is whole" : "");
    }
    tblog_reader_close(reader);
    return !wanted                     ? EXIT_STATUS_FAILED
           : status == TBLOG_END       ? EXIT_STATUS_DONE
           : status == TBLOG_TRUNCATED ? EXIT_STATUS_TORN
                                       : EXIT_STATUS_FAILED;
}
