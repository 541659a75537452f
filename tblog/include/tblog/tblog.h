/* tblog: TensorBoard event files from C.
 *
 * A writer makes one event file in a run's directory and appends points to it; a reader goes
 * through a file's events.
 *
 *     tblog_writer *writer;
 *     if (tblog_writer_open(&writer, "logs/my-run", NULL) != TBLOG_OK) {
 *         perror("logs/my-run");
 *         return 1;
 *     }
 *     tblog_status status = TBLOG_OK;
 *     for (int64_t step = 0; step < 100 && status == TBLOG_OK; step++)
 *         status = tblog_add_scalar(writer, "loss", step, train_one_step());
 *     if (tblog_writer_close(writer) != TBLOG_OK)
 *         perror("logs/my-run");
 *
 * What a writer is given reaches the kernel within the flush interval (1 second unless told
 * otherwise) without a flush by the caller: a thread of the writer's sees to it. Whatever happens,
 * and whenever the process dies, the file can be read up to its last whole record.
 *
 * Errors are status codes; nothing here exits or prints. A writer's first I/O error latches: every
 * later call returns it until tblog_writer_clear_error, and tblog_writer_close reports it too. An
 * event whose call returned an error is not in the file and never will be; an accepted one is
 * written once. After a failed write the file is cut back to its last whole record; where the
 * system refuses even that, the next flush begins with it. A file that was removed is an error.
 *
 * Several threads may use one writer; a reader belongs to one thread at a time. After fork, the
 * child's copy of a writer is inert: its calls return TBLOG_INVALID, tblog_writer_close frees it,
 * and the parent's goes on undisturbed. The child may open writers of its own.
 *
 * Strings are UTF-8 and end with NUL. Link with -ltblog -lprotobuf-c -lpthread. */
#ifndef TBLOG_TBLOG_H
#define TBLOG_TBLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TBLOG_MUST_CHECK __attribute__((warn_unused_result))
#define TBLOG_API        __attribute__((visibility("default")))
#else
#define TBLOG_MUST_CHECK
#define TBLOG_API
#endif

typedef enum tblog_status {
    TBLOG_OK = 0,
    TBLOG_END,       /* reader: no further record now; a growing file may have one later */
    TBLOG_TRUNCATED, /* reader: the file ends inside a record; the rest may still arrive */
    TBLOG_DAMAGED,   /* reader: a checksum or an encoding is wrong; see tblog_reader_offset */
    TBLOG_INVALID,   /* an argument is wrong; nothing was written, nothing latches */
    TBLOG_NO_MEMORY, /* nothing was written, nothing latches */
    TBLOG_IO,        /* the system refused an operation; the message, or errno where there is no
                        handle, says which and why */
    TBLOG_FULL       /* the queue is full; nothing was written, nothing latches */
} tblog_status;

/* A constant one-line text for a status. */
TBLOG_API const char *tblog_status_string(tblog_status status);

/* The library's version, "major.minor.patch". */
TBLOG_API const char *tblog_version(void);

/* ---- Writer ---- */

typedef struct tblog_writer tblog_writer;

/* What stamps the events. A program that replays old data, or a test, puts its own in the place of
 * the system's. `wall_time` gets `context` and returns seconds since the epoch; events are refused
 * while it is not finite. It is called by the thread that logs, one at a time for a writer, and
 * must not call that writer; where files rotate, the writer's own thread calls it too. The flush
 * interval does not go by it. */
typedef struct tblog_clock {
    double (*wall_time)(void *context);
    void *context;
} tblog_clock;

/* What a call that logs does where queue_bytes wait to be written already: the disk is slower than
 * the program, or refuses. */
typedef enum tblog_full_queue {
    TBLOG_FULL_QUEUE_WAIT = 0,    /* waits for room; where an error stands, returns TBLOG_IO */
    TBLOG_FULL_QUEUE_DROP_OLDEST, /* drops the oldest events, an eighth of the queue at once, and
                                     counts them. Those with a tag's first value stay, for without
                                     them TensorBoard could not show the later ones: where there is
                                     nothing else, returns TBLOG_FULL */
    TBLOG_FULL_QUEUE_FAIL         /* returns TBLOG_FULL; where an error stands, TBLOG_IO */
} tblog_full_queue;

typedef struct tblog_writer_options {
    size_t size;                /* sizeof(tblog_writer_options), set by the initializer */
    uint32_t flush_interval_ms; /* how long a point may stay in memory; default 1000; 0 flushes
                                   every event before the call returns, and needs no thread */
    size_t buffer_bytes;        /* the thread flushes early when this much waits; default 256 KiB */
    const char *file_suffix;    /* ends the file's name; default ".v2"; NULL for none; at most 64
                                   bytes without '/' */
    const tblog_clock *clock;   /* copied; NULL for the system's. Its context must outlive the
                                   writer */
    size_t queue_bytes; /* how much may wait to be written, and an event more; default 4 MiB,
                           not 0. As much again may be with the thread that writes. With
                           flush_interval_ms 0 nothing waits */
    tblog_full_queue full_queue; /* default TBLOG_FULL_QUEUE_WAIT */
    bool sync_every_flush;       /* fsync behind each flush that wrote something; default false */
    bool retry_after_error;      /* default false: an error latches, and calls are refused until it
                                    is cleared. With true, calls that log are accepted while there is
                                    room in the queue, each flush interval tries again, and a flush
                                    that succeeds clears the error. With flush_interval_ms 0 each
                                    call tries */
    uint64_t rotate_bytes;       /* a file that has reached this size is followed by a next one,
                                    with fsync of this one before it; each file can be read without
                                    the others. Default 0: never */
    bool lock_directory; /* TBLOG_IO with EBUSY where another writer with this option is open
                            on the directory, in any process; default false */
} tblog_writer_options;

/* Sets every option to its default. Always begin with this: the options of a later version then
 * have their defaults too. */
TBLOG_API void tblog_writer_options_init(tblog_writer_options *options);

/* Makes `run_directory` (and its parents) where missing and a new event file in it, never one that
 * is there, whose name sorts behind those of all event files in it. The first record, with the file
 * version, is handed to the kernel before this returns. `options` NULL for defaults.
 *
 * TBLOG_OK, and *out is to be closed. Otherwise *out is NULL and there is no new file:
 *   TBLOG_INVALID    a NULL, an option, or a wall time outside of 0 .. 9999999999 seconds
 *   TBLOG_NO_MEMORY
 *   TBLOG_IO         errno says why: EACCES, ENOSPC, ENOTDIR (something of this name is not a
 *                    directory), EOVERFLOW (an event file there leaves no later name), EBUSY
 *                    (lock_directory), … */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_open(tblog_writer **out,
                                                          const char *run_directory,
                                                          const tblog_writer_options *options);

/* One point. `tag` is not empty; slashes in it make groups on TensorBoard's page. `step` is any
 * number, and not checked against earlier ones: TensorBoard draws what it is given. The value is
 * stored as a float, so beyond a float's range it becomes an infinity; NaN and infinities are
 * written as they are.
 *
 * TBLOG_INVALID: a NULL, a tag that is empty, not UTF-8 or already that of another kind of value in
 * this file, or a clock that is not finite. TBLOG_NO_MEMORY. TBLOG_IO: latched. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag,
                                                         int64_t step, double value);

typedef struct tblog_scalar {
    const char *tag;
    double value;
} tblog_scalar;

/* Several tags at one step, in one event, which takes less room in the file; all of them or none.
 * count 0 writes nothing. Statuses as tblog_add_scalar's. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step,
                                                          const tblog_scalar *scalars,
                                                          size_t count);

/* A Keras model's JSON (model.to_json()), for the Graphs page; Keras' tag is "keras". The JSON is
 * not parsed here; TBLOG_INVALID where it is NULL, empty or not UTF-8. Statuses else as
 * tblog_add_scalar's. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_keras_graph(tblog_writer *writer, const char *tag,
                                                              int64_t step, const char *model_json);

/* Hands everything so far to the kernel: safe against the death of the process. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_flush(tblog_writer *writer);

/* flush and fsync, of the file and once of its directory: safe against power loss. Other threads
 * may log meanwhile. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_sync(tblog_writer *writer);

/* Flushes, closes and frees the handle in every case. TBLOG_OK where everything accepted is in the
 * file and no error stands; else TBLOG_IO with errno: the latched error or what went wrong now.
 * Behind a latched error what was accepted before it is tried once more. No other thread may use
 * the writer any longer. NULL is TBLOG_OK. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_close(tblog_writer *writer);

/* The latched error, or TBLOG_OK. */
TBLOG_API tblog_status tblog_writer_status(tblog_writer *writer);

/* The latched error's cause as one line of text that names the file; "" where there is none. Valid
 * until the error is cleared (with retry_after_error by the writer itself) or the writer closed. */
TBLOG_API const char *tblog_writer_message(tblog_writer *writer);

/* Forgets the latched error. Points accepted before it are still in memory where they are not in
 * the file, and the next flush writes them; those refused while it stood are lost. */
TBLOG_API void tblog_writer_clear_error(tblog_writer *writer);

/* How many accepted events TBLOG_FULL_QUEUE_DROP_OLDEST has dropped so far. */
TBLOG_API uint64_t tblog_writer_dropped(tblog_writer *writer);

/* The path of the event file, of the newest where they rotate; valid until the writer is closed. */
TBLOG_API const char *tblog_writer_path(tblog_writer *writer);

/* ---- Reader ---- */

typedef struct tblog_reader tblog_reader;

typedef enum tblog_value_kind {
    TBLOG_VALUE_OTHER = 0, /* a kind that this version does not decode: tag and plugin only */
    TBLOG_VALUE_SCALAR,    /* simple_value or a rank 0 float tensor */
    TBLOG_VALUE_STRING     /* a string tensor with one element: text, a Keras graph */
} tblog_value_kind;

/* One value of a summary. The strings are never NULL; a tag ends at its first NUL byte. */
typedef struct tblog_value {
    const char *tag;
    const char *plugin; /* plugin_name of the metadata; "" without, as on all but a tag's first
                           value in a file */
    tblog_value_kind kind;
    double scalar;        /* TBLOG_VALUE_SCALAR: a float's exact value, NaN and infinities too */
    const uint8_t *bytes; /* TBLOG_VALUE_STRING: not terminated, not checked to be UTF-8 */
    size_t byte_count;
} tblog_value;

/* One event. All pointers are the reader's, good until its next call. */
typedef struct tblog_event {
    double wall_time; /* seconds since the epoch, as the file has it: it may be NaN */
    int64_t step;
    const char *file_version; /* of the first event; else NULL */
    const char *writer;       /* source_metadata.writer; else NULL */
    const tblog_value *values;
    size_t value_count;
    uint64_t offset;     /* of its record in the file */
    const char *content; /* which of Event's fields it carries: "file_version", "summary",
                            "graph_def", "session_log", "log_message", "tagged_run_metadata",
                            "meta_graph_def"; "" for none */
} tblog_event;

/* Opens a file, whatever its name. TBLOG_OK, and *out is to be closed. Otherwise *out is NULL:
 * TBLOG_INVALID, TBLOG_NO_MEMORY, or TBLOG_IO with errno (EISDIR for a directory, ESPIPE for a pipe
 * or a device). */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_open(tblog_reader **out, const char *path);

/* TBLOG_OK with the next event. Otherwise *event is all zero:
 *   TBLOG_END        the file ends behind a whole record. The call may be repeated while it grows.
 *   TBLOG_TRUNCATED  it ends inside a record: a crash's, or one being written. Likewise.
 *   TBLOG_DAMAGED    the record here is wrong, and so is every further call. The file's records up
 *                    to tblog_reader_offset are whole.
 *   TBLOG_IO, TBLOG_NO_MEMORY  the call may be repeated.
 *   TBLOG_INVALID    a NULL.
 * Both checksums are verified, and that the record is an event whose strings are UTF-8. Memory goes
 * with what the file holds, not with what it claims: up to some 70 times an event's bytes. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_next(tblog_reader *reader, tblog_event *event);

/* The offset just behind the last whole record, in bytes: where the trouble begins, if any. */
TBLOG_API uint64_t tblog_reader_offset(const tblog_reader *reader);

/* What the last call found wrong, with the offset, as one line of text; "" where nothing is. Valid
 * until the next call. */
TBLOG_API const char *tblog_reader_message(const tblog_reader *reader);

/* NULL is allowed. */
TBLOG_API void tblog_reader_close(tblog_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
