/* The events are copied once, in TensorBoard's order, to a temporary file. An index of them is
 * sorted, and events that no restart made obsolete are written in its order. One order serves all
 * tags, because TensorBoard reads each tag separately. */
#include "event_merge.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "byte_buffer.h"
#include "complaint.h"
#include "event_copy.h"
#include "event_index.h"
#include "read_events.h"
#include "restarts.h"
#include "step_order.h"
#include "tag_metadata.h"
#include "tblog/tblog.h"
#include "temporary_file.h"

typedef struct merging {
    temporary_file records; /* of all events, one after the other */
    uint64_t file_place;    /* where those of the current file begin */
    bool has_version;
    event_index index;
    restarts restarts;
    tag_metadata metadata;
    byte_buffer record; /* the current one */
} merging;

/* ENOMEM and EMSGSIZE (too long with its metadata) are about an event; all others are about the
 * temporary files. */
static bool complain(int cause)
{
    const bool is_event = cause == ENOMEM || cause == EMSGSIZE;
    complaint_print("merge", is_event ? "an event" : "temporary file", "%s", strerror(cause));
    return false;
}

/* ---- Reading ---- */

/* Values that are shown once, not as a series, survive a restart. */
static bool is_point(const tblog_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        if (is_setting(event->values[i]->plugin)) {
            return false;
        }
    }
    return event->value_count > 0;
}

static index_kind kind_of(const tblog_event *event)
{
    return event->file_version != NULL ? INDEX_VERSION
           : is_session_start(event)   ? INDEX_START
           : is_point(event)           ? INDEX_POINT
                                       : INDEX_OTHER;
}

/* Adds an event to the index, and its record to the others. */
static bool keep(merging *all, const tblog_reader *reader, const tblog_event *event,
                 index_kind kind)
{
    size_t bytes;
    const uint8_t *record = tblog_reader_record(reader, &bytes);
    const index_entry entry = {.step = event->step,
                               .wall_time = event->wall_time,
                               .offset = all->records.bytes,
                               .bytes = (uint32_t)bytes, /* at most RECORD_PAYLOAD_MAX and frame */
                               .kind = kind};
    const int cause = event_index_add(&all->index, &entry);
    if (cause != 0) {
        return complain(cause);
    }
    return temporary_file_append(&all->records, record, bytes) || complain(errno);
}

static bool take_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    merging *all = context;
    const index_kind kind = kind_of(event);
    if (kind == INDEX_VERSION && (all->has_version || isnan(event->wall_time))) {
        return true; /* One is enough, and at one without a time the default loader would stop. */
    }
    all->has_version |= kind == INDEX_VERSION;
    if (kind == INDEX_START &&
        !restarts_add(&all->restarts, event->step, all->records.bytes, all->file_place)) {
        return complain(ENOMEM);
    }
    if (kind == INDEX_START && isnan(event->wall_time)) {
        return true; /* It would come last, and make points obsolete again. */
    }
    if (!tag_metadata_note(&all->metadata, event)) {
        return complain(ENOMEM);
    }
    return keep(all, reader, event, kind);
}

static enum exit_status take_files(merging *all, const event_files *files)
{
    enum exit_status worst = EXIT_STATUS_DONE;
    for (size_t i = 0; i < files->count && worst != EXIT_STATUS_FAILED; i++) {
        all->file_place = all->records.bytes;
        worst = worse_status(worst, read_events("merge", files->at[i].path, take_event, all));
    }
    return worst;
}

/* ---- Writing ---- */

static int load_record(merging *all, const index_entry *entry)
{
    all->record.size = 0;
    if (!byte_buffer_reserve(&all->record, entry->bytes)) {
        return ENOMEM;
    }
    const ssize_t got =
        temporary_file_read(&all->records, all->record.data, entry->bytes, entry->offset);
    all->record.size = entry->bytes;
    return got == (ssize_t)entry->bytes ? 0 : got < 0 ? errno : EIO;
}

static bool write_event(merging *all, event_copy *copy, const index_entry *entry)
{
    if (entry->kind == INDEX_POINT &&
        restarts_take_back(&all->restarts, entry->step, entry->offset)) {
        return true;
    }
    int cause = load_record(all, entry);
    const uint8_t *record = all->record.data;
    size_t bytes = all->record.size;
    if (cause == 0) {
        cause = tag_metadata_pass(&all->metadata, &record, &bytes);
    }
    if (cause != 0) {
        return complain(cause);
    }
    return event_copy_add_record(copy, record, bytes, entry->kind == INDEX_VERSION,
                                 entry->wall_time);
}

static bool write_events(merging *all, event_copy *copy)
{
    int cause = temporary_file_flush(&all->records) ? event_index_sort(&all->index) : errno;
    if (cause != 0) {
        return complain(cause);
    }
    index_entry entry;
    while (event_index_next(&all->index, &entry, &cause)) {
        if (!write_event(all, copy, &entry)) {
            return false;
        }
    }
    return cause == 0 || complain(cause);
}

/* ---- Reading, then writing ---- */

static bool begin(merging *all)
{
    const int cause = event_index_begin(&all->index);
    if (cause != 0) {
        return complain(cause);
    }
    return temporary_file_open(&all->records) || complain(errno);
}

enum exit_status event_merge(const event_files *files, const char *output)
{
    event_copy copy;
    if (!event_copy_begin(&copy, "merge", output)) {
        return EXIT_STATUS_FAILED;
    }
    merging all = {0};
    enum exit_status status = begin(&all) ? take_files(&all, files) : EXIT_STATUS_FAILED;
    if (status != EXIT_STATUS_FAILED && !write_events(&all, &copy)) {
        status = EXIT_STATUS_FAILED;
    }
    temporary_file_close(&all.records);
    event_index_free(&all.index);
    restarts_free(&all.restarts);
    tag_metadata_free(&all.metadata);
    byte_buffer_free(&all.record);
    return output_file_end(&copy.file, status);
}
