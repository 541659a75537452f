#include "writer_event.h"

#include <errno.h>
#include <math.h>

#include "writer_flush.h"

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

/* Makes sure that there is room for an event. `mutex` is held, but may be released meanwhile. */
static tblog_status make_room(tblog_writer *writer)
{
    const size_t bytes = writer->queue_bytes;
    while (writer->queue.records.size >= bytes) {
        const bool stands = writer->latched != TBLOG_OK;
        switch (writer->full_queue) {
        case TBLOG_FULL_QUEUE_DROP_OLDEST:
            /* Dropping moves the rest of the queue, so it pays only for many events together. */
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

/* Locks the writer for an event, and makes sure that there is room for it. Otherwise returns why
 * the event is refused, with nothing locked. */
static tblog_status begin_event(tblog_writer *writer)
{
    if (!writer_is_usable(writer)) {
        return TBLOG_INVALID;
    }
    if (is_synchronous(writer)) {
        pthread_mutex_lock(&writer->io);
    }
    pthread_mutex_lock(&writer->mutex);
    tblog_status status = writer_refuses_events(writer) ? TBLOG_IO : make_room(writer);
    if (status == TBLOG_OK && writer_refuses_events(writer)) { /* an error was latched while it
                                                                  waited */
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
#define ROW(constant, name, storage, words) [constant] = (words),
        TAG_PLUGIN_LIST(ROW)
#undef ROW
    };
    (void)refuse("tag '%s' already has %s, so it cannot have %s", tag,
                 kinds[tag_set_plugin(&writer->tags, tag)], kinds[plugin]);
    return TBLOG_INVALID;
}

tblog_status writer_add_fresh_tag(const tblog_writer *writer, const char *tag, tag_plugin plugin,
                                  tag_set_result result, tag_use *use)
{
    if (result == TAG_SET_NO_MEMORY) {
        return TBLOG_NO_MEMORY;
    }
    /* A tag that was there before was checked then. */
    if (result == TAG_SET_OTHER_PLUGIN) {
        return refuse_plugin(writer, tag, plugin);
    }
    use->first_in_file = true;
    use->first_of_writer = result == TAG_SET_ADDED;
    return use->first_of_writer && !admit_text(tag, "the tag") ? TBLOG_INVALID : TBLOG_OK;
}

/* Writes the event immediately. If that fails, the event must not stay in memory, because its call
 * returns an error. */
static tblog_status write_through(tblog_writer *writer)
{
    pthread_mutex_unlock(&writer->mutex);
    const tblog_status status = writer_write_records(writer);
    /* The event is written; later failures are reported by the next call. */
    if (status == TBLOG_OK) {
        (void)writer_finish_flush(writer);
    }
    pthread_mutex_lock(&writer->mutex);
    if (status != TBLOG_OK) {
        event_file_discard_batch(writer->file);
        record_queue_clear(&writer->queue);
    }
    return status;
}

/* Frames the event at the end of the queue, and ensures that it is written in time. */
static tblog_status take_event(tblog_writer *writer)
{
    const bool lasting = writer->tags.fresh > 0 || writer->event_lasts;
    const size_t before = writer->queue.begun;
    const int cause = record_queue_end(&writer->queue, lasting);
    if (cause != 0) {
        return admit(cause == ENOMEM, WRITER_TOO_LARGE) ? TBLOG_NO_MEMORY : TBLOG_INVALID;
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

/* With TBLOG_OK accepts the event that was encoded. With another status, or if that fails, removes
 * it and its new tags. Unlocks, and returns the status of the logging call. */
static tblog_status end_event(tblog_writer *writer, tblog_status status)
{
    if (status == TBLOG_OK) {
        status = take_event(writer);
    } else {
        record_queue_cancel(&writer->queue);
    }
    /* Forget a tag whose first value was not written, or its next would lack metadata. */
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
    (void)refuse("the clock's time is not a finite number");
    return end_event(writer, TBLOG_INVALID);
}
