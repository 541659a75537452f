#include "record_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "crc32c.h"
#include "little_endian.h"
#include "record_format.h"

enum {
    SCAN_BYTES = 64 * 1024,
    FIRST_SCAN_BYTES = 512, /* often the next header is near */
    STEP_BYTES = 512        /* reading so many bytes takes as long as checking one header */
};

/* How much may be read again: several times the file, plus a few seconds of work for small files.
 * Only crafted files need as much. */
enum { REREADINGS = 4, REREADING_BYTES = 256 << 20 };

#define NO_LIMIT UINT64_MAX

static bool may_reread(const record_rereading *rereading)
{
    return rereading->spent / REREADINGS < rereading->reached + REREADING_BYTES / REREADINGS;
}

static bool proves_itself(const uint8_t *header)
{
    return little_endian_load(header, RECORD_LENGTH_BYTES) <= RECORD_PAYLOAD_MAX &&
           little_endian_load(header + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES) ==
               crc32c_masked(header, RECORD_LENGTH_BYTES);
}

/* Reads `bytes` bytes, fewer only at the file's end. False with errno. */
static bool read_all(record_source *source, uint8_t *data, size_t bytes, uint64_t offset,
                     size_t *present)
{
    *present = 0;
    while (*present < bytes) {
        ssize_t count =
            source->read_at(source, data + *present, bytes - *present, offset + *present);
        if (count == 0) {
            return true;
        }
        if (count > 0) {
            *present += (size_t)count;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Whether a header with a correct checksum is at `offset`, and where its record ends. */
static tblog_status header_at(record_source *source, uint64_t offset, bool *proven, uint64_t *end)
{
    uint8_t header[RECORD_HEADER_BYTES];
    size_t present;
    if (!read_all(source, header, sizeof header, offset, &present)) {
        return TBLOG_IO;
    }
    *proven = present == sizeof header && proves_itself(header);
    if (*proven) {
        *end = offset + RECORD_FRAME_BYTES + little_endian_load(header, RECORD_LENGTH_BYTES);
    }
    return TBLOG_OK;
}

/* What is at the offset of a damaged record. */
typedef struct record_claim {
    bool is_inside;   /* a header with a correct checksum, and the file has the whole record */
    bool is_followed; /* and there is another one, or the file's end: only the payload is wrong */
    uint64_t end;     /* if is_inside */
} record_claim;

static tblog_status read_claim(record_source *source, uint64_t record_at, record_claim *claim)
{
    *claim = (record_claim){0};
    bool proven;
    const tblog_status status = header_at(source, record_at, &proven, &claim->end);
    if (status != TBLOG_OK || !proven) {
        return status;
    }
    uint8_t around[2]; /* the record's last byte, and the one after it */
    size_t present;
    if (!read_all(source, around, sizeof around, claim->end - 1, &present)) {
        return TBLOG_IO;
    }
    claim->is_inside = present > 0;
    claim->is_followed = present == 1;
    uint64_t next_end;
    return present < 2 ? TBLOG_OK : header_at(source, claim->end, &claim->is_followed, &next_end);
}

/* Whether records follow each other from `offset` to exactly `end`. False if finding out would
 * exceed the limit of rereading. */
static tblog_status records_lead_to(record_source *source, uint64_t offset, uint64_t end,
                                    record_rereading *rereading, bool *leads)
{
    bool proven = true;
    tblog_status status = TBLOG_OK;
    while (status == TBLOG_OK && proven && offset < end && may_reread(rereading)) {
        rereading->spent += STEP_BYTES;
        status = header_at(source, offset, &proven, &offset);
    }
    *leads = proven && offset == end;
    if (proven && offset < end) {
        rereading->gave_up = true;
    }
    return status;
}

/* Tries every offset in from .. limit - 1. If there is a limit, records must lead to it. */
static tblog_status try_all(record_source *source, uint64_t from, uint64_t limit,
                            record_rereading *rereading, uint64_t *found)
{
    uint8_t bytes[SCAN_BYTES];
    uint64_t at = from; /* the offset of bytes[0] */
    size_t wanted = FIRST_SCAN_BYTES;
    size_t kept = 0;
    for (;;) {
        size_t count;
        if (!read_all(source, bytes + kept, wanted - kept, at + kept, &count)) {
            return TBLOG_IO;
        }
        const size_t present = kept + count;
        size_t tried = 0;
        for (; present >= tried + RECORD_HEADER_BYTES && at + tried < limit; tried++) {
            if (!proves_itself(bytes + tried)) {
                continue;
            }
            *found = at + tried;
            bool leads = true;
            if (limit != NO_LIMIT &&
                records_lead_to(source, *found, limit, rereading, &leads) != TBLOG_OK) {
                return TBLOG_IO;
            }
            if (leads) {
                return TBLOG_OK;
            }
        }
        if (present < wanted || at + tried >= limit) {
            *found = at + present;
            return TBLOG_END;
        }
        kept = present - tried;
        memmove(bytes, bytes + tried, kept);
        at += tried;
        wanted = wanted < SCAN_BYTES / 8 ? 8 * wanted : SCAN_BYTES;
    }
}

tblog_status record_scan(record_source *source, uint64_t damaged_at, record_rereading *rereading,
                         uint64_t *found)
{
    rereading->gave_up = false;
    record_claim claim;
    tblog_status status = read_claim(source, damaged_at, &claim);
    if (status != TBLOG_OK) {
        return status;
    }
    if (claim.is_inside && claim.end > rereading->reached) {
        rereading->reached = claim.end;
    }
    rereading->gave_up = claim.is_inside && !may_reread(rereading);
    if (rereading->gave_up) {
        return try_all(source, claim.end, NO_LIMIT, rereading, found);
    }
    status =
        try_all(source, damaged_at + 1, claim.is_followed ? claim.end : NO_LIMIT, rereading, found);
    if (status == TBLOG_END && claim.is_followed) {
        return try_all(source, claim.end, NO_LIMIT, rereading, found);
    }
    if (status == TBLOG_OK && claim.is_inside && *found < claim.end) {
        rereading->spent += claim.end - *found;
    }
    return status;
}
