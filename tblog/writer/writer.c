#include "writer_internal.h"

#include <errno.h>
#include <math.h>

#include "lint.h"

#define FORKED "this process is a fork; the writer belongs to its parent"

/* ---- One event ---- */

/* Without a flusher every event is written by the call that logs it, which needs the file. */
static bool is_synchronous(const tblog_writer *writer)
{
    return writer->flush_interval_ms == 0;
}

static tblog_status unlock_event(tblog_writer *writer, tblog_status status)
{
    pthread_mutex_unlock(&writer->mutex);
    if (is_synchronous(writer)) {
        pthread_mutex_unlock(&writer->io);
    }
    return status;
}

/* Sees to it that there is room for an event, with `mutex` held, which it may let go meanwhile. */
static tblog_status make_room(tblog_writer *writer)
{
    const size_t bytes = writer->queue_bytes;
    while (writer->queue.records.size >= bytes) {
        const bool stands = writer->latched != TBLOG_OK;
        switch (writer->full_queue) {
        case TBLOG_FULL_QUEUE_DROP_OLDEST:
            /* Dropping moves what stays, so it is worth while only for many at once. */
            writer->dropped += record_queue_drop_oldest(&writer->queue, bytes - bytes / 8 - 1);
            if (writer->queue.records.size >= bytes) {
                return TBLOG_FULL;
            }
            break;
        case TBLOG_FULL_QUEUE_FAIL:
            return stands ? TBLOG_IO : TBLOG_FULL;
        case TBLOG_FULL_QUEUE_WAIT:
            if (stands) {
                return TBLOG_IO;
            }
            pthread_cond_wait(&writer->room, &writer->mutex);
            break;
        }
    }
    return TBLOG_OK;
}

/* Whether an error keeps events out; with `mutex` held. */
static bool refuses(const tblog_writer *writer)
{
    return writer->latched != TBLOG_OK && !writer->retry_after_error;
}

static bool is_usable(const tblog_writer *writer)
{
    if (writer == NULL) {
        return lint(false, "the writer is NULL");
    }
    if (writer_is_forked_copy(writer)) {
        return lint(false, FORKED);
    }
    return true;
}

/* Locks the writer for an event, and sees to it that there is room for it. TBLOG_OK, or what stands
 * against the event, with nothing locked. */
static tblog_status begin_event(tblog_writer *writer)
{
    if (!is_usable(writer)) {
        return TBLOG_INVALID;
    }
    if (is_synchronous(writer)) {
        pthread_mutex_lock(&writer->io);
    }
    pthread_mutex_lock(&writer->mutex);
    tblog_status status = refuses(writer) ? TBLOG_IO : make_room(writer);
    if (status == TBLOG_OK && refuses(writer)) { /* since it waited */
        status = TBLOG_IO;
    }
    if (status != TBLOG_OK) {
        return unlock_event(writer, status);
    }
    if (record_queue_begin(&writer->queue) == NULL) {
        return unlock_event(writer, TBLOG_NO_MEMORY);
    }
    tag_set_begin(&writer->tags);
    writer->event_lasts = false;
    return TBLOG_OK;
}

static tblog_status refuse_plugin(const tblog_writer *writer, const char *tag, tag_plugin plugin)
{
    static const char *const kinds[] = {
        [TAG_PLUGIN_SCALARS] = "scalars",
        [TAG_PLUGIN_HISTOGRAMS] = "histograms",
        [TAG_PLUGIN_IMAGES] = "images",
        [TAG_PLUGIN_AUDIO] = "audio",
        [TAG_PLUGIN_TEXT] = "text",
        [TAG_PLUGIN_PR_CURVES] = "PR curves",
        [TAG_PLUGIN_HPARAMS] = "hyper-parameters",
        [TAG_PLUGIN_CUSTOM_SCALARS] = "a layout",
        [TAG_PLUGIN_MESH] = "a mesh",
        [TAG_PLUGIN_KERAS_GRAPH] = "a Keras graph",
    };
    (void)lint(false, "the tag is one of %s, and now of %s: '%s'",
               kinds[tag_set_plugin(&writer->tags, tag)], kinds[plugin], tag);
    return TBLOG_INVALID;
}

tblog_status writer_add_tag(tblog_writer *writer, const char *tag, tag_plugin plugin, tag_use *use)
{
    const tag_set_result result = tag_set_add(&writer->tags, tag, plugin, &use->tag_bytes);
    use->first_of_writer = result == TAG_SET_ADDED;
    use->first_in_file = result == TAG_SET_ADDED || result == TAG_SET_NEW_IN_FILE;
    if (result == TAG_SET_NO_MEMORY) {
        return TBLOG_NO_MEMORY;
    }
    /* A tag that was there before has been looked at then. */
    if (result == TAG_SET_OTHER_PLUGIN) {
        return refuse_plugin(writer, tag, plugin);
    }
    return use->first_of_writer && !lint_text(tag, "the tag") ? TBLOG_INVALID : TBLOG_OK;
}

/* Writes the event at once. Where that fails it must not stay in memory: the call that logs it says
 * that it is nowhere. */
static tblog_status write_through(tblog_writer *writer)
{
    pthread_mutex_unlock(&writer->mutex);
    const tblog_status status = writer_write_records(writer);
    /* What fails behind the write is the next call's to tell: the event is in the file. */
    if (status == TBLOG_OK) {
        (void)writer_finish_flush(writer);
    }
    pthread_mutex_lock(&writer->mutex);
    if (status != TBLOG_OK) {
        record_writer_discard(&writer->records);
        record_queue_clear(&writer->queue);
    }
    return status;
}

/* Frames the event that is behind the queue, and sees to it that it is written in time. */
static tblog_status take_event(tblog_writer *writer)
{
    const bool lasting = writer->tags.fresh > 0 || writer->event_lasts;
    const size_t before = writer->queue.begun;
    const int cause = record_queue_end(&writer->queue, lasting);
    if (cause != 0) {
        return lint(cause == ENOMEM, WRITER_TOO_LARGE) ? TBLOG_NO_MEMORY : TBLOG_INVALID;
    }
    if (is_synchronous(writer)) {
        return write_through(writer);
    }
    if (before == 0) {
        writer_start_interval(writer);
    } else if (before < writer->buffer_bytes &&
               writer->queue.records.size >= writer->buffer_bytes) {
        pthread_cond_signal(&writer->changed);
    }
    return TBLOG_OK;
}

/* With TBLOG_OK takes the event that was encoded; with another status, or where that fails, forgets
 * it and its new tags. Unlocks, and returns what the call that logs returns. */
static tblog_status end_event(tblog_writer *writer, tblog_status status)
{
    if (status == TBLOG_OK) {
        status = take_event(writer);
    } else {
        record_queue_cancel(&writer->queue);
    }
    /* A tag whose first value is not there must not be known, or its next would lack metadata. */
    if (status != TBLOG_OK) {
        tag_set_undo(&writer->tags);
    }
    return unlock_event(writer, status);
}

tblog_status writer_add_event(tblog_writer *writer, writer_encode *encode, const void *request)
{
    const tblog_status status = begin_event(writer);
    if (status != TBLOG_OK) {
        return status;
    }
    const double now = writer_wall_time(writer);
    if (isfinite(now)) {
        return end_event(writer, encode(writer, now, request));
    }
    (void)lint(false, "the clock's time is not a finite number");
    return end_event(writer, TBLOG_INVALID);
}

/* ---- Scalars ---- */

typedef struct scalars_request {
    int64_t step;
    const tblog_scalar *scalars;
    size_t count;
} scalars_request;

/* Looks the scalar's tag up, and makes of both what is encoded. */
static inline tblog_status take_scalar(tblog_writer *writer, const tblog_scalar *scalar,
                                       event_scalar *entry)
{
    tag_use use;
    const tblog_status status = writer_add_tag(writer, scalar->tag, TAG_PLUGIN_SCALARS, &use);
    *entry = (event_scalar){.tag = scalar->tag,
                            .tag_bytes = use.tag_bytes,
                            .value = (float)scalar->value,
                            .with_metadata = use.first_in_file};
    return status;
}

static tblog_status encode_scalar(tblog_writer *writer, double wall_time, const void *argument)
{
    const scalars_request *request = argument;
    if (writer->tensor_scalars) {
        return writer_encode_tensor_scalars(writer, wall_time, request->step, request->scalars, 1);
    }
    event_scalar entry;
    const tblog_status status = take_scalar(writer, request->scalars, &entry);
    if (status != TBLOG_OK) {
        return status;
    }
    return event_encode_scalar(&writer->queue.records, wall_time, request->step, &entry)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

static tblog_status encode_scalars(tblog_writer *writer, double wall_time, const void *argument)
{
    const scalars_request *request = argument;
    if (writer->tensor_scalars) {
        return writer_encode_tensor_scalars(writer, wall_time, request->step, request->scalars,
                                            request->count);
    }
    event_scalar *entries;
    if (request->count > SIZE_MAX / sizeof *entries ||
        !byte_buffer_reserve(&writer->scalars, request->count * sizeof *entries)) {
        return TBLOG_NO_MEMORY;
    }
    entries = (void *)writer->scalars.data;
    for (size_t i = 0; i < request->count; i++) {
        const tblog_status status = take_scalar(writer, &request->scalars[i], &entries[i]);
        if (status != TBLOG_OK) {
            return status;
        }
    }
    return event_encode_scalars(&writer->queue.records, wall_time, request->step, entries,
                                request->count)
               ? TBLOG_OK
               : TBLOG_NO_MEMORY;
}

static bool are_sound_scalars(const tblog_scalar *scalars, size_t count)
{
    if (scalars == NULL && count > 0) {
        return lint(false, "the scalars are NULL");
    }
    for (size_t i = 0; i < count; i++) {
        if (scalars[i].tag == NULL || scalars[i].tag[0] == '\0') {
            return lint_name(scalars[i].tag, "the tag");
        }
    }
    return true;
}

tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step, const tblog_scalar *scalars,
                               size_t count)
{
    lint_begin(writer);
    if (!are_sound_scalars(scalars, count)) {
        return TBLOG_INVALID;
    }
    if (count == 0) {
        return tblog_writer_status(writer);
    }
    const scalars_request request = {.step = step, .scalars = scalars, .count = count};
    return writer_add_event(writer, encode_scalars, &request);
}

tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag, int64_t step, double value)
{
    lint_begin(writer);
    const tblog_scalar scalar = {.tag = tag, .value = value};
    if (!are_sound_scalars(&scalar, 1)) {
        return TBLOG_INVALID;
    }
    const scalars_request request = {.step = step, .scalars = &scalar, .count = 1};
    return writer_add_event(writer, encode_scalar, &request);
}

/* ---- The file ---- */

/* Whether flush and sync may go on: TBLOG_OK with `io` held. */
static tblog_status begin_flush(tblog_writer *writer)
{
    const tblog_status status = tblog_writer_status(writer);
    if (status == TBLOG_INVALID || (status != TBLOG_OK && !writer->retry_after_error)) {
        return status;
    }
    pthread_mutex_lock(&writer->io);
    return TBLOG_OK;
}

tblog_status tblog_writer_flush(tblog_writer *writer)
{
    tblog_status status = begin_flush(writer);
    if (status != TBLOG_OK) {
        return status;
    }
    status = writer_flush_records(writer);
    pthread_mutex_unlock(&writer->io);
    return status;
}

tblog_status tblog_writer_sync(tblog_writer *writer)
{
    tblog_status status = begin_flush(writer);
    if (status != TBLOG_OK) {
        return status;
    }
    status = writer_flush_records(writer);
    const int cause = status == TBLOG_OK ? writer_sync_file(writer) : 0;
    if (cause != 0) {
        writer_latch(writer, "sync", cause);
        status = TBLOG_IO;
    }
    pthread_mutex_unlock(&writer->io);
    return status;
}

/* ---- The latched error ---- */

tblog_status tblog_writer_status(tblog_writer *writer)
{
    lint_begin(writer);
    if (!is_usable(writer)) {
        return TBLOG_INVALID;
    }
    pthread_mutex_lock(&writer->mutex);
    const tblog_status status = writer->latched;
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

const char *tblog_writer_message(tblog_writer *writer)
{
    if (writer != NULL && writer_is_forked_copy(writer)) {
        return FORKED;
    }
    const char *refusal = lint_problem(writer);
    if (writer == NULL || refusal[0] != '\0') {
        return refusal;
    }
    pthread_mutex_lock(&writer->mutex);
    const char *message = writer->latched == TBLOG_OK ? "" : writer->message;
    pthread_mutex_unlock(&writer->mutex);
    return message;
}

void tblog_writer_clear_error(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer)) {
        return;
    }
    lint_begin(writer);
    pthread_mutex_lock(&writer->mutex);
    writer->latched = TBLOG_OK;
    writer->latched_errno = 0;
    if (writer->unwritten || writer->queue.records.size > 0) {
        writer_start_interval(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
}

uint64_t tblog_writer_dropped(tblog_writer *writer)
{
    if (writer == NULL || writer_is_forked_copy(writer)) {
        return 0;
    }
    pthread_mutex_lock(&writer->mutex);
    const uint64_t dropped = writer->dropped;
    pthread_mutex_unlock(&writer->mutex);
    return dropped;
}

const char *tblog_writer_path(tblog_writer *writer)
{
    if (writer == NULL) {
        return "";
    }
    if (writer_is_forked_copy(writer)) {
        return writer->path->text;
    }
    pthread_mutex_lock(&writer->mutex);
    const char *path = writer->path->text;
    pthread_mutex_unlock(&writer->mutex);
    return path;
}
