#include "record_writer.h"

#include <assert.h>
#include <errno.h>

#include "crc32c.h"
#include "little_endian.h"
#include "record_format.h"

void record_writer_init(record_writer *writer, record_sink *sink)
{
    *writer = (record_writer){.sink = sink};
}

void record_writer_take(record_writer *writer, record_queue *queue)
{
    assert(writer->batch.size == 0);
    const byte_buffer emptied = writer->batch;
    writer->batch = queue->records;
    queue->records = emptied;
    writer->has_checksums = false;
    record_queue_clear(queue);
}

static size_t payload_bytes(const uint8_t *record)
{
    return (size_t)little_endian_load(record, RECORD_LENGTH_BYTES);
}

/* The size of the whole records among the first `bytes` bytes of `records`. */
static size_t whole_record_bytes(const uint8_t *records, size_t bytes)
{
    size_t whole = 0;
    while (bytes - whole >= RECORD_FRAME_BYTES) {
        const size_t payload = payload_bytes(records + whole);
        if (bytes - whole - RECORD_FRAME_BYTES < payload) {
            break;
        }
        whole += RECORD_FRAME_BYTES + payload;
    }
    return whole;
}

/* The last length's checksum is kept, because many records have the length of the one before. */
void record_add_checksums(uint8_t *records, size_t bytes)
{
    size_t length = 0;
    uint32_t length_crc = 0;
    for (size_t at = 0; at < bytes; at += RECORD_FRAME_BYTES + length) {
        uint8_t *record = records + at;
        if (at == 0 || payload_bytes(record) != length) {
            length = payload_bytes(record);
            length_crc = crc32c_masked(record, RECORD_LENGTH_BYTES);
        }
        uint8_t *payload = record + RECORD_HEADER_BYTES;
        little_endian_store(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES, length_crc);
        little_endian_store(payload + length, RECORD_CRC_BYTES, crc32c_masked(payload, length));
    }
}

static int cut_torn_record(record_writer *writer)
{
    int result;
    do {
        result = writer->sink->truncate(writer->sink, writer->file_bytes);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        return errno;
    }
    writer->torn = false;
    return 0;
}

/* How much to write in one call: whole records, up to 64 KiB together. The page cache takes a batch
 * in such pieces faster than in one write. */
static size_t piece_bytes(const uint8_t *records, size_t bytes)
{
    enum { PIECE_BYTES = 64 * 1024 };
    const size_t whole = whole_record_bytes(records, bytes < PIECE_BYTES ? bytes : PIECE_BYTES);
    return whole > 0 ? whole : RECORD_FRAME_BYTES + payload_bytes(records);
}

/* Writes the batch from *written to `end`, or until a call fails, and updates *written. */
static int write_batch(record_writer *writer, size_t *written, size_t end)
{
    while (*written < end) {
        const ssize_t count = writer->sink->write_at(writer->sink, writer->batch.data + *written,
                                                     end - *written, writer->file_bytes + *written);
        if (count > 0) {
            *written += (size_t)count;
        } else if (count == 0) {
            return EIO;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int record_writer_flush(record_writer *writer)
{
    int cause = writer->torn ? cut_torn_record(writer) : 0;
    if (cause != 0) {
        return cause;
    }
    if (!writer->has_checksums) {
        record_add_checksums(writer->batch.data, writer->batch.size);
        writer->has_checksums = true;
    }
    const byte_buffer *batch = &writer->batch;
    size_t written = 0;
    size_t whole = 0; /* the part of `written` in whole records */
    while (cause == 0 && whole < batch->size) {
        const size_t end = whole + piece_bytes(batch->data + whole, batch->size - whole);
        cause = write_batch(writer, &written, end);
        whole += whole_record_bytes(batch->data + whole, written - whole);
    }
    byte_buffer_drop_front(&writer->batch, whole);
    writer->file_bytes += whole;
    if (written > whole) {
        writer->torn = true;
        /* The write's failure is the cause to report; `torn` remembers a failed cut. */
        (void)cut_torn_record(writer);
    }
    return cause;
}

void record_writer_discard(record_writer *writer)
{
    writer->batch.size = 0;
}

void record_writer_free(record_writer *writer)
{
    byte_buffer_free(&writer->batch);
}
