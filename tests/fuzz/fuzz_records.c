/* Reads any bytes as an event file. The reader reaches the end of the file. Its records and what
 * resync reports as lost make up the whole file. It finds the same even if each read returns only a
 * few bytes. */
#include <string.h>

#include "fuzz_target.h"
#include "reader_internal.h"

typedef struct bytes_source {
    record_source base;
    const uint8_t *data;
    size_t size;
    size_t read_max; /* the most bytes that one read returns */
} bytes_source;

static ssize_t read_at(record_source *self, void *data, size_t bytes, uint64_t offset)
{
    bytes_source *source = (bytes_source *)self;
    const size_t left = offset < source->size ? source->size - (size_t)offset : 0;
    size_t count = bytes < left ? bytes : left;
    count = count < source->read_max ? count : source->read_max;
    if (count > 0) {
        memcpy(data, source->data + offset, count);
    }
    return (ssize_t)count;
}

static void close_source(record_source *self)
{
    (void)self; /* the caller's */
}

typedef struct findings {
    size_t events;
    uint64_t event_bytes;
    uint64_t lost_bytes;
    tblog_status last;
} findings;

/* Skips damaged bytes. False if nothing follows them. */
static bool go_on(tblog_reader *reader, findings *found, uint64_t size)
{
    const uint64_t before = tblog_reader_offset(reader);
    uint64_t lost;
    fuzz_require(tblog_reader_message(reader)[0] != '\0');
    const tblog_status status = tblog_reader_resync(reader, &lost);
    found->lost_bytes += lost;
    fuzz_require(lost > 0 && before + lost <= size);
    fuzz_require(status == TBLOG_OK || (status == TBLOG_END && before + lost == size));
    fuzz_require(tblog_reader_offset(reader) == (status == TBLOG_OK ? before + lost : before));
    return status == TBLOG_OK;
}

static findings read_all(const uint8_t *data, size_t size, size_t read_max)
{
    bytes_source source = {.base = {.read_at = read_at, .close = close_source},
                           .data = data,
                           .size = size,
                           .read_max = read_max};
    findings found = {0};
    tblog_reader *reader;
    const tblog_event *event;
    fuzz_require(reader_open_on_source(&reader, &source.base) == TBLOG_OK);
    for (;;) {
        const uint64_t before = tblog_reader_offset(reader);
        found.last = tblog_reader_next(reader, &event);
        size_t bytes;
        const uint8_t *record = tblog_reader_record(reader, &bytes);
        if (found.last == TBLOG_OK) {
            fuzz_require(memcmp(record, data + before, bytes) == 0);
            fuzz_require(tblog_reader_offset(reader) == before + bytes);
            found.events++;
            found.event_bytes += bytes;
            continue;
        }
        fuzz_require(record == NULL && tblog_reader_offset(reader) == before);
        if (found.last == TBLOG_END) {
            break;
        }
        fuzz_require(found.last == TBLOG_DAMAGED || found.last == TBLOG_TRUNCATED);
        if (!go_on(reader, &found, size)) {
            break;
        }
    }
    fuzz_require(found.event_bytes + found.lost_bytes == size);
    tblog_reader_close(reader);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const findings whole = read_all(data, size, SIZE_MAX);
    const findings slow = read_all(data, size, 1 + (size > 0 ? data[size - 1] % 50 : 0));
    fuzz_require(whole.events == slow.events && whole.lost_bytes == slow.lost_bytes &&
                 whole.last == slow.last);
    return 0;
}
