#include "record_writer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "record_format.h"

void record_writer_init(record_writer *writer, record_sink *sink)
{
    *writer = (record_writer){.sink = sink};
}

int record_writer_append(record_writer *writer, const void *payload, size_t bytes)
{
    if (bytes > RECORD_PAYLOAD_MAX)
        return EMSGSIZE;
    byte_buffer *pending = &writer->pending;
    if (!byte_buffer_reserve(pending, bytes + RECORD_FRAME_BYTES))
        return ENOMEM;
    uint8_t *record = pending->data + pending->size;
    record_store_le(record, RECORD_LENGTH_BYTES, bytes);
    record_store_le(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES,
                    crc32c_masked(record, RECORD_LENGTH_BYTES));
    if (bytes > 0)
        memcpy(record + RECORD_HEADER_BYTES, payload, bytes);
    record_store_le(record + RECORD_HEADER_BYTES + bytes, RECORD_CRC_BYTES,
                    crc32c_masked(payload, bytes));
    writer->last_record_at = pending->size;
    pending->size += bytes + RECORD_FRAME_BYTES;
    return 0;
}

void record_writer_take_back(record_writer *writer)
{
    assert(writer->last_record_at < writer->pending.size);
    writer->pending.size = writer->last_record_at;
}

/* The size of the whole records among the first `bytes` bytes of `records`. */
static size_t whole_record_bytes(const byte_buffer *records, size_t bytes)
{
    size_t whole = 0;
    while (bytes - whole >= RECORD_FRAME_BYTES) {
        uint64_t payload_bytes = record_load_le(records->data + whole, RECORD_LENGTH_BYTES);
        if (bytes - whole - RECORD_FRAME_BYTES < payload_bytes)
            break;
        whole += RECORD_FRAME_BYTES + (size_t)payload_bytes;
    }
    return whole;
}

static int cut_torn_record(record_writer *writer)
{
    int result;
    do
        result = writer->sink->truncate(writer->sink, writer->file_bytes);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        return errno;
    writer->torn = false;
    return 0;
}

/* Writes until all is written or a call fails; *written tells how far it came. */
static int write_pending(record_writer *writer, size_t *written)
{
    const byte_buffer *pending = &writer->pending;
    *written = 0;
    while (*written < pending->size) {
        ssize_t count =
            writer->sink->write_at(writer->sink, pending->data + *written, pending->size - *written,
                                   writer->file_bytes + *written);
        if (count > 0)
            *written += (size_t)count;
        else if (count == 0)
            return EIO;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

int record_writer_flush(record_writer *writer)
{
    if (writer->torn) {
        int cause = cut_torn_record(writer);
        if (cause != 0)
            return cause;
    }
    size_t written;
    int cause = write_pending(writer, &written);
    size_t whole = cause == 0 ? written : whole_record_bytes(&writer->pending, written);
    byte_buffer_drop_front(&writer->pending, whole);
    writer->last_record_at -= whole < writer->last_record_at ? whole : writer->last_record_at;
    writer->file_bytes += whole;
    if (written > whole) {
        writer->torn = true;
        /* The write's failure is the cause to report; `torn` remembers a failed cut. */
        (void)cut_torn_record(writer);
    }
    return cause;
}

void record_writer_free(record_writer *writer)
{
    byte_buffer_free(&writer->pending);
}
