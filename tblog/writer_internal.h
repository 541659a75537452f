/* The writer's inside, shared by writer_open.c (its life), writer_flush.c (its thread and its
 * errors), writer.c (what callers log) and the add_*.c files (the kinds of values but scalars).
 * Tests use writer_open_on_sink.
 *
 * Points come from any thread, become events (event_encode), are framed and kept (record_writer),
 * and the writer's own thread flushes them in time. A point that was accepted is in record_writer's
 * memory or in the file; a call that returned an error has left nothing in either. */
#ifndef TBLOG_WRITER_INTERNAL_H
#define TBLOG_WRITER_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "event_encode.h"
#include "flush_timer.h"
#include "record_writer.h"
#include "sink.h"
#include "tag_set.h"
#include "tblog/tblog.h"

struct tblog_writer {
    tblog_clock clock;
    const flush_timer *timer;
    uint32_t flush_interval_ms;
    size_t buffer_bytes;
    bool tensor_scalars;
    char *path;
    unsigned fork_generation; /* tells the process that may use this handle */
    pthread_t flusher;        /* where flush_interval_ms is not 0 */

    pthread_mutex_t mutex;  /* guards what follows, and the record_sink */
    pthread_cond_t changed; /* there are records to flush, or the flusher is to end */
    record_sink *sink;
    record_writer records;
    event_encoder encoder;
    tag_set tags;
    byte_buffer scalars;  /* event_scalar [], for one call */
    int64_t flush_due_ms; /* by `timer`, while records are pending */
    bool closing;
    tblog_status latched;
    int latched_errno;
    char message[512]; /* of the latched error */
};

/* As tblog_writer_open, for a sink with an empty file. `path` is for messages; `timer` must outlive
 * the writer. The sink is the writer's from this call on, even where the call fails. */
TBLOG_MUST_CHECK tblog_status writer_open_on_sink(tblog_writer **out, record_sink *sink,
                                                  const char *path,
                                                  const tblog_writer_options *options,
                                                  const flush_timer *timer);

/* Whether this is a child process' copy of its parent's handle. Such a copy has no flusher, its
 * mutex may be locked for good, and its records are the parent's to write. */
bool writer_is_forked_copy(const tblog_writer *writer);

/* Seconds since the epoch by the writer's clock. */
double writer_wall_time(const tblog_writer *writer);

/* ---- writer.c: how the calls that log (writer.c and add_*.c) put an event into the file ---- */

/* Leaves the event of `request` in writer->encoder, with the mutex held. TBLOG_OK, or what stands
 * against the event. */
typedef tblog_status writer_encode(tblog_writer *writer, double wall_time, const void *request);

/* Encodes one event under the lock and appends it: TBLOG_OK, and it was accepted; else nothing of
 * it is left, the tags that `encode` has added included. A NULL writer is TBLOG_INVALID. */
TBLOG_MUST_CHECK tblog_status writer_add_event(tblog_writer *writer, writer_encode *encode,
                                               const void *request);

/* For `encode`: notes that the event holds a value of this tag and tells whether it is the file's
 * first. TBLOG_INVALID where the tag is another plug-in's. */
TBLOG_MUST_CHECK tblog_status writer_add_tag(tblog_writer *writer, const char *tag,
                                             tag_plugin plugin, bool *is_new);

/* ---- add_tensors.c ---- */

/* One event with `count` tensors, whose with_metadata is set here. The tags are checked here too.
 */
TBLOG_MUST_CHECK tblog_status writer_add_tensors(tblog_writer *writer, int64_t step,
                                                 event_tensor *tensors, size_t count);

/* The same within a writer_encode, for tags that are sound. A second value of a tag that says
 * something once is TBLOG_INVALID: of hparams TensorBoard sees the first one's metadata only, and
 * of layouts which one is not said. */
TBLOG_MUST_CHECK tblog_status writer_encode_tensors(tblog_writer *writer, double wall_time,
                                                    int64_t step, event_tensor *tensors,
                                                    size_t count);

/* Scalars as tensors, within a writer_encode. */
TBLOG_MUST_CHECK tblog_status writer_encode_tensor_scalars(tblog_writer *writer, double wall_time,
                                                           int64_t step,
                                                           const tblog_scalar *scalars,
                                                           size_t count);

/* ---- writer_flush.c; the mutex is held, but for start_flusher ---- */

/* Keeps the error, if it is the first: `operation` failed with `cause`, an errno value. */
void writer_latch(tblog_writer *writer, const char *operation, int cause);

/* Writes what is pending. TBLOG_IO is latched, so it need not be checked. */
tblog_status writer_flush_records(tblog_writer *writer);

/* Begins the interval in which the records now pending are to be flushed. */
void writer_start_interval(tblog_writer *writer);

/* Starts the thread. 0 or an errno value. */
TBLOG_MUST_CHECK int writer_start_flusher(tblog_writer *writer);

#endif
