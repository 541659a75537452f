/* Finds where records (record_format.h) continue after damage. Knows nothing of the payloads'
 * contents. */
#ifndef TBLOG_RECORD_SCAN_H
#define TBLOG_RECORD_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"
#include "tblog/tblog.h"

/* What the calls for one file have cost. All zero before the first. */
typedef struct record_rereading {
    uint64_t reached; /* the file has at least so many bytes */
    uint64_t spent;   /* bytes that are read again */
    bool gave_up;     /* the last call did not search all of the damaged record */
} record_rereading;

/* Searches from `damaged_at`, the offset of a record that is wrong or not whole.
 *   TBLOG_OK   *found is the offset of the next header with a correct checksum
 *   TBLOG_END  there is none; *found is the file's end
 *   TBLOG_IO   reading failed; see errno
 *
 * If the record's own length leads to a header or to the file's end, only its payload is wrong.
 * Then nothing inside it counts as a record, unless records fill it to exactly its end: that
 * happens if a writer appended to a torn record, but not if a payload contains an event file.
 * Otherwise bytes are missing or surplus, and every offset is tried.
 *
 * Records found inside the damaged one are read again. A file could be crafted with so many records
 * inside records that this would take too long. So each call adds its cost to *rereading, and once
 * that is several times the file, calls no longer search inside records. A single torn record,
 * whatever its length field, costs at most one pass over the file. */
TBLOG_MUST_CHECK tblog_status record_scan(record_source *source, uint64_t damaged_at,
                                          record_rereading *rereading, uint64_t *found);

#endif
