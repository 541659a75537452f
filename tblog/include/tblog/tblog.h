/* tblog: TensorBoard event files from C.
 *
 * A writer makes one event file in a run's directory and appends points to it; a reader goes
 * through a file's events. What a writer has been given reaches the kernel within the flush
 * interval (1 second unless told otherwise) without a flush by the caller.
 *
 * Errors are status codes; nothing here exits or prints. The first write error latches: every
 * later call returns it, until tblog_writer_clear_error. Several threads may use one writer;
 * a reader belongs to one thread at a time. */
#ifndef TBLOG_TBLOG_H
#define TBLOG_TBLOG_H

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
    TBLOG_INVALID,   /* an argument is wrong; nothing was written */
    TBLOG_NO_MEMORY,
    TBLOG_IO /* the system refused an operation; the message says which and why */
} tblog_status;

/* A constant one-line text for a status. */
TBLOG_API const char *tblog_status_string(tblog_status status);

/* The library's version, "major.minor.patch". */
TBLOG_API const char *tblog_version(void);

/* ---- Writer ---- */

typedef struct tblog_writer tblog_writer;

/* What stamps the events. A program that replays old data, or a test, puts its own in the place of
 * the system's. `wall_time` gets `context` and returns seconds since the epoch; several threads may
 * call it, and it must not call the writer. The flush interval does not go by it. */
typedef struct tblog_clock {
    double (*wall_time)(void *context);
    void *context;
} tblog_clock;

typedef struct tblog_writer_options {
    size_t size;                /* sizeof(tblog_writer_options), set by the initializer */
    uint32_t flush_interval_ms; /* how long a point may stay in memory; default 1000; 0 flushes
                                   every event before the call returns */
    size_t buffer_bytes;        /* flushed early when this much is buffered; default 64 KiB */
    const char *file_suffix;    /* appended to the file's name; default ".v2"; NULL for none */
    const tblog_clock *clock;   /* NULL for the system's; must outlive the writer */
} tblog_writer_options;

TBLOG_API void tblog_writer_options_init(tblog_writer_options *options);

/* Makes `run_directory` (and its parents) where missing and a new event file in it, whose first
 * record is on its way to the kernel when this returns. `options` NULL for defaults. On failure
 * *out is NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_open(tblog_writer **out,
                                                          const char *run_directory,
                                                          const tblog_writer_options *options);

/* One point. `tag` is UTF-8, not empty; `step` any; NaN and infinities are written as they are.
 * The value is stored as a float. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag,
                                                         int64_t step, double value);

typedef struct tblog_scalar {
    const char *tag;
    double value;
} tblog_scalar;

/* Several tags at one step, in one event. count 0 writes nothing. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step,
                                                          const tblog_scalar *scalars,
                                                          size_t count);

/* A Keras model's JSON (model.to_json()), for the Graphs page; Keras' tag is "keras". */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_keras_graph(tblog_writer *writer, const char *tag,
                                                              int64_t step, const char *model_json);

/* Hands everything so far to the kernel: safe against the death of the process. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_flush(tblog_writer *writer);

/* flush and fsync: safe against power loss. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_sync(tblog_writer *writer);

/* Flushes, closes and frees the handle in every case; returns what went wrong, the latched error
 * included. NULL is TBLOG_OK. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_close(tblog_writer *writer);

/* The latched error, or TBLOG_OK; its cause as one line of text ("" where there is none), valid
 * until the next call on the handle. */
TBLOG_API tblog_status tblog_writer_status(tblog_writer *writer);
TBLOG_API const char *tblog_writer_message(tblog_writer *writer);

/* Forgets the latched error; events refused while it stood are lost. */
TBLOG_API void tblog_writer_clear_error(tblog_writer *writer);

/* The path of the event file, for messages. */
TBLOG_API const char *tblog_writer_path(const tblog_writer *writer);

/* ---- Reader ---- */

typedef struct tblog_reader tblog_reader;

typedef enum tblog_value_kind {
    TBLOG_VALUE_OTHER = 0, /* a kind that this version does not decode: tag and plugin only */
    TBLOG_VALUE_SCALAR,    /* simple_value or a rank 0 float tensor */
    TBLOG_VALUE_STRING     /* a string tensor with one element: text, a Keras graph */
} tblog_value_kind;

typedef struct tblog_value {
    const char *tag;
    const char *plugin; /* plugin_name of the metadata; "" without */
    tblog_value_kind kind;
    double scalar;
    const uint8_t *bytes; /* TBLOG_VALUE_STRING: not terminated */
    size_t byte_count;
} tblog_value;

/* One event. All pointers are the reader's, good until its next call. */
typedef struct tblog_event {
    double wall_time; /* seconds since the epoch */
    int64_t step;
    const char *file_version; /* of the first event; else NULL */
    const char *writer;       /* source_metadata.writer; else NULL */
    const tblog_value *values;
    size_t value_count;
    uint64_t offset;     /* of its record in the file */
    const char *content; /* which of Event's fields it carries: "file_version", "summary",
                            "graph_def", "session_log", …; "" for none */
} tblog_event;

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_open(tblog_reader **out, const char *path);

/* TBLOG_OK with the next event; TBLOG_END or TBLOG_TRUNCATED, after which the call may be
 * repeated while the file grows; TBLOG_DAMAGED for good. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_next(tblog_reader *reader, tblog_event *event);

/* The offset just behind the last whole record. */
TBLOG_API uint64_t tblog_reader_offset(const tblog_reader *reader);
TBLOG_API const char *tblog_reader_message(const tblog_reader *reader);
TBLOG_API void tblog_reader_close(tblog_reader *reader); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
