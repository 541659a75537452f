#include "record_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "crc32c.h"
#include "record_format.h"

enum { SCAN_BYTES = 64 * 1024 };

#define NO_LIMIT UINT64_MAX

static bool proves_itself(const uint8_t *header)
{
    return record_load_le(header, RECORD_LENGTH_BYTES) <= RECORD_PAYLOAD_MAX &&
           record_load_le(header + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES) ==
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
        if (count == 0)
            return true;
        if (count > 0)
            *present += (size_t)count;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* Whether a header that proves itself is at `offset`, and where its record ends. */
static tblog_status header_at(record_source *source, uint64_t offset, bool *proven, uint64_t *end)
{
    uint8_t header[RECORD_HEADER_BYTES];
    size_t present;
    if (!read_all(source, header, sizeof header, offset, &present))
        return TBLOG_IO;
    *proven = present == sizeof header && proves_itself(header);
    if (*proven)
        *end = offset + RECORD_FRAME_BYTES + record_load_le(header, RECORD_LENGTH_BYTES);
    return TBLOG_OK;
}

/* Whether the record at `record_at` has its own length, so that only its payload is wrong: its
 * header proves itself, and behind it is another one or the file's end. */
static tblog_status length_holds(record_source *source, uint64_t record_at, bool *holds,
                                 uint64_t *end)
{
    *holds = false;
    bool proven;
    tblog_status status = header_at(source, record_at, &proven, end);
    if (status != TBLOG_OK || !proven)
        return status;
    uint8_t around[2]; /* the record's last byte, and the one behind it */
    size_t present;
    if (!read_all(source, around, sizeof around, *end - 1, &present))
        return TBLOG_IO;
    *holds = present == 1;
    uint64_t next_end;
    return present < 2 ? TBLOG_OK : header_at(source, *end, holds, &next_end);
}

/* Whether records follow each other from `offset` to exactly `end`. Takes each of them from
 * *steps_left, and says no where there are more. */
static tblog_status records_lead_to(record_source *source, uint64_t offset, uint64_t end,
                                    uint64_t *steps_left, bool *leads)
{
    bool proven = true;
    tblog_status status = TBLOG_OK;
    while (status == TBLOG_OK && proven && offset<end && * steps_left> 0) {
        (*steps_left)--;
        status = header_at(source, offset, &proven, &offset);
    }
    *leads = proven && offset == end;
    return status;
}

/* Tries every offset behind `damaged_at` and before `limit`. */
static tblog_status try_all(record_source *source, uint64_t damaged_at, uint64_t limit,
                            uint64_t *found)
{
    uint8_t bytes[SCAN_BYTES];
    uint64_t at = damaged_at; /* of the first byte here */
    size_t tried = 1;
    size_t kept = 0;
    /* Four times as many as could be there: what has more is made to take for ever. */
    uint64_t steps_left = limit == NO_LIMIT ? 0 : (limit - damaged_at) / RECORD_FRAME_BYTES * 4 + 4;
    for (;;) {
        size_t count;
        if (!read_all(source, bytes + kept, sizeof bytes - kept, at + kept, &count))
            return TBLOG_IO;
        size_t present = kept + count;
        for (; present >= tried + RECORD_HEADER_BYTES && at + tried < limit; tried++) {
            if (!proves_itself(bytes + tried))
                continue;
            *found = at + tried;
            bool leads = true;
            if (limit != NO_LIMIT &&
                records_lead_to(source, *found, limit, &steps_left, &leads) != TBLOG_OK)
                return TBLOG_IO;
            if (leads)
                return TBLOG_OK;
        }
        if (present < sizeof bytes || at + tried >= limit) {
            *found = at + present;
            return TBLOG_END;
        }
        kept = present - tried;
        memmove(bytes, bytes + tried, kept);
        at += tried;
        tried = 0;
    }
}

tblog_status record_scan(record_source *source, uint64_t damaged_at, uint64_t *found)
{
    bool holds;
    uint64_t end;
    tblog_status status = length_holds(source, damaged_at, &holds, &end);
    if (status != TBLOG_OK)
        return status;
    status = try_all(source, damaged_at, holds ? end : NO_LIMIT, found);
    if (status != TBLOG_END || !holds)
        return status;
    *found = end;
    bool more;
    uint64_t next_end;
    status = header_at(source, end, &more, &next_end);
    return status == TBLOG_OK && !more ? TBLOG_END : status;
}
