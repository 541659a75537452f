/* tblog writes and reads TensorBoard event files.
 *
 * A writer creates an event file in a run's directory and appends events to it. A reader returns
 * the events of a file.
 *
 *     tblog_writer *writer;
 *     if (tblog_writer_open(&writer, "logs/my-run", NULL) != TBLOG_OK) {
 *         fprintf(stderr, "%s\n", tblog_writer_message(NULL));
 *         return 1;
 *     }
 *     tblog_status status = TBLOG_OK;
 *     for (int64_t step = 0; step < 100 && status == TBLOG_OK; step++)
 *         status = tblog_add_scalar(writer, "loss", step, train_one_step());
 *     if (tblog_writer_close(writer) != TBLOG_OK)
 *         fprintf(stderr, "%s\n", tblog_writer_message(NULL));
 *
 * Flushing: a thread of the writer hands events to the kernel once per flush interval (1 second by
 * default). The program need not flush. If the process dies, the file is readable up to its last
 * whole record.
 *
 * Errors: functions return a status. The library never exits and never prints. I/O errors are
 * sticky: after the first, every call returns TBLOG_IO until tblog_writer_clear_error, and
 * tblog_writer_close returns it too. So checking close is enough. An accepted event is written
 * once; an event whose call failed is never written. After a failed write, the file is cut back to
 * its last whole record. If that fails too, the next flush retries it.
 *
 * Removed files: if the event file was removed, the next flush with something to write returns
 * TBLOG_IO (with flush_interval_ms 0, the next call does). Events accepted before are lost. Once
 * the error is cleared, by the program or by retry_after_error, a new file is created, with the
 * metadata of all tags. What a writer accepts only once, such as hyper-parameters, stays lost.
 *
 * Threads: several threads may use one writer. Only one thread at a time may use a reader.
 *
 * fork: the child's copy of a writer does nothing. Its calls return TBLOG_INVALID, and
 * tblog_writer_close frees it. The parent's writer is not affected. The child may open writers.
 *
 * Steps: log each tag in increasing order of its steps, each step once, across all files of a run.
 * Points in another order are written too, but what TensorBoard shows then depends on its loader:
 *   - Default loader: a point at step s removes earlier points at step s and above. Steps 0, 1, 2,
 *     5, 4, 3, 6 show as 0, 1, 2, 3, 6. If a step repeats, only its last point shows. If a run
 *     restarts at step 0 in the same directory, all earlier points disappear.
 *   - Python loader (--load_fast=false): shows every point, so the line goes back. It follows only
 *     the last file of a directory by name. Points that are appended to an older file show only
 *     after TensorBoard restarts. So give writers that are open at the same time separate
 *     directories.
 *
 * Strings are UTF-8 and end with NUL. The library copies all strings and arrays that it is given,
 * and keeps no pointer to them. Link with -ltblog -lprotobuf-c -lz -lpthread. */
#ifndef TBLOG_TBLOG_H
#define TBLOG_TBLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Versions ----
 *
 * Versions are semantic (semver.org). A patch version only fixes faults. A minor version may also
 * add to the interface. A major version may change it or remove from it. While the major version is
 * 0, a minor version may do what a major one may, and a patch version may add.
 *
 * A compiled program also runs with later libraries of the same major version; while that is 0, of
 * the same minor version. The soname (libtblog.so.VERSION) and the symbols' version (TBLOG_VERSION)
 * contain that number, so the loader refuses other libraries. A program that loads the library with
 * dlopen calls tblog_check_version. ---- */

#define TBLOG_VERSION_MAJOR 0
#define TBLOG_VERSION_MINOR 2
#define TBLOG_VERSION_PATCH 0

/* minor and patch are below 1000. */
#define TBLOG_MAKE_VERSION_NUMBER(major, minor, patch)                                             \
    ((major) * 1000000 + (minor) * 1000 + (patch))

/* This header's version, as a number that the preprocessor can compare. */
#define TBLOG_VERSION_NUMBER                                                                       \
    TBLOG_MAKE_VERSION_NUMBER(TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR, TBLOG_VERSION_PATCH)

/* Whether this header has that version or a later one. */
#define TBLOG_AT_LEAST(major, minor, patch)                                                        \
    (TBLOG_VERSION_NUMBER >= TBLOG_MAKE_VERSION_NUMBER(major, minor, patch))

/* ---- Structs and later versions ----
 *
 * These rules let old programs run with later libraries:
 *
 *   - These structs may grow: tblog_writer_options, tblog_mesh, tblog_hparam, tblog_hparam_info,
 *     tblog_metric_info, tblog_experiment, tblog_chart, tblog_category, tblog_embedding. A later
 *     version only appends fields, never in padding, so each makes the struct larger. 0 in a new
 *     field keeps the old behaviour. Set fields that you do not use to 0, as designated
 *     initializers do; for options call tblog_writer_options_init.
 *   - Functions that take these structs are inline. They pass sizeof to a function whose name ends
 *     in _sized. Other languages call that function with the sizes of their own structs. A size
 *     that the library does not know is TBLOG_INVALID, for example that of a later header.
 *   - These structs never change: tblog_clock, tblog_scalar, tblog_bucket, tblog_png,
 *     tblog_pr_counts, tblog_band, tblog_bytes.
 *   - Only the reader creates tblog_value and tblog_event; see there. ---- */

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
#define TBLOG_INLINE static inline

typedef enum tblog_status {
    TBLOG_OK = 0,
    TBLOG_END,       /* reader: no more records; a growing file may have one later */
    TBLOG_TRUNCATED, /* reader: the file ends inside a record; the rest may still arrive */
    TBLOG_DAMAGED,   /* reader: a checksum or an encoding is wrong at tblog_reader_offset */
    TBLOG_INVALID,   /* a wrong argument; nothing was written; not sticky */
    TBLOG_NO_MEMORY, /* nothing was written; not sticky */
    TBLOG_IO,        /* a system call failed; the message names it and the cause */
    TBLOG_FULL       /* the queue is full; nothing was written; not sticky */
} tblog_status;

/* One line of text for a status. A constant: never NULL, never freed. */
TBLOG_API const char *tblog_status_string(tblog_status status);

/* The library's version, "major.minor.patch". A constant. */
TBLOG_API const char *tblog_version(void);

/* The library's version, as a number like TBLOG_VERSION_NUMBER. */
TBLOG_API int tblog_version_number(void);

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_check_version_of(int version_number);

/* Checks that the library can serve programs compiled with this header. TBLOG_INVALID if the
 * library is older than the header, or too much newer (see "Versions"); tblog_writer_message(NULL)
 * then names both versions. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_check_version(void)
{
    return tblog_check_version_of(TBLOG_VERSION_NUMBER);
}

/* ---- Writer ---- */

typedef struct tblog_writer tblog_writer;

/* The source of the events' wall times. Replace it to replay old data, or in tests. `wall_time`
 * gets `context` and returns seconds since the epoch. Calls that log return TBLOG_INVALID while it
 * is not finite. The logging thread calls it, and the writer's own thread when files rotate; never
 * two threads at the same time for one writer. It must not call that writer. Flush intervals do not
 * depend on it. On Linux the default is the time of the system's last tick, which is fast to read.
 * It is usually at most 4 ms old (ticks come 100 to 1000 times a second), and older if a busy
 * machine misses ticks. A clock of your own may be exact. */
typedef struct tblog_clock {
    double (*wall_time)(void *context);
    void *context;
} tblog_clock;

/* What a logging call does when the queue is full (queue_bytes), because the disk is slower than
 * the program or fails. */
typedef enum tblog_full_queue {
    TBLOG_FULL_QUEUE_WAIT = 0,    /* waits for room; returns TBLOG_IO if an error is latched */
    TBLOG_FULL_QUEUE_DROP_OLDEST, /* drops the oldest events, an eighth of the queue each time, and
                                     counts them. It keeps a tag's first value, which TensorBoard
                                     needs to show the later ones, and GraphDefs. If nothing else is
                                     left to drop, returns TBLOG_FULL */
    TBLOG_FULL_QUEUE_FAIL         /* returns TBLOG_FULL; TBLOG_IO if an error is latched */
} tblog_full_queue;

typedef struct tblog_writer_options {
    size_t size;                /* sizeof(tblog_writer_options), set by the initializer */
    uint32_t flush_interval_ms; /* how long an event may stay in memory; default 1000. 0: each call
                                   flushes its event before it returns, and no thread is created */
    size_t buffer_bytes;        /* the thread flushes early once this much waits; default 256 KiB */
    const char *file_suffix;    /* the end of the file's name; default ".v2"; NULL for none. At most
                                   64 bytes, without '/' and control characters */
    const tblog_clock *clock;   /* copied; its context must outlive the writer. NULL: the time of
                                   the system's last tick (see tblog_clock) */
    size_t queue_bytes; /* an event is accepted while less than this waits to be written; default 4
                           MiB; not 0. The writing thread may hold as much again. With
                           flush_interval_ms 0 nothing waits. Memory for larger events is freed once
                           they are written */
    tblog_full_queue full_queue; /* default TBLOG_FULL_QUEUE_WAIT */
    bool sync_every_flush;       /* fsync after each flush that wrote something; default false */
    bool retry_after_error;      /* retry instead of refusing calls after an error; default false.
                                    Calls that log are accepted while the queue has room. Each flush
                                    interval retries, and a flush that succeeds clears the error.
                                    With flush_interval_ms 0 each call retries */
    uint64_t rotate_bytes;       /* begin a new file once this one has reached this size, after an
                                    fsync; default 0: never. Each file is readable without the
                                    others, because tags have their metadata in each. A tag keeps
                                    its kind across files */
    bool lock_directory; /* allow only one writer with this option per directory, in any process:
                            tblog_writer_open returns TBLOG_IO with errno EBUSY for another. Default
                            false. The lock ends with the process, even if forked children live */
    bool tensor_scalars; /* write scalars as tensors, as TensorFlow 2 and Keras do; default false.
                            They are larger, and fewer tools read them */
    uint64_t rotate_seconds; /* end a file this many seconds after its first event was flushed, as
                                tblog_writer_rotate does, even if nothing more is logged. At most
                                4294967295; default 0: never. Like flush intervals, it is measured
                                by a monotonic clock. With flush_interval_ms 0 the first later call
                                ends the file. rotate_bytes may end it earlier */
} tblog_writer_options;

TBLOG_API void tblog_writer_options_init_sized(tblog_writer_options *options, size_t size);

/* Sets every option to its default. Always call this first: it also sets options that a later
 * version adds. */
TBLOG_INLINE void tblog_writer_options_init(tblog_writer_options *options)
{
    tblog_writer_options_init_sized(options, sizeof *options);
}

/* Creates a new event file in `run_directory`, which it creates with its parents if missing. The
 * file version, the first record, is in the kernel when this returns. `options` NULL for the
 * defaults.
 *
 * The name is events.out.tfevents.<seconds>.<host>.<pid>.<serial>.v2. It sorts after all names
 * there that contain "tfevents", because TensorBoard reads files in the order of their names. If a
 * name like "repaired.tfevents" sorts after it, the new file is repaired.tfevents.events.out….
 *
 * TBLOG_OK: close *out with tblog_writer_close. Otherwise *out is NULL and there is no new file:
 *   TBLOG_INVALID    an argument is NULL, an option is wrong, or the wall time is not in
 *                    0 .. 9999999999 seconds
 *   TBLOG_NO_MEMORY
 *   TBLOG_IO         see errno: EACCES, ENOSPC, ENOTDIR (the path is not a directory), EBUSY
 *                    (lock_directory), ENAMETOOLONG (also if no name sorts after those there;
 *                    tblog_writer_message(NULL) names the last one), … */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_open(tblog_writer **out,
                                                          const char *run_directory,
                                                          const tblog_writer_options *options);

/* Logs one point. `tag` is not empty; slashes in it make groups on TensorBoard's page. `step` may
 * be any number and is not checked (see "Steps" above). `value` is stored as a float; beyond a
 * float's range it becomes an infinity. NaN and infinities are stored as such.
 *
 *   TBLOG_INVALID    an argument is NULL; the tag is empty, not UTF-8, or already has a value of
 *                    another kind in this writer; or the clock is not finite
 *   TBLOG_NO_MEMORY
 *   TBLOG_IO         an error is latched
 *   TBLOG_FULL       see tblog_full_queue */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_scalar(tblog_writer *writer, const char *tag,
                                                         int64_t step, double value);

typedef struct tblog_scalar {
    const char *tag;
    double value;
} tblog_scalar;

/* Logs several tags at one step, in one event, which makes the file smaller. Logs all of them or
 * none. count 0 logs nothing. The statuses are those of tblog_add_scalar. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_scalars(tblog_writer *writer, int64_t step,
                                                          const tblog_scalar *scalars,
                                                          size_t count);

/* ---- Values of other kinds
 *
 * `tag`, `step` and the statuses are as in tblog_add_scalar. TBLOG_INVALID also if an argument is
 * not as described, or if the event exceeds the 2 GiB of a record. An event is written whole or not
 * at all.
 *
 * The calling thread computes and compresses (buckets, curves, PNG, WAV) before it takes the
 * writer's lock. Under the lock it copies the event into the queue: 1 to 2 ms per MiB, while other
 * logging threads wait. ---- */

/* Logs text that TensorBoard shows as Markdown. It may be empty, but not NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_text(tblog_writer *writer, const char *tag,
                                                       int64_t step, const char *markdown);

/* Logs text that TensorBoard shows literally, such as the output of a command. Markdown and HTML in
 * it have no effect. Spaces, tabs and line ends (LF, CRLF or CR) are kept; other control characters
 * show as U+FFFD. It may be empty, but not NULL.
 *
 * It is stored as one line of preformatted HTML, at most 5 times as long plus 24 bytes.
 * tblog_reader_next returns the HTML. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_plain_text(tblog_writer *writer, const char *tag,
                                                             int64_t step, const char *text);

/* Logs a table of Markdown texts: cells [row_count,column_count], at least 1 by 1. No cell is
 * NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_text_table(tblog_writer *writer, const char *tag,
                                                             int64_t step, const char *const *cells,
                                                             size_t row_count, size_t column_count);

/* Logs a histogram of values [count]: 30 buckets of equal width from the smallest to the largest,
 * as tf.summary.histogram makes them. If all values are equal, the last bucket holds them. If there
 * are none, all buckets are 0. `values` may be NULL if count is 0.
 *
 * NaN and infinities are left out. On TBLOG_OK *non_finite is set to their number; non_finite may
 * be NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_histogram(tblog_writer *writer, const char *tag,
                                                            int64_t step, const float *values,
                                                            size_t count, size_t *non_finite);
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_histogram_double(tblog_writer *writer,
                                                                   const char *tag, int64_t step,
                                                                   const double *values,
                                                                   size_t count,
                                                                   size_t *non_finite);

typedef struct tblog_bucket {
    double left;  /* left edge, in the unit of the values */
    double right; /* right edge; not less than left */
    double count; /* number of values in the bucket; not negative */
} tblog_bucket;

/* Logs a histogram of buckets [count] that the caller computed: at least one, in ascending order,
 * all numbers finite. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_histogram_buckets(tblog_writer *writer,
                                                                    const char *tag, int64_t step,
                                                                    const tblog_bucket *buckets,
                                                                    size_t count);

/* Logs an image: pixels [height,width,channels], one byte per sample, the top row first. channels
 * is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA, not premultiplied). width and height are 1 to
 * 65535. The image is stored as a PNG. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_image(tblog_writer *writer, const char *tag,
                                                        int64_t step, const uint8_t *pixels,
                                                        uint32_t width, uint32_t height,
                                                        unsigned channels);

/* Logs several images of one size at one step: pixels [count,height,width,channels], count at least
 * 1. Else as tblog_add_image. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_images(tblog_writer *writer, const char *tag,
                                                         int64_t step, const uint8_t *pixels,
                                                         size_t count, uint32_t width,
                                                         uint32_t height, unsigned channels);

typedef struct tblog_png {
    const uint8_t *bytes;
    size_t byte_count;
} tblog_png;

/* Logs PNG files [count] at one step, at least one. Only their headers are checked. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_pngs(tblog_writer *writer, const char *tag,
                                                       int64_t step, const tblog_png *pngs,
                                                       size_t count);

/* Logs sound: samples [frame_count,channels], at least one frame, in -1 .. 1. Samples outside are
 * clipped; NaN becomes silence. sample_rate is in Hz. The sound is stored as a WAV file with 16
 * bits per sample. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_audio(tblog_writer *writer, const char *tag,
                                                        int64_t step, const float *samples,
                                                        size_t frame_count, unsigned channels,
                                                        uint32_t sample_rate);

/* As tblog_add_audio, but with samples in -32768 .. 32767, which are stored as they are. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_audio_int16(tblog_writer *writer, const char *tag,
                                                              int64_t step, const int16_t *samples,
                                                              size_t frame_count, unsigned channels,
                                                              uint32_t sample_rate);

/* Logs the precision-recall curve of a binary classifier. labels [count] are 0 or not 0; scores
 * [count] are in 0 .. 1. The thresholds are evenly spaced from 0 to 1; threshold_count is at least
 * 2, usually 201. A sample is positive at each threshold that its score reaches. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_pr_curve(tblog_writer *writer, const char *tag,
                                                           int64_t step, const uint8_t *labels,
                                                           const float *scores, size_t count,
                                                           size_t threshold_count);

typedef struct tblog_pr_counts {
    double true_positives; /* numbers of samples, or sums of their weights; finite, not negative */
    double false_positives;
    double true_negatives;
    double false_negatives;
} tblog_pr_counts;

/* As tblog_add_pr_curve, from counts [threshold_count] that the caller computed, the lowest
 * threshold first. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_pr_curve_counts(tblog_writer *writer,
                                                                  const char *tag, int64_t step,
                                                                  const tblog_pr_counts *counts,
                                                                  size_t threshold_count);

/* Points in space, and triangles between them. */
typedef struct tblog_mesh {
    const float *vertices; /* [vertex_count,3]: x, y, z; at least one; finite */
    size_t vertex_count;
    const int32_t *faces; /* [face_count,3]: indices of vertices, counterclockwise seen from the
                             front, because the page draws no backs; NULL if face_count is 0 */
    size_t face_count;
    const uint8_t *colors;   /* [vertex_count,3]: RGB; may be NULL */
    const char *config_json; /* the page's camera and material, as JSON; may be NULL. TensorBoard
                                uses that of a tag's first value */
} tblog_mesh;

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_mesh_sized(tblog_writer *writer, const char *tag,
                                                             int64_t step, const tblog_mesh *mesh,
                                                             size_t mesh_size);

/* Logs a mesh as the tags <tag>_VERTEX, <tag>_FACE and <tag>_COLOR. Every step of a tag should have
 * the same of these three. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_add_mesh(tblog_writer *writer, const char *tag,
                                                          int64_t step, const tblog_mesh *mesh)
{
    return tblog_add_mesh_sized(writer, tag, step, mesh, sizeof *mesh);
}

/* Logs a Keras model's JSON (model.to_json()) for the Graphs page. Keras uses the tag "keras". The
 * JSON is not parsed; it is UTF-8, not empty and not NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_keras_graph(tblog_writer *writer, const char *tag,
                                                              int64_t step, const char *model_json);

/* Logs a serialized TensorFlow GraphDef for the Graphs page: the only graph of the run, without a
 * tag. The bytes are not parsed; they are not NULL, and byte_count is not 0. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_graph_def(tblog_writer *writer,
                                                            const uint8_t *graph_def,
                                                            size_t byte_count);

/* ---- The HParams page: hyper-parameters beside results
 *
 * A session is a run with a tblog_add_session_start. Its metrics are scalars of that run or of runs
 * below it. A writer accepts each of the three calls once. Times are by the writer's clock. ---- */

typedef enum tblog_hparam_type {
    TBLOG_HPARAM_NUMBER,
    TBLOG_HPARAM_STRING,
    TBLOG_HPARAM_BOOL
} tblog_hparam_type;

/* A hyper-parameter's value. TensorBoard needs all values of one name to have one type. */
typedef struct tblog_hparam {
    const char *name; /* not empty */
    tblog_hparam_type type;
    double number;      /* TBLOG_HPARAM_NUMBER: finite */
    const char *string; /* TBLOG_HPARAM_STRING: not NULL */
    bool boolean;       /* TBLOG_HPARAM_BOOL */
} tblog_hparam;

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_session_start_sized(tblog_writer *writer,
                                                                      const char *group_name,
                                                                      const tblog_hparam *hparams,
                                                                      size_t count,
                                                                      size_t hparam_size);

/* Logs the session's hyper-parameters [count], at least one, with different names. TensorBoard
 * shows sessions with the same group_name as repetitions of one. NULL: a group of its own. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_add_session_start(tblog_writer *writer,
                                                                   const char *group_name,
                                                                   const tblog_hparam *hparams,
                                                                   size_t count)
{
    return tblog_add_session_start_sized(writer, group_name, hparams, count, sizeof *hparams);
}

typedef enum tblog_session_result {
    TBLOG_SESSION_SUCCEEDED = 1,
    TBLOG_SESSION_FAILED = 2
} tblog_session_result;

/* Logs how the session ended. TensorBoard shows the first end that a run logs. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_session_end(tblog_writer *writer,
                                                              tblog_session_result result);

/* The domain of a hyper-parameter. */
typedef struct tblog_hparam_info {
    const char *name;         /* not empty */
    const char *display_name; /* may be NULL */
    const char *description;  /* may be NULL */
    tblog_hparam_type type;
    const tblog_hparam *values; /* [value_count]: all possible values, of `type`; their names are
                                   not used. NULL: unspecified */
    size_t value_count;
    double minimum; /* the range of a number that has no `values`; both 0: unspecified */
    double maximum;
} tblog_hparam_info;

/* A metric: the scalars of one tag. */
typedef struct tblog_metric_info {
    const char *tag;   /* not empty */
    const char *group; /* the run below the session, such as "validation"; NULL: the session */
    const char *display_name; /* may be NULL */
    const char *description;  /* may be NULL */
} tblog_metric_info;

typedef struct tblog_experiment {
    const char *description;          /* Markdown; may be NULL */
    const tblog_hparam_info *hparams; /* [hparam_count], at least one, with different names */
    size_t hparam_count;
    const tblog_metric_info *metrics; /* [metric_count], at least one */
    size_t metric_count;
} tblog_experiment;

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_experiment_sized(
    tblog_writer *writer, const tblog_experiment *experiment, size_t experiment_size,
    size_t info_size, size_t hparam_size, size_t metric_size);

/* Logs what the sessions in one log directory have in common. TensorBoard shows only what the first
 * experiment that it finds lists, so log a complete one in one run. Without any, TensorBoard
 * collects all hyper-parameters and scalars itself. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_add_experiment(tblog_writer *writer,
                                                                const tblog_experiment *experiment)
{
    return tblog_add_experiment_sized(writer, experiment, sizeof *experiment,
                                      sizeof(tblog_hparam_info), sizeof(tblog_hparam),
                                      sizeof(tblog_metric_info));
}

/* ---- The Custom Scalars page: charts of several tags ---- */

typedef struct tblog_band {
    const char *value_tag; /* the tag of the line's scalars */
    const char *lower_tag; /* the tags of the band's edges */
    const char *upper_tag;
} tblog_band;

/* A chart of lines or of bands: exactly one of tag_count and band_count is 0. */
typedef struct tblog_chart {
    const char *title;       /* may be NULL */
    const char *const *tags; /* [tag_count]: regular expressions for tags of all runs */
    size_t tag_count;
    const tblog_band *bands; /* [band_count] */
    size_t band_count;
} tblog_chart;

typedef struct tblog_category {
    const char *title;         /* may be NULL */
    const tblog_chart *charts; /* [chart_count], at least one */
    size_t chart_count;
    bool closed; /* folded at first */
} tblog_category;

TBLOG_API TBLOG_MUST_CHECK tblog_status
tblog_add_custom_scalars_sized(tblog_writer *writer, const tblog_category *categories, size_t count,
                               size_t category_size, size_t chart_size);

/* Logs the page's layout: categories [count], at least one. A writer accepts this once. TensorBoard
 * merges the layouts of all runs. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status
tblog_add_custom_scalars(tblog_writer *writer, const tblog_category *categories, size_t count)
{
    return tblog_add_custom_scalars_sized(writer, categories, count, sizeof *categories,
                                          sizeof(tblog_chart));
}

/* ---- The Projector page: points of many dimensions, such as embeddings
 *
 * TensorBoard reads them from files beside the run's event files, so this needs no writer. ---- */

typedef enum tblog_vector_format {
    TBLOG_VECTORS_TEXT,  /* tab-separated, with 9 digits, which are exact */
    TBLOG_VECTORS_BINARY /* 4 bytes per float. TensorBoard recognizes it by a first line that is not
                            UTF-8. If the bytes would pass as text, text is written instead */
} tblog_vector_format;

typedef struct tblog_embedding {
    const char *name;     /* unique; not empty; without control characters */
    const float *vectors; /* [row_count,column_count], at least 1 by 1, finite. TensorBoard lists
                             embeddings of at least 2 by 2 */
    size_t row_count;
    size_t column_count;
    tblog_vector_format format;
    const char *const *labels; /* [row_count,label_column_count]: texts about each row, without tabs
                                  and line ends; NULL for none */
    size_t label_column_count;
    const char *const *label_names; /* [label_column_count]; not used, and may be NULL, if there is
                                       one column */
    const uint8_t *thumbnails; /* [row_count,thumbnail_height,thumbnail_width,thumbnail_channels]:
                                  a picture of each row, as in tblog_add_image; NULL for none */
    uint32_t thumbnail_width;
    uint32_t thumbnail_height;
    unsigned thumbnail_channels;
} tblog_embedding;

TBLOG_API TBLOG_MUST_CHECK tblog_status
tblog_write_projector_sized(const char *run_directory, const tblog_embedding *embeddings,
                            size_t count, size_t embedding_size);

/* Replaces the run's embeddings [count], at least one: writes projector_config.pbtxt and
 * projector_* files into `run_directory`. The directory must exist; TensorBoard shows it only if it
 * has an event file. Files are replaced atomically, the configuration last. The thumbnails become
 * one image, with sides of at most 8192 pixels.
 *
 *   TBLOG_INVALID    an argument is not as described
 *   TBLOG_NO_MEMORY
 *   TBLOG_IO         see errno */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_write_projector(const char *run_directory,
                                                                 const tblog_embedding *embeddings,
                                                                 size_t count)
{
    return tblog_write_projector_sized(run_directory, embeddings, count, sizeof *embeddings);
}

/* ---- Flushing, closing, errors ---- */

/* Hands all accepted events to the kernel: they survive the death of the process. Returns the
 * latched error or that of this flush. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_flush(tblog_writer *writer);

/* Flushes, then calls fsync on the file, and once on its directory: the events survive a power
 * loss. Other threads may log at the same time. After a failed fsync the system may have discarded
 * data; a later TBLOG_OK covers only what was flushed since. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_sync(tblog_writer *writer);

/* Ends the current file and begins a new one. All events accepted before the call are then flushed,
 * synced and closed. Use it on mounts that show others a file only once it is closed (some object
 * stores and FUSE file systems). A file without events is not ended, so repeated calls create no
 * empty files. Other threads may log at the same time; their events go to either file.
 *
 *   TBLOG_INVALID    NULL, or a forked copy
 *   TBLOG_IO         latched. If closing failed, the new file is open, and the mount may not have
 *                    published the old one. Otherwise the old file is still open: after the error
 *                    is cleared, each flush retries the rotation. Until it succeeds, events wait in
 *                    memory; tblog_writer_close writes them to the old file
 *
 * TensorBoard reads all files of a run in the order of their names and keeps them open: rotate
 * every few minutes, not every step. Its Python loader follows only the newest file. If a mount
 * shows a new file before the end of the old one, that loader shows some points only after
 * TensorBoard restarts. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_rotate(tblog_writer *writer);

/* Flushes, closes and frees the writer, whatever happens. No other thread may be using it. If an
 * error is latched, it tries once more to write the events accepted before. NULL is TBLOG_OK.
 *
 *   TBLOG_OK         all accepted events are in the files, and no error is latched
 *   TBLOG_IO         see errno: the latched error, that of this call, or ENOENT if a file was
 *                    removed earlier */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_close(tblog_writer *writer);

/* The latched error, or TBLOG_OK. TBLOG_INVALID for NULL or a forked copy. */
TBLOG_API tblog_status tblog_writer_status(tblog_writer *writer);

/* One line of text about the call that just failed; "" if none did. The library owns the text. It
 * is valid until this thread's next call.
 *   - After TBLOG_INVALID: why this thread's last call was refused, such as "the tag is not valid
 *     UTF-8".
 *   - Otherwise: the cause of the latched error, with the file's name.
 *   - NULL: about calls that leave no writer: tblog_writer_open, tblog_writer_close,
 *     tblog_write_projector, tblog_check_version and calls whose writer was NULL. */
TBLOG_API const char *tblog_writer_message(tblog_writer *writer);

/* Clears the latched error. Events accepted before it and not yet written are still in memory; the
 * next flush writes them, unless the file was removed. Events refused since are lost. */
TBLOG_API void tblog_writer_clear_error(tblog_writer *writer);

/* The number of accepted events that TBLOG_FULL_QUEUE_DROP_OLDEST has dropped; 0 for NULL. */
TBLOG_API uint64_t tblog_writer_dropped(tblog_writer *writer);

/* The path of the newest event file, valid until the writer is closed; "" for NULL. */
TBLOG_API const char *tblog_writer_path(tblog_writer *writer);

/* ---- Reader ---- */

typedef struct tblog_reader tblog_reader;

typedef enum tblog_value_kind {
    TBLOG_VALUE_OTHER = 0, /* not decoded by this version: tag and plugin only */
    TBLOG_VALUE_SCALAR,    /* simple_value, or a float tensor of rank 0 */
    TBLOG_VALUE_STRING,    /* a string tensor with one element: text, a Keras graph, a WAV file */
    TBLOG_VALUE_STRINGS,   /* any other string tensor: a table; width, height and PNGs of images */
    TBLOG_VALUE_NUMBERS    /* any other tensor of floats, doubles, 32-bit integers or bytes: buckets
                              of a histogram, a PR curve, a part of a mesh */
} tblog_value_kind;

/* Bytes without a terminating NUL. They need not be UTF-8. */
typedef struct tblog_bytes {
    const uint8_t *data;
    size_t count;
} tblog_bytes;

/* Only the reader creates tblog_value and tblog_event. Later versions may append fields, so never
 * create or copy one, and never use its sizeof. Treat an unknown kind as TBLOG_VALUE_OTHER. Strings
 * are UTF-8, end at their first NUL byte, and are not NULL unless stated. */

/* One value of a summary. Histograms, images and audio of TensorFlow 1 are converted to today's
 * tensors, with the plugin's name. */
typedef struct tblog_value {
    const char *tag;
    const char *plugin; /* the metadata's plugin_name; "" without metadata, which only a tag's first
                           value in a file has */
    tblog_value_kind kind;
    int32_t type;  /* of the tensor's elements, as TensorFlow numbers them: 1 float, 2 double,
                      3 int32, 4 uint8, 7 string, …; 0 without a tensor */
    double scalar; /* TBLOG_VALUE_SCALAR: the exact float, which may be NaN or an infinity */
    tblog_bytes plugin_content; /* the metadata's message of the plugin; may be empty */
    const int64_t *shape;       /* [rank]: the tensor's shape according to the file, which need not
                                   match number_count or string_count */
    size_t rank;
    const tblog_bytes *strings; /* [string_count]: TBLOG_VALUE_STRING and TBLOG_VALUE_STRINGS */
    size_t string_count;
    const double *numbers; /* [number_count]: TBLOG_VALUE_NUMBERS, in row-major order */
    size_t number_count;
    const char *display_name; /* the metadata's; "" if missing */
    const char *description;  /* the metadata's; "" if missing */
    int32_t data_class; /* the metadata's: 1 scalar, 2 tensor, 3 blob sequence; 0 if missing */
} tblog_value;

typedef struct tblog_event {
    uint64_t offset;  /* of its record in the file, in bytes */
    double wall_time; /* seconds since the epoch, as stored; may be NaN */
    int64_t step;
    const char *content; /* the field of Event that is set: "file_version", "summary", "graph_def",
                            "session_log", "log_message", "tagged_run_metadata" or "meta_graph_def";
                            "" for none */
    const tblog_value *const *values; /* [value_count]: those of a summary */
    size_t value_count;
    const char *file_version; /* of the first event; else NULL */
    const char *writer;       /* source_metadata.writer; else NULL */
    tblog_bytes serialized;   /* the message (GraphDef, MetaGraphDef, RunMetadata) of "graph_def",
                                 "meta_graph_def" or "tagged_run_metadata"; else empty */
    const char *run_metadata; /* the tag of "tagged_run_metadata"; else NULL */
    int32_t state;            /* of a session_log: 1 start, 2 stop, 3 checkpoint. Of a log_message,
                                 its level: 10 debugging, 20 info, 30 warning, 40 error, 50 fatal */
    const char *message;      /* of a session_log or log_message; else NULL */
    const char *checkpoint_path; /* of a session_log; else NULL */
} tblog_event;

/* Opens a regular file of any name. TBLOG_OK: close *out with tblog_reader_close. Otherwise *out is
 * NULL:
 *   TBLOG_INVALID    an argument is NULL
 *   TBLOG_NO_MEMORY
 *   TBLOG_IO         see errno: EISDIR (a directory), ESPIPE (a pipe or a device), … */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_open(tblog_reader **out, const char *path);

/* Treats records larger than `bytes` as damaged. 0, the default: 2 GiB, the limit of the format.
 * Set this for untrusted files. Reading needs at most 200 MiB plus about 50 times the largest
 * record; for usual contents, about 3 times. */
TBLOG_API void tblog_reader_set_record_limit(tblog_reader *reader, uint64_t bytes);

/* Returns the next event. The reader owns *event and all that it points to; both are valid until
 * the next call with this reader. Unless TBLOG_OK, *event is NULL:
 *   TBLOG_END        the file ends after a whole record. Call again if the file grows.
 *   TBLOG_TRUNCATED  the file ends inside a record: its writer crashed, or is still writing. Call
 *                    again if the file grows.
 *   TBLOG_DAMAGED    the record at tblog_reader_offset is wrong; all before it are whole. Every
 *                    further call returns the same until tblog_reader_resync.
 *   TBLOG_IO         a read failed. You may call again.
 *   TBLOG_NO_MEMORY  You may call again.
 *   TBLOG_INVALID    an argument is NULL
 * This verifies both checksums, and that the record is an event with UTF-8 strings. It allocates
 * memory for what the file holds, not for what it claims. An event is TBLOG_DAMAGED if its empty
 * parts would take more memory than 64 MiB and also more than 16 times its size. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_next(tblog_reader *reader,
                                                          const tblog_event **event);

/* Skips damage: the next tblog_reader_next reads the next record whose header has a correct
 * checksum. Call it after TBLOG_DAMAGED, or after TBLOG_TRUNCATED to find records that another
 * writer appended to a torn one. *lost_bytes is the number of bytes skipped from
 * tblog_reader_offset; lost_bytes may be NULL. If bytes of the damaged record are missing, the next
 * one may begin before the end that its length gives. In a file crafted with records inside
 * records, some are not found, because trying each would take too long.
 *
 *   TBLOG_OK         The record found may be damaged too.
 *   TBLOG_END        no record follows: all bytes to the end are lost. The reader does not move.
 *   TBLOG_IO         *lost_bytes is 0. You may call again.
 *   TBLOG_INVALID    an argument is NULL, or the last tblog_reader_next returned neither status */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_resync(tblog_reader *reader,
                                                            uint64_t *lost_bytes);

/* The last event's record as stored, with its frame: write these bytes to copy the event. Sets
 * *bytes to its size. The reader owns it; valid until the next call. NULL, with *bytes 0, if the
 * last call returned no event. */
TBLOG_API const uint8_t *tblog_reader_record(const tblog_reader *reader, size_t *bytes);

/* The offset of the end of the last whole record, in bytes, where damage begins if there is any.
 * After tblog_reader_resync, the offset at which reading resumes. */
TBLOG_API uint64_t tblog_reader_offset(const tblog_reader *reader);

/* One line of text about what the last call found wrong, with the offset; "" if nothing. Valid
 * until the next call. After tblog_reader_resync it may say that some records inside a damaged one
 * were not tried. NULL: about the last tblog_reader_open of this thread. */
TBLOG_API const char *tblog_reader_message(const tblog_reader *reader);

/* Closes the file and frees the reader. NULL is allowed. */
TBLOG_API void tblog_reader_close(tblog_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
