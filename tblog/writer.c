#include "writer_internal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

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

static tblog_status add_tag(tblog_writer *writer, const char *tag, tag_plugin plugin, bool *is_new)
{
    tag_set_result result = tag_set_add(&writer->tags, tag, plugin);
    *is_new = result == TAG_SET_ADDED;
    return result == TAG_SET_OTHER_PLUGIN ? TBLOG_INVALID
           : result == TAG_SET_NO_MEMORY  ? TBLOG_NO_MEMORY
                                          : TBLOG_OK;
}

static tblog_status encode_scalars(tblog_writer *writer, int64_t step, const tblog_scalar *scalars,
                                   size_t count)
{
    double now = writer_wall_time(writer);
    if (!isfinite(now))
        return TBLOG_INVALID;
    event_scalar *entries;
    if (count > SIZE_MAX / sizeof *entries ||
        !byte_buffer_reserve(&writer->scalars, count * sizeof *entries))
        return TBLOG_NO_MEMORY;
    entries = (void *)writer->scalars.data;
    for (size_t i = 0; i < count; i++) {
        entries[i].tag = scalars[i].tag;
        entries[i].value = (float)scalars[i].value;
        tblog_status status =
            add_tag(writer, scalars[i].tag, TAG_PLUGIN_SCALARS, &entries[i].with_metadata);
        if (status != TBLOG_OK)
            return status;
    }
    return event_encode_scalars(&writer->encoder, now, step, entries, count) ? TBLOG_OK
                                                                             : TBLOG_NO_MEMORY;
}

static tblog_status encode_keras_graph(tblog_writer *writer, const char *tag, int64_t step,
                                       const char *model_json)
{
    double now = writer_wall_time(writer);
    if (!isfinite(now))
        return TBLOG_INVALID;
    bool is_new;
    tblog_status status = add_tag(writer, tag, TAG_PLUGIN_KERAS_GRAPH, &is_new);
    if (status != TBLOG_OK)
        return status;
    return event_encode_keras_graph(&writer->encoder, now, step, tag, model_json) ? TBLOG_OK
                                                                                  : TBLOG_NO_MEMORY;
}

/* ---- The calls ---- */

static bool is_text(const char *text)
{
    return text != NULL && text[0] != '\0' && utf8_is_valid(text, strlen(text));
}

tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step, const tblog_scalar *scalars,
                               size_t count)
{
    if (scalars == NULL && count > 0)
        return TBLOG_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (!is_text(scalars[i].tag))
            return TBLOG_INVALID;
    }
    tblog_status status = lock_sound(writer);
    if (status != TBLOG_OK)
        return status;
    if (count == 0)
        return unlock(writer, TBLOG_OK);
    size_t known_tags = writer->tags.count;
    status = encode_scalars(writer, step, scalars, count);
    if (status == TBLOG_OK)
        status = append_event(writer, known_tags);
    else
        tag_set_shrink(&writer->tags, known_tags);
    return unlock(writer, status);
}

tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag, int64_t step, double value)
{
    tblog_scalar scalar = {.tag = tag, .value = value};
    return tblog_add_scalars(writer, step, &scalar, 1);
}

tblog_status tblog_add_keras_graph(tblog_writer *writer, const char *tag, int64_t step,
                                   const char *model_json)
{
    if (!is_text(tag) || !is_text(model_json))
        return TBLOG_INVALID;
    tblog_status status = lock_sound(writer);
    if (status != TBLOG_OK)
        return status;
    size_t known_tags = writer->tags.count;
    status = encode_keras_graph(writer, tag, step, model_json);
    if (status == TBLOG_OK)
        status = append_event(writer, known_tags);
    else
        tag_set_shrink(&writer->tags, known_tags);
    return unlock(writer, status);
}

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
