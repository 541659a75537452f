/* Finds where records (record_format.h) go on behind damage. Knows nothing of what the payloads
 * are. */
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
    bool gave_up;     /* the last call did not look everywhere inside of the damaged record */
} record_rereading;

/* `damaged_at` is the offset of a record that is wrong or not whole.
 *   TBLOG_OK   *found is the offset of the next header that proves itself
 *   TBLOG_END  there is none; *found is the file's end
 *   TBLOG_IO   reading failed; errno
 *
 * Where the record's own length leads to a header or to the file's end, only its payload is wrong,
 * and nothing inside of it is taken for a record, unless records fill it up to exactly its end: so
 * they do where a writer went on behind a torn record, and not where a payload holds an event file.
 * Otherwise bytes are missing or too many, and every offset is tried.
 *
 * What is found inside of the damaged record is read again. A file can be made of so many records
 * inside of others that this would take for ever, so each call adds its cost to *rereading; where
 * that has become several times the file, nothing inside of a record is looked for any longer. A
 * single torn record, whatever it claims, costs at most the file once. */
TBLOG_MUST_CHECK tblog_status record_scan(record_source *source, uint64_t damaged_at,
                                          record_rereading *rereading, uint64_t *found);

#endif
