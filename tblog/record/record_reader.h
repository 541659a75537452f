/* Reads records (record_format.h) from a source in order, and verifies both checksums. Knows
 * nothing of the payloads' contents. One thread at a time.
 *
 * Lengths are untrusted: memory grows only with bytes that the source has returned. */
#ifndef TBLOG_RECORD_READER_H
#define TBLOG_RECORD_READER_H

#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "source.h"
#include "tblog/tblog.h"

typedef struct record_reader {
    record_source *source; /* the caller's */
    byte_buffer window;    /* bytes of the file, from window_at on */
    uint64_t window_at;    /* at most offset */
    uint64_t offset;       /* just after the last whole record */
    size_t read_bytes;     /* to read next: few after a seek, because another seek often follows */
    uint64_t payload_max;  /* at most RECORD_PAYLOAD_MAX */
    int cause;             /* the errno value of TBLOG_IO */
    const char *problem;   /* what is wrong, for all but TBLOG_OK and TBLOG_END; a constant */
} record_reader;

void record_reader_init(record_reader *reader, record_source *source);

/* Returns the next record's payload, valid until the next call, and moves `offset` after the
 * record. Otherwise offset stays, and the call may be repeated:
 *   TBLOG_END        the file ends here; it may grow
 *   TBLOG_TRUNCATED  the file ends inside the record; it may grow
 *   TBLOG_DAMAGED    a checksum is wrong, or the length is beyond payload_max
 *   TBLOG_IO, TBLOG_NO_MEMORY */
TBLOG_MUST_CHECK tblog_status record_reader_next(record_reader *reader, const uint8_t **payload,
                                                 size_t *payload_bytes);

/* The whole record, as in the file, of a payload of record_reader_next that is still valid;
 * *record_bytes is its length. */
const uint8_t *record_reader_record(const uint8_t *payload, size_t payload_bytes,
                                    size_t *record_bytes);

/* Continues at `offset`, which must be the beginning of a record. */
void record_reader_seek(record_reader *reader, uint64_t offset);

/* Frees the memory; the source stays open. */
void record_reader_free(record_reader *reader);

#endif
