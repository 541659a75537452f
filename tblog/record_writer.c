#include "record_writer.h"

#include <assert.h>
#include <errno.h>

#include "record_format.h"

void record_writer_init(record_writer *writer, record_sink *sink)
{
    *writer = (record_writer){.sink = sink};
}

void record_writer_take(record_writer *writer, record_queue *queue)
{
    assert(writer->batch.size == 0);
    byte_buffer emptied = writer->batch;
    writer->batch = queue->records;
    queue->records = emptied;
    record_queue_clear(queue);
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
static int write_batch(record_writer *writer, size_t *written)
{
    const byte_buffer *batch = &writer->batch;
    *written = 0;
    while (*written < batch->size) {
        ssize_t count =
            writer->sink->write_at(writer->sink, batch->data + *written, batch->size - *written,
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
    int cause = write_batch(writer, &written);
    size_t whole = cause == 0 ? written : whole_record_bytes(&writer->batch, written);
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
