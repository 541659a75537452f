#include "writer_internal.h"

#include <errno.h>
#include <math.h>

#include "utf8.h"

/* Locks the writer for a call that needs it sound. TBLOG_OK with the mutex held, or what stands
 * against the call. */
static tblog_status lock_sound(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer))
        return TBLOG_INVALID;
    pthread_mutex_lock(&writer->mutex);
    if (writer->latched == TBLOG_OK)
        return TBLOG_OK;
    pthread_mutex_unlock(&writer->mutex);
    return TBLOG_IO;
}

static tblog_status unlock(tblog_writer *writer, tblog_status status)
{
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

/* ---- Events; the mutex is held ---- */

/* Hands the encoded event over. `known_tags` is the number of tags before this event: where the
 * event does not stay, its new tags must not either, or their next values would lack metadata. */
static tblog_status append_event(tblog_writer *writer, size_t known_tags)
{
    record_writer *records = &writer->records;
    bool interval_runs = records->pending.size > 0;
    const byte_buffer *payload = &writer->encoder.payload;
    int cause = record_writer_append(records, payload->data, payload->size);
    if (cause != 0) {
        tag_set_shrink(&writer->tags, known_tags);
        return cause == ENOMEM ? TBLOG_NO_MEMORY : TBLOG_INVALID;
    }
    if (writer->flush_interval_ms == 0 || records->pending.size >= writer->buffer_bytes) {
        if (writer_flush_records(writer) == TBLOG_OK)
            return TBLOG_OK;
        record_writer_take_back(records);
        tag_set_shrink(&writer->tags, known_tags);
        return TBLOG_IO;
    }
    if (!interval_runs)
        writer_start_interval(writer);
    return TBLOG_OK;
}

tblog_status writer_add_tag(tblog_writer *writer, const char *tag, tag_plugin plugin, bool *is_new)
{
    tag_set_result result = tag_set_add(&writer->tags, tag, plugin);
    *is_new = result == TAG_SET_ADDED;
    return result == TAG_SET_OTHER_PLUGIN ? TBLOG_INVALID
           : result == TAG_SET_NO_MEMORY  ? TBLOG_NO_MEMORY
                                          : TBLOG_OK;
}

tblog_status writer_add_event(tblog_writer *writer, writer_encode *encode, const void *request)
{
    tblog_status status = lock_sound(writer);
    if (status != TBLOG_OK)
        return status;
    size_t known_tags = writer->tags.count;
    double now = writer_wall_time(writer);
    status = isfinite(now) ? encode(writer, now, request) : TBLOG_INVALID;
    if (status == TBLOG_OK)
        status = append_event(writer, known_tags);
    else
        tag_set_shrink(&writer->tags, known_tags);
    return unlock(writer, status);
}

/* ---- Scalars ---- */

typedef struct scalars_request {
    int64_t step;
    const tblog_scalar *scalars;
    size_t count;
} scalars_request;

static tblog_status encode_scalars(tblog_writer *writer, double wall_time, const void *argument)
{
    const scalars_request *request = argument;
    if (writer->tensor_scalars)
        return writer_encode_tensor_scalars(writer, wall_time, request->step, request->scalars,
                                            request->count);
    event_scalar *entries;
    if (request->count > SIZE_MAX / sizeof *entries ||
        !byte_buffer_reserve(&writer->scalars, request->count * sizeof *entries))
        return TBLOG_NO_MEMORY;
    entries = (void *)writer->scalars.data;
    for (size_t i = 0; i < request->count; i++) {
        const tblog_scalar *scalar = &request->scalars[i];
        entries[i].tag = scalar->tag;
        entries[i].value = (float)scalar->value;
        tblog_status status =
            writer_add_tag(writer, scalar->tag, TAG_PLUGIN_SCALARS, &entries[i].with_metadata);
        if (status != TBLOG_OK)
            return status;
    }
    return event_encode_scalars(&writer->encoder, wall_time, request->step, entries, request->count)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step, const tblog_scalar *scalars,
                               size_t count)
{
    if (scalars == NULL && count > 0)
        return TBLOG_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (!utf8_is_name(scalars[i].tag))
            return TBLOG_INVALID;
    }
    if (count == 0) {
        tblog_status status = lock_sound(writer);
        return status == TBLOG_OK ? unlock(writer, TBLOG_OK) : status;
    }
    const scalars_request request = {.step = step, .scalars = scalars, .count = count};
    return writer_add_event(writer, encode_scalars, &request);
}

tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag, int64_t step, double value)
{
    tblog_scalar scalar = {.tag = tag, .value = value};
    return tblog_add_scalars(writer, step, &scalar, 1);
}

/* ---- Flushing ---- */

tblog_status tblog_writer_flush(tblog_writer *writer)
{
    tblog_status status = lock_sound(writer);
    if (status != TBLOG_OK)
        return status;
    return unlock(writer, writer_flush_records(writer));
}

tblog_status tblog_writer_sync(tblog_writer *writer)
{
    tblog_status status = lock_sound(writer);
    if (status != TBLOG_OK)
        return status;
    status = writer_flush_records(writer);
    if (status != TBLOG_OK)
        return unlock(writer, status);
    int result;
    do
        result = writer->sink->sync(writer->sink);
    while (result != 0 && errno == EINTR);
    if (result != 0) {
        writer_latch(writer, "sync", errno);
        status = TBLOG_IO;
    }
    return unlock(writer, status);
}

/* ---- The latched error ---- */

tblog_status tblog_writer_status(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer))
        return TBLOG_INVALID;
    pthread_mutex_lock(&writer->mutex);
    return unlock(writer, writer->latched);
}

const char *tblog_writer_message(tblog_writer *writer)
{
    if (writer == NULL)
        return "";
    if (writer_is_forked_copy(writer))
        return "this process is a fork; the writer belongs to its parent";
    pthread_mutex_lock(&writer->mutex);
    const char *message = writer->latched == TBLOG_OK ? "" : writer->message;
    pthread_mutex_unlock(&writer->mutex);
    return message;
}

void tblog_writer_clear_error(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer))
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->latched = TBLOG_OK;
    writer->latched_errno = 0;
    if (writer->records.pending.size > 0)
        writer_start_interval(writer);
    pthread_mutex_unlock(&writer->mutex);
}

const char *tblog_writer_path(const tblog_writer *writer)
{
    return writer == NULL ? "" : writer->path;
}
