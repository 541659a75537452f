/* The reader: decodes records (record_reader) to events (event_decode), and turns errors into a
 * status and a line of text. */
#include "reader_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "errno_text.h"
#include "event_decode.h"
#include "record_format.h"
#include "record_reader.h"
#include "record_scan.h"
#include "refusal.h"
#include "source_file.h"

struct tblog_reader {
    record_source *source;
    record_reader records;
    event_decoder decoder;
    uint64_t offset;       /* just after the last whole record that is an event */
    const uint8_t *record; /* of the last event, or NULL */
    size_t record_bytes;
    record_rereading rereading;
    bool stuck;        /* before a record that is damaged or incomplete */
    tblog_event event; /* the last */
    char message[256];
};

tblog_status reader_open_on_source(tblog_reader **out, record_source *source)
{
    tblog_reader *reader = calloc(1, sizeof *reader);
    *out = reader;
    if (reader == NULL) {
        source->close(source);
        return TBLOG_NO_MEMORY;
    }
    reader->source = source;
    record_reader_init(&reader->records, source);
    return TBLOG_OK;
}

const record_source *reader_source(const tblog_reader *reader)
{
    return reader->source;
}

tblog_status tblog_reader_open(tblog_reader **out, const char *path)
{
    refusal_begin(NULL);
    if (!admit(out != NULL, "the output pointer is NULL")) {
        return TBLOG_INVALID;
    }
    *out = NULL;
    if (!admit(path != NULL, "the path is NULL")) {
        return TBLOG_INVALID;
    }
    record_source *source = source_file_open(path);
    if (source == NULL) {
        const int cause = errno;
        (void)refuse_failure("open", cause, path);
        errno = cause;
        return cause == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_IO;
    }
    return reader_open_on_source(out, source);
}

/* Why the source could not be read. */
static const char *failure_text(const tblog_reader *reader, char buffer[ERRNO_TEXT_BYTES])
{
    record_source *source = reader->source;
    const char *problem = source->problem != NULL ? source->problem(source) : NULL;
    return problem != NULL ? problem : errno_text(reader->records.cause, buffer);
}

static void describe(tblog_reader *reader, tblog_status status, const char *problem)
{
    char buffer[ERRNO_TEXT_BYTES];
    const char *reason = status == TBLOG_IO ? failure_text(reader, buffer) : "";
    if (status == TBLOG_END) {
        reader->message[0] = '\0';
    } else {
        snprintf(reader->message, sizeof reader->message, "at byte %" PRIu64 ": %s%s%s",
                 reader->offset, problem, reason[0] == '\0' ? "" : ": ", reason);
    }
}

void tblog_reader_set_record_limit(tblog_reader *reader, uint64_t bytes)
{
    if (reader != NULL) {
        reader->records.payload_max =
            bytes == 0 || bytes > RECORD_PAYLOAD_MAX ? RECORD_PAYLOAD_MAX : bytes;
    }
}

tblog_status tblog_reader_next(tblog_reader *reader, const tblog_event **event)
{
    if (event != NULL) {
        *event = NULL;
    }
    if (reader == NULL || event == NULL) {
        return TBLOG_INVALID;
    }
    reader->record = NULL;
    reader->record_bytes = 0;
    const uint8_t *payload;
    size_t payload_bytes;
    tblog_status status = record_reader_next(&reader->records, &payload, &payload_bytes);
    const char *problem = reader->records.problem;
    if (status == TBLOG_OK) {
        status = event_decode(&reader->decoder, payload, payload_bytes, &reader->event);
        problem = reader->decoder.problem;
    }
    if (status == TBLOG_OK) {
        reader->message[0] = '\0';
        reader->event.offset = reader->offset;
        reader->offset = reader->records.offset;
        reader->stuck = false;
        reader->record = record_reader_record(payload, payload_bytes, &reader->record_bytes);
        *event = &reader->event;
        return TBLOG_OK;
    }
    /* The next call meets the record again: a damaged one, whose bytes are kept, stays damaged, and
     * one for which memory was missing is tried again. */
    reader->records.offset = reader->offset;
    reader->stuck = status == TBLOG_DAMAGED || status == TBLOG_TRUNCATED;
    describe(reader, status, problem);
    return status;
}

tblog_status tblog_reader_resync(tblog_reader *reader, uint64_t *lost_bytes)
{
    if (lost_bytes != NULL) {
        *lost_bytes = 0;
    }
    if (reader == NULL || !reader->stuck) {
        return TBLOG_INVALID;
    }
    reader->record = NULL;
    reader->record_bytes = 0;
    uint64_t found;
    const tblog_status status =
        record_scan(reader->source, reader->offset, &reader->rereading, &found);
    if (status == TBLOG_IO) {
        reader->records.cause = errno;
        describe(reader, status, "reading failed");
        return status;
    }
    reader->message[0] = '\0';
    if (reader->rereading.gave_up) {
        describe(reader, TBLOG_OK, "not all of this record was searched for others inside of it");
    }
    if (lost_bytes != NULL) {
        *lost_bytes = found - reader->offset;
    }
    if (status == TBLOG_OK) {
        reader->stuck = false;
        reader->offset = found;
        record_reader_seek(&reader->records, found);
    }
    return status;
}

const uint8_t *tblog_reader_record(const tblog_reader *reader, size_t *bytes)
{
    *bytes = reader == NULL ? 0 : reader->record_bytes;
    return reader == NULL ? NULL : reader->record;
}

uint64_t tblog_reader_offset(const tblog_reader *reader)
{
    return reader == NULL ? 0 : reader->offset;
}

const char *tblog_reader_message(const tblog_reader *reader)
{
    return reader == NULL ? refusal_text(NULL) : reader->message;
}

void tblog_reader_close(tblog_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    event_decoder_free(&reader->decoder);
    record_reader_free(&reader->records);
    reader->source->close(reader->source);
    free(reader);
}
