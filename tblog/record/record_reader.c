#include "record_reader.h"

#include <errno.h>
#include <stdbool.h>

#include "crc32c.h"
#include "little_endian.h"
#include "record_format.h"

enum { READ_BYTES = 64 * 1024, FIRST_READ_BYTES = 2 * 1024 };

void record_reader_init(record_reader *reader, record_source *source)
{
    *reader = (record_reader){.source = source,
                              .read_bytes = READ_BYTES,
                              .payload_max = RECORD_PAYLOAD_MAX,
                              .problem = ""};
}

/* How many bytes from `offset` on are in the window. */
static size_t present_bytes(const record_reader *reader)
{
    return reader->window.size - (size_t)(reader->offset - reader->window_at);
}

/* The byte at `offset`; the window is not empty. */
static const uint8_t *present(const record_reader *reader)
{
    return reader->window.data + (reader->offset - reader->window_at);
}

/* Reads until `wanted` bytes from `offset` on are in the window, or the file ends. Takes at most as
 * much memory again as the window holds already (and READ_BYTES), whatever is wanted. */
static tblog_status fill(record_reader *reader, size_t wanted)
{
    byte_buffer *window = &reader->window;
    if (present_bytes(reader) >= wanted) {
        return TBLOG_OK;
    }
    byte_buffer_drop_front(window, window->size - present_bytes(reader));
    reader->window_at = reader->offset;
    while (window->size < wanted) {
        const size_t step = window->size > reader->read_bytes ? window->size : reader->read_bytes;
        reader->read_bytes = READ_BYTES;
        if (!byte_buffer_reserve(window, step)) {
            return TBLOG_NO_MEMORY;
        }
        const ssize_t count = reader->source->read_at(reader->source, window->data + window->size,
                                                      step, reader->window_at + window->size);
        if (count == 0) {
            return TBLOG_OK;
        }
        if (count > 0) {
            window->size += (size_t)count;
        } else if (errno != EINTR) {
            reader->cause = errno;
            return TBLOG_IO;
        }
    }
    return TBLOG_OK;
}

/* A writer may cut off a torn record and write other bytes there, so an incomplete record is read
 * again by the next call. */
static tblog_status incomplete(record_reader *reader)
{
    const size_t bytes = present_bytes(reader);
    reader->window.size = 0;
    reader->window_at = reader->offset;
    reader->problem = "the file ends inside a record";
    return bytes == 0 ? TBLOG_END : TBLOG_TRUNCATED;
}

/* Whether the file has this many bytes from `offset` on, if asking is cheaper than reading them. So
 * a false length is not read. */
static tblog_status ask_for(record_reader *reader, size_t bytes, bool *there)
{
    *there = true;
    if (bytes <= present_bytes(reader) + READ_BYTES) {
        return TBLOG_OK;
    }
    uint8_t last;
    ssize_t count;
    do {
        count = reader->source->read_at(reader->source, &last, 1, reader->offset + bytes - 1);
    } while (count < 0 && errno == EINTR);
    *there = count > 0;
    reader->cause = errno;
    return count < 0 ? TBLOG_IO : TBLOG_OK;
}

static tblog_status damaged(record_reader *reader, const char *problem)
{
    reader->problem = problem;
    return TBLOG_DAMAGED;
}

static tblog_status failed(record_reader *reader, tblog_status status)
{
    reader->problem = status == TBLOG_IO ? "reading failed" : "no memory for the record";
    return status;
}

tblog_status record_reader_next(record_reader *reader, const uint8_t **payload,
                                size_t *payload_bytes)
{
    tblog_status status = fill(reader, RECORD_HEADER_BYTES);
    if (status != TBLOG_OK) {
        return failed(reader, status);
    }
    if (present_bytes(reader) < RECORD_HEADER_BYTES) {
        return incomplete(reader);
    }
    const uint8_t *record = present(reader);
    if (little_endian_load(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES) !=
        crc32c_masked(record, RECORD_LENGTH_BYTES)) {
        return damaged(reader, "the checksum of the record's length is wrong");
    }
    const uint64_t length = little_endian_load(record, RECORD_LENGTH_BYTES);
    if (length > RECORD_PAYLOAD_MAX) {
        return damaged(reader, "the record's length is more than a protobuf message can have");
    }
    if (length > reader->payload_max) {
        return damaged(reader, "the record is larger than the reader's limit");
    }

    const size_t record_bytes = RECORD_FRAME_BYTES + (size_t)length;
    bool there;
    status = ask_for(reader, record_bytes, &there);
    if (status == TBLOG_OK && !there) {
        return incomplete(reader);
    }
    if (status == TBLOG_OK) {
        status = fill(reader, record_bytes);
    }
    if (status != TBLOG_OK) {
        return failed(reader, status);
    }
    if (present_bytes(reader) < record_bytes) {
        return incomplete(reader);
    }
    const uint8_t *body = present(reader) + RECORD_HEADER_BYTES;
    if (little_endian_load(body + length, RECORD_CRC_BYTES) !=
        crc32c_masked(body, (size_t)length)) {
        return damaged(reader, "the checksum of the record's payload is wrong");
    }
    reader->offset += record_bytes;
    *payload = body;
    *payload_bytes = (size_t)length;
    return TBLOG_OK;
}

const uint8_t *record_reader_record(const uint8_t *payload, size_t payload_bytes,
                                    size_t *record_bytes)
{
    *record_bytes = RECORD_FRAME_BYTES + payload_bytes;
    return payload - RECORD_HEADER_BYTES;
}

void record_reader_seek(record_reader *reader, uint64_t offset)
{
    bool is_present =
        offset >= reader->window_at && offset - reader->window_at <= reader->window.size;
    if (!is_present) {
        reader->window.size = 0;
        reader->window_at = offset;
    }
    reader->offset = offset;
    reader->read_bytes = FIRST_READ_BYTES;
}

void record_reader_free(record_reader *reader)
{
    byte_buffer_free(&reader->window);
}
