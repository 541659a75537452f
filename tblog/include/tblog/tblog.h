/* tblog: TensorBoard event files from C.
 *
 * A writer makes one event file in a run's directory and appends points to it; a reader goes
 * through a file's events.
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
 * What a writer is given reaches the kernel within the flush interval (1 second unless told
 * otherwise) without a flush by the caller: a thread of the writer's sees to it. Whatever happens,
 * and whenever the process dies, the file can be read up to its last whole record.
 *
 * Errors are status codes; nothing here exits or prints. A writer's first I/O error latches: every
 * later call returns it until tblog_writer_clear_error, and tblog_writer_close reports it too. An
 * event whose call returned an error is not in the file and never will be; an accepted one is
 * written once. After a failed write the file is cut back to its last whole record; where the
 * system refuses even that, the next flush begins with it.
 *
 * A file that was removed is an error: the next flush that has something to write, or with
 * flush_interval_ms 0 the next call, returns TBLOG_IO, and all that was accepted before is lost with
 * the file. Once the error is cleared (with retry_after_error by the writer itself) what is logged
 * goes to a new file, which tblog_writer_path names; tags have their metadata in it again, but what
 * is accepted once, like hyper-parameters, stays lost. tblog_writer_close returns TBLOG_IO, with
 * errno ENOENT, even if all went well since.
 *
 * Several threads may use one writer; a reader belongs to one thread at a time. After fork, the
 * child's copy of a writer is inert: its calls return TBLOG_INVALID, tblog_writer_close frees it,
 * and the parent's goes on undisturbed. The child may open writers of its own.
 *
 * Steps: log the points of a tag in the order of their steps, each step once, over all files of a
 * run. Any order is written, and no point is lost in the file, but TensorBoard shows others:
 *   - Its default loader drops points. A point at step s removes the tag's earlier points at step s
 *     and beyond: 0, 1, 2, 5, 4, 3, 6 shows as 0, 1, 2, 3, 6, and of a step that repeats only the
 *     last point stays. A run that begins again at step 0 in the same directory seems to lose all
 *     that came before.
 *   - Its Python loader (--load_fast=false) shows every point, as a line that goes back. But it
 *     follows only a directory's newest file, the last by name: what another writer still appends
 *     to an older one is shown after a restart of TensorBoard. So give each writer that is open at
 *     the same time a directory of its own.
 *
 * Strings are UTF-8 and end with NUL. Link with -ltblog -lprotobuf-c -lz -lpthread. */
#ifndef TBLOG_TBLOG_H
#define TBLOG_TBLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Versions ----
 *
 * Versions are semantic (semver.org). A patch mends. A minor version also adds. A major version may
 * change and remove; while it is 0, a minor version may, and a patch may add.
 *
 * A program that was compiled with this header also runs with later libraries of the same major
 * version; while that is 0, of the same minor version. The soname says which those are
 * (libtblog.so.0.2), and the symbols' version too (TBLOG_0.2), so that the system's loader starts no
 * program with another library. A program that finds the library by itself, as with dlopen, asks
 * tblog_check_version. ---- */

#define TBLOG_VERSION_MAJOR 0
#define TBLOG_VERSION_MINOR 2
#define TBLOG_VERSION_PATCH 0

/* Minor version and patch are below 1000. */
#define TBLOG_MAKE_VERSION_NUMBER(major, minor, patch)                                             \
    ((major) * 1000000 + (minor) * 1000 + (patch))

/* This header's version, a number that the preprocessor can compare. */
#define TBLOG_VERSION_NUMBER                                                                       \
    TBLOG_MAKE_VERSION_NUMBER(TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR, TBLOG_VERSION_PATCH)

/* Whether this header is of that version or a later one. */
#define TBLOG_AT_LEAST(major, minor, patch)                                                        \
    (TBLOG_VERSION_NUMBER >= TBLOG_MAKE_VERSION_NUMBER(major, minor, patch))

/* ---- Structs and later versions ----
 *
 * For old programs to run with later libraries, structs follow these rules:
 *
 *   - tblog_writer_options, tblog_mesh, tblog_hparam, tblog_hparam_info, tblog_metric_info,
 *     tblog_experiment, tblog_chart, tblog_category and tblog_embedding may grow. A later version
 *     appends fields, each of which makes the struct larger instead of filling padding, and changes
 *     none. 0 in a new field means what there was before it: set what you do not use to 0, as
 *     designated initializers do. (tblog_writer_options_init sets defaults.)
 *   - What takes these structs is an inline function, which passes the sizes that the program was
 *     compiled with to a function of the library whose name ends in _sized. Other languages call
 *     that with the sizes of their own structs. A size that the library does not know, as of a
 *     program with a later header than it, is TBLOG_INVALID.
 *   - tblog_clock, tblog_scalar, tblog_bucket, tblog_png, tblog_pr_counts, tblog_band and
 *     tblog_bytes never change.
 *   - tblog_value and tblog_event are made by the reader alone; see there. ---- */

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
    TBLOG_END,       /* reader: no further record now; a growing file may have one later */
    TBLOG_TRUNCATED, /* reader: the file ends inside a record; the rest may still arrive */
    TBLOG_DAMAGED,   /* reader: a checksum or an encoding is wrong; see tblog_reader_offset */
    TBLOG_INVALID,   /* an argument is wrong; nothing was written, nothing latches */
    TBLOG_NO_MEMORY, /* nothing was written, nothing latches */
    TBLOG_IO,        /* the system refused an operation; the message says which and why */
    TBLOG_FULL       /* the queue is full; nothing was written, nothing latches */
} tblog_status;

/* A constant one-line text for a status. */
TBLOG_API const char *tblog_status_string(tblog_status status);

/* The library's version, "major.minor.patch". */
TBLOG_API const char *tblog_version(void);

/* The library's version, as TBLOG_VERSION_NUMBER is the header's. */
TBLOG_API int tblog_version_number(void);

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_check_version_of(int version_number);

/* Whether the library serves programs that were compiled with this header: TBLOG_OK, or
 * TBLOG_INVALID where it is older, or later by too much (see "Versions" above); then
 * tblog_writer_message(NULL) names both versions. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_check_version(void)
{
    return tblog_check_version_of(TBLOG_VERSION_NUMBER);
}

/* ---- Writer ---- */

typedef struct tblog_writer tblog_writer;

/* What stamps the events. A program that replays old data, or a test, puts its own in the place of
 * the system's. `wall_time` gets `context` and returns seconds since the epoch; events are refused
 * while it is not finite. It is called by the thread that logs, one at a time for a writer, and
 * must not call that writer; where files rotate, the writer's own thread calls it too. The flush
 * interval does not go by it. On Linux the system's time is that of its last tick, which is cheap to
 * read: a stamp may be up to 10 ms old. A clock of one's own may be exact. */
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
                                     them TensorBoard could not show the later ones, and so does a
                                     GraphDef: where there is nothing else, returns TBLOG_FULL */
    TBLOG_FULL_QUEUE_FAIL         /* returns TBLOG_FULL; where an error stands, TBLOG_IO */
} tblog_full_queue;

typedef struct tblog_writer_options {
    size_t size;                /* sizeof(tblog_writer_options), set by the initializer */
    uint32_t flush_interval_ms; /* how long a point may stay in memory; default 1000; 0 flushes
                                   every event before the call returns, and needs no thread */
    size_t buffer_bytes;        /* the thread flushes early when this much waits; default 256 KiB */
    const char *file_suffix;    /* ends the file's name; default ".v2"; NULL for none; at most 64
                                   bytes without '/' and control characters */
    const tblog_clock *clock;   /* copied; NULL for the system's, to within a millisecond. Its
                                   context must outlive the writer */
    size_t queue_bytes; /* how much may wait to be written, and an event more; default 4 MiB,
                           not 0. As much again may be with the thread that writes. With
                           flush_interval_ms 0 nothing waits. The memory of events that are larger
                           is given back once they are written */
    tblog_full_queue full_queue; /* default TBLOG_FULL_QUEUE_WAIT */
    bool sync_every_flush;       /* fsync behind each flush that wrote something; default false */
    bool retry_after_error;      /* default false: an error latches, and calls are refused until it
                                    is cleared. With true, calls that log are accepted while there
                                    is room in the queue, each flush interval tries again, and a
                                    flush that succeeds clears the error. With flush_interval_ms 0
                                    each call tries */
    uint64_t rotate_bytes;       /* a file that has reached this size is followed by a next one,
                                    with fsync of this one before it; each file can be read without
                                    the others: tags have their metadata in each again. What kind a
                                    tag is of holds for all. Default 0: never */
    bool lock_directory; /* TBLOG_IO with EBUSY where another writer with this option is open on the
                            directory, in any process; default false. A process that dies leaves no
                            lock, whatever children of its forks live on */
    bool tensor_scalars; /* default false; with true scalars are tensors, as TensorFlow 2 and Keras
                            write them: larger, and fewer tools read them */
    uint64_t rotate_seconds; /* a file ends so many seconds after its first event was flushed, in
                                the way of tblog_writer_rotate, even if nothing is logged any more.
                                The time is that of the flush interval, which nobody sets; with
                                flush_interval_ms 0 the first call after it ends the file. At most
                                4294967295; default 0: never. rotate_bytes may end it before */
} tblog_writer_options;

TBLOG_API void tblog_writer_options_init_sized(tblog_writer_options *options, size_t size);

/* Sets every option to its default. Always begin with this: the options of a later version then
 * have their defaults too. */
TBLOG_INLINE void tblog_writer_options_init(tblog_writer_options *options)
{
    tblog_writer_options_init_sized(options, sizeof *options);
}

/* Makes `run_directory` (and its parents) where missing and a new event file in it, never one that
 * is there, whose name sorts behind all names there with "tfevents" in them: TensorBoard reads what
 * has such a name in the order of the names. The usual name is
 * events.out.tfevents.<seconds>.<host>.<pid>.<serial>.v2. If "repaired.tfevents" is there, which
 * sorts after that, the name is repaired.tfevents.events.out.tfevents.<seconds>…. The first record,
 * with the file version, is handed to the kernel before this returns. `options` NULL for defaults.
 *
 * TBLOG_OK, and *out is to be closed. Otherwise *out is NULL and there is no new file:
 *   TBLOG_INVALID    a NULL, an option, or a wall time outside of 0 .. 9999999999 seconds
 *   TBLOG_NO_MEMORY
 *   TBLOG_IO         errno says why: EACCES, ENOSPC, ENOTDIR (something of this name is not a
 *                    directory), ENAMETOOLONG (also where no name sorts behind those there:
 *                    tblog_writer_message(NULL) names the last one), EBUSY (lock_directory), … */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_open(tblog_writer **out,
                                                          const char *run_directory,
                                                          const tblog_writer_options *options);

/* One point. `tag` is not empty; slashes in it make groups on TensorBoard's page. `step` is any
 * number, and not checked against earlier ones: see "Steps" at the top of this file. The value is
 * stored as a float, so beyond a float's range it becomes an infinity; NaN and infinities are
 * written as they are.
 *
 * TBLOG_INVALID: a NULL, a tag that is empty, not UTF-8 or already that of another kind of value of
 * this writer's, or a clock that is not finite. TBLOG_NO_MEMORY. TBLOG_IO: latched. */
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

/* ---- Values of other kinds. All follow tblog_add_scalar in this: `tag` and `step` as there; an
 * event is written whole or not at all; TBLOG_INVALID also where an argument is not as described,
 * or the event would exceed a record's 2 GiB. What TensorBoard wants computed or compressed
 * (buckets, curves, PNG, WAV) the calling thread makes before it takes the writer's lock. Under the
 * lock the event's bytes are copied into the queue: for that time, one to two milliseconds for each
 * MiB of the event, other threads that log wait. ---- */

/* Text, shown as Markdown. It may be empty; not NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_text(tblog_writer *writer, const char *tag,
                                                       int64_t step, const char *markdown);

/* Text, shown as it is, such as a log or the output of a command: what means something in Markdown
 * or HTML does not here, and spaces, tabs and line ends (LF, CRLF or CR) are kept. Other control
 * characters show as U+FFFD. In the file it is one line of preformatted HTML, at most five times as
 * long as the text and 24 bytes, which tblog_reader_next returns as it is. `text` may be empty; not
 * NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_plain_text(tblog_writer *writer, const char *tag,
                                                             int64_t step, const char *text);

/* A table of texts, each shown as Markdown: cells [row_count,column_count], at least one. None is
 * NULL. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_text_table(tblog_writer *writer, const char *tag,
                                                             int64_t step, const char *const *cells,
                                                             size_t row_count, size_t column_count);

/* A histogram of raw values: 30 buckets of equal width from the smallest to the largest, as
 * TensorFlow's tf.summary.histogram makes them (where all values are equal, the last bucket holds
 * them; where there are none, all buckets are 0). NaN and infinities are left out, and *non_finite
 * is set to their number on TBLOG_OK where it is not NULL. `values` may be NULL where count is
 * 0. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_histogram(tblog_writer *writer, const char *tag,
                                                            int64_t step, const float *values,
                                                            size_t count, size_t *non_finite);
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_histogram_double(tblog_writer *writer,
                                                                   const char *tag, int64_t step,
                                                                   const double *values,
                                                                   size_t count,
                                                                   size_t *non_finite);

typedef struct tblog_bucket {
    double left; /* edges, in the values' unit; left <= right */
    double right;
    double count; /* of values within; not negative */
} tblog_bucket;

/* A histogram of ready buckets, at least one, in ascending order. All numbers are finite. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_histogram_buckets(tblog_writer *writer,
                                                                    const char *tag, int64_t step,
                                                                    const tblog_bucket *buckets,
                                                                    size_t count);

/* An image of raw pixels: [height,width,channels], one byte a sample, the top row first. channels
 * is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA, not premultiplied); the sides are 1 to 65535.
 * It is stored as a PNG. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_image(tblog_writer *writer, const char *tag,
                                                        int64_t step, const uint8_t *pixels,
                                                        uint32_t width, uint32_t height,
                                                        unsigned channels);

/* Several images of one size at one step, at least one: [count,height,width,channels]. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_images(tblog_writer *writer, const char *tag,
                                                         int64_t step, const uint8_t *pixels,
                                                         size_t count, uint32_t width,
                                                         uint32_t height, unsigned channels);

typedef struct tblog_png {
    const uint8_t *bytes;
    size_t byte_count;
} tblog_png;

/* Ready PNG files at one step, at least one. Their beginnings are checked, not the rest. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_pngs(tblog_writer *writer, const char *tag,
                                                       int64_t step, const tblog_png *pngs,
                                                       size_t count);

/* Sound, stored as a WAV file of 16 bits a sample. samples [frame_count,channels], at least one
 * frame, within -1 .. 1: what is beyond is clipped, and NaN is silence. sample_rate is in Hz. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_audio(tblog_writer *writer, const char *tag,
                                                        int64_t step, const float *samples,
                                                        size_t frame_count, unsigned channels,
                                                        uint32_t sample_rate);
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_audio_int16(tblog_writer *writer, const char *tag,
                                                              int64_t step, const int16_t *samples,
                                                              size_t frame_count, unsigned channels,
                                                              uint32_t sample_rate);

/* A precision-recall curve of a classifier of two classes, at `threshold_count` (at least 2; 201 is
 * usual) thresholds from 0 to 1, evenly spaced. labels [count] are 0 or not, scores [count] are
 * within 0 .. 1; a sample counts as positive at each threshold that its score reaches. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_pr_curve(tblog_writer *writer, const char *tag,
                                                           int64_t step, const uint8_t *labels,
                                                           const float *scores, size_t count,
                                                           size_t threshold_count);

typedef struct tblog_pr_counts {
    double true_positives; /* samples, or the sums of their weights; finite, not negative */
    double false_positives;
    double true_negatives;
    double false_negatives;
} tblog_pr_counts;

/* The same from ready counts at each threshold, the lowest first: [threshold_count]. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_pr_curve_counts(tblog_writer *writer,
                                                                  const char *tag, int64_t step,
                                                                  const tblog_pr_counts *counts,
                                                                  size_t threshold_count);

/* Points in space, and triangles between them where there are faces. Set what is not used to 0. */
typedef struct tblog_mesh {
    const float *vertices; /* [vertex_count,3]: x, y, z; at least one, finite */
    size_t vertex_count;
    const int32_t *faces; /* [face_count,3]: indices of vertices, counterclockwise as seen from the
                             front, for the page draws no backs; NULL where face_count is 0 */
    size_t face_count;
    const uint8_t *colors;   /* [vertex_count,3]: RGB; may be NULL */
    const char *config_json; /* camera and material of the page, as JSON; may be NULL. Like the
                                other metadata that of a tag's first value holds for all */
} tblog_mesh;

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_mesh_sized(tblog_writer *writer, const char *tag,
                                                             int64_t step, const tblog_mesh *mesh,
                                                             size_t mesh_size);

/* Writes the tags <tag>_VERTEX, <tag>_FACE and <tag>_COLOR. Every step of a tag should have the
 * same of them. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_add_mesh(tblog_writer *writer, const char *tag,
                                                          int64_t step, const tblog_mesh *mesh)
{
    return tblog_add_mesh_sized(writer, tag, step, mesh, sizeof *mesh);
}

/* A Keras model's JSON (model.to_json()), for the Graphs page; Keras' tag is "keras". The JSON is
 * not parsed here; TBLOG_INVALID where it is NULL, empty or not UTF-8. Statuses else as
 * tblog_add_scalar's. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_keras_graph(tblog_writer *writer, const char *tag,
                                                              int64_t step, const char *model_json);

/* A serialized GraphDef of TensorFlow, for the Graphs page: the run's one graph, without a tag. It
 * is not parsed here; TBLOG_INVALID where it is NULL or empty. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_graph_def(tblog_writer *writer,
                                                            const uint8_t *graph_def,
                                                            size_t byte_count);

/* ---- The HParams page: which values a run was made with, beside what came out. A session is the
 * run that holds tblog_add_session_start; its metrics are scalars in that run or in runs below it.
 * Each of the three calls is accepted once by a writer; the times are those of its clock. ---- */

typedef enum tblog_hparam_type {
    TBLOG_HPARAM_NUMBER,
    TBLOG_HPARAM_STRING,
    TBLOG_HPARAM_BOOL
} tblog_hparam_type;

/* A hyper-parameter's value. TensorBoard wants all values of one name to be of one type. */
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

/* The session's hyper-parameters, at least one, of different names. Sessions of one group_name are
 * shown as repetitions of one; NULL for a group of its own. */
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

/* The session's end. It cannot be corrected later. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_session_end(tblog_writer *writer,
                                                              tblog_session_result result);

/* What a hyper-parameter may be. Optional texts may be NULL. */
typedef struct tblog_hparam_info {
    const char *name; /* not empty */
    const char *display_name;
    const char *description;
    tblog_hparam_type type;
    const tblog_hparam *values; /* all that it may be, of `type`, without names; none: not said */
    size_t value_count;
    double minimum; /* of a number without `values`; both 0: not said */
    double maximum;
} tblog_hparam_info;

/* A metric: the scalars of one tag. */
typedef struct tblog_metric_info {
    const char *tag;          /* not empty */
    const char *group;        /* the run below the session, "validation"; NULL for its own run */
    const char *display_name; /* optional texts may be NULL */
    const char *description;
} tblog_metric_info;

typedef struct tblog_experiment {
    const char *description;          /* Markdown; may be NULL */
    const tblog_hparam_info *hparams; /* at least one, of different names */
    size_t hparam_count;
    const tblog_metric_info *metrics; /* at least one */
    size_t metric_count;
} tblog_experiment;

TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_add_experiment_sized(
    tblog_writer *writer, const tblog_experiment *experiment, size_t experiment_size,
    size_t info_size, size_t hparam_size, size_t metric_size);

/* What the sessions under one log directory have in common. TensorBoard takes the first that it
 * finds, and shows nothing that it leaves out: write it complete in one run, or leave it out, and
 * TensorBoard collects all hyper-parameters and scalars itself. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_add_experiment(tblog_writer *writer,
                                                                const tblog_experiment *experiment)
{
    return tblog_add_experiment_sized(writer, experiment, sizeof *experiment,
                                      sizeof(tblog_hparam_info), sizeof(tblog_hparam),
                                      sizeof(tblog_metric_info));
}

/* ---- The Custom Scalars page: charts of several tags ---- */

typedef struct tblog_band {
    const char *value_tag; /* of scalars: a line, and the edges of the band around it */
    const char *lower_tag;
    const char *upper_tag;
} tblog_band;

/* A chart of lines or of bands: one of the two counts is 0, the other is not. */
typedef struct tblog_chart {
    const char *title;       /* may be NULL */
    const char *const *tags; /* [tag_count]: regular expressions over the tags of all runs */
    size_t tag_count;
    const tblog_band *bands; /* [band_count] */
    size_t band_count;
} tblog_chart;

typedef struct tblog_category {
    const char *title;         /* may be NULL */
    const tblog_chart *charts; /* [chart_count], at least one */
    size_t chart_count;
    bool closed; /* whether it is folded at first */
} tblog_category;

TBLOG_API TBLOG_MUST_CHECK tblog_status
tblog_add_custom_scalars_sized(tblog_writer *writer, const tblog_category *categories, size_t count,
                               size_t category_size, size_t chart_size);

/* The layout of the page, at least one category; accepted once by a writer. TensorBoard merges the
 * layouts of all runs. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status
tblog_add_custom_scalars(tblog_writer *writer, const tblog_category *categories, size_t count)
{
    return tblog_add_custom_scalars_sized(writer, categories, count, sizeof *categories,
                                          sizeof(tblog_chart));
}

/* ---- The Projector page: points of many dimensions, such as embeddings. It reads files beside a
 * run's event files, so this needs no writer. ---- */

typedef enum tblog_vector_format {
    TBLOG_VECTORS_TEXT,  /* tab-separated, 9 digits: exactly the floats */
    TBLOG_VECTORS_BINARY /* 4 bytes a float. TensorBoard recognizes it by a first line that is not
                            UTF-8; text is written where the bytes would be taken for text */
} tblog_vector_format;

/* What is not used is 0. */
typedef struct tblog_embedding {
    const char *name;     /* not empty, without control characters, different from the others' */
    const float *vectors; /* [row_count,column_count], at least one of each, finite; the page lists
                             what has at least two of each */
    size_t row_count;
    size_t column_count;
    tblog_vector_format format;
    const char *const *labels; /* [row_count,label_column_count], texts without tabs and line ends
                                  that tell about each row; NULL for none */
    size_t label_column_count;
    const char *const *label_names; /* [label_column_count]; with one column it may be NULL, and is
                                       not used */
    const uint8_t *thumbnails; /* [row_count,thumbnail_height,thumbnail_width,thumbnail_channels]:
                                  a picture for each row, as for tblog_add_image; NULL for none */
    uint32_t thumbnail_width;
    uint32_t thumbnail_height;
    unsigned thumbnail_channels;
} tblog_embedding;

TBLOG_API TBLOG_MUST_CHECK tblog_status
tblog_write_projector_sized(const char *run_directory, const tblog_embedding *embeddings,
                            size_t count, size_t embedding_size);

/* Makes the embeddings, at least one, those of the run: writes projector_config.pbtxt and files
 * projector_* into `run_directory`, where a writer has been (TensorBoard knows no run without an
 * event file). Each file is complete before it takes the place of an older one, the configuration
 * as the last. The thumbnails become one image, the sides of which are at most 8192 pixels.
 *
 * TBLOG_INVALID: an argument is not as described. TBLOG_NO_MEMORY. TBLOG_IO: errno says why. */
TBLOG_INLINE TBLOG_MUST_CHECK tblog_status tblog_write_projector(const char *run_directory,
                                                                 const tblog_embedding *embeddings,
                                                                 size_t count)
{
    return tblog_write_projector_sized(run_directory, embeddings, count, sizeof *embeddings);
}

/* Hands everything so far to the kernel: safe against the death of the process. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_flush(tblog_writer *writer);

/* flush and fsync, of the file and once of its directory: safe against power loss. Other threads
 * may log meanwhile. Where fsync fails the system may have given up what it held: a later TBLOG_OK
 * then speaks for what was flushed since. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_sync(tblog_writer *writer);

/* Ends the present file and begins a new one, for mounts that show others a file only once it is
 * closed (some object stores and FUSE file systems): on return all that was accepted before the call
 * is flushed, synced and closed. A file without an event is not ended, so repeated calls make no
 * empty files. Each file can be read without the others, as with rotate_bytes. Other threads may log
 * meanwhile: what they log is in one of the two files.
 *
 * TBLOG_OK. TBLOG_INVALID: a NULL, or a forked copy. TBLOG_IO, latched: the message says what failed.
 *   - The close: such a mount may not have published the finished file. The new file is open.
 *   - Anything else: the present file is still open. Each flush after the error is cleared tries
 *     again to end it; until that succeeds, what is logged waits in memory. tblog_writer_close
 *     writes it into the present file.
 *
 * TensorBoard reads all files of a run in the order of their names, and keeps them all open: end
 * files by the minute, not by the step. Its Python loader follows only the newest and never returns
 * to a finished one. On a mount that shows a new file before it shows the end of the one before,
 * that loader shows some points only after a restart of TensorBoard. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_rotate(tblog_writer *writer);

/* Flushes, closes and frees the handle in every case. TBLOG_OK where everything accepted is in the
 * files and no error stands; else TBLOG_IO with errno: the latched error, what went wrong now, or
 * ENOENT where a file was removed earlier.
 * Behind a latched error what was accepted before it is tried once more. No other thread may use
 * the writer any longer. NULL is TBLOG_OK. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_writer_close(tblog_writer *writer);

/* The latched error, or TBLOG_OK. */
TBLOG_API tblog_status tblog_writer_status(tblog_writer *writer);

/* What is wrong, as one line of text, to be asked right behind the call that failed. Behind
 * TBLOG_INVALID why this thread's last call with the writer was refused, such as "the tag is not
 * valid UTF-8"; that text is valid until the thread's next call of this library. Else the latched
 * error's cause, with the file's name; valid until the error is cleared (with retry_after_error by
 * the writer itself) or the writer closed. "" where there is neither. NULL asks for calls that leave
 * no writer, what the system refused them included: tblog_writer_open, tblog_writer_close,
 * tblog_write_projector and those whose writer was NULL. */
TBLOG_API const char *tblog_writer_message(tblog_writer *writer);

/* Forgets the latched error. Points accepted before it are still in memory where they are not in
 * the file, and the next flush writes them (unless the file was removed); those refused while it
 * stood are lost. */
TBLOG_API void tblog_writer_clear_error(tblog_writer *writer);

/* How many accepted events TBLOG_FULL_QUEUE_DROP_OLDEST has dropped so far. */
TBLOG_API uint64_t tblog_writer_dropped(tblog_writer *writer);

/* The path of the event file, of the newest where there are several; valid until the writer is
 * closed. */
TBLOG_API const char *tblog_writer_path(tblog_writer *writer);

/* ---- Reader ---- */

typedef struct tblog_reader tblog_reader;

typedef enum tblog_value_kind {
    TBLOG_VALUE_OTHER = 0, /* what this version does not decode: tag and plugin only */
    TBLOG_VALUE_SCALAR,    /* simple_value or a rank 0 float tensor */
    TBLOG_VALUE_STRING,    /* a string tensor with one element: text, a Keras graph, a WAV file */
    TBLOG_VALUE_STRINGS,   /* any other string tensor: a table; of images the width, the height and
                              the PNGs */
    TBLOG_VALUE_NUMBERS    /* any other tensor of floats, doubles, 32-bit integers or bytes: the
                              buckets of a histogram, a PR curve, a part of a mesh */
} tblog_value_kind;

/* Not terminated, not checked to be UTF-8. */
typedef struct tblog_bytes {
    const uint8_t *data;
    size_t count;
} tblog_bytes;

/* tblog_value and tblog_event are made by the reader alone, which hands out pointers: later
 * versions append fields. So a program reads them, and never makes or copies one or asks for its
 * size. A kind that it does not know, it treats as TBLOG_VALUE_OTHER. The strings are UTF-8 and
 * never NULL unless that is said; they end at their first NUL byte. */

/* One value of a summary. Histograms, images and audio in the form of TensorFlow 1 are given as the
 * tensors that they are today, with the plugin's name. */
typedef struct tblog_value {
    const char *tag;
    const char *plugin; /* plugin_name of the metadata; "" without, as on all but a tag's first
                           value in a file */
    tblog_value_kind kind;
    int32_t type;  /* of a tensor's elements, in TensorFlow's numbers: 1 float, 2 double,
                      3 int32, 4 uint8, 7 string, …; 0 where there is no tensor */
    double scalar; /* TBLOG_VALUE_SCALAR: a float's exact value, NaN and infinities too */
    tblog_bytes plugin_content; /* of the metadata: a message of the plug-in's; may be empty */
    const int64_t *shape;       /* of a tensor, as the file claims it: its numbers or strings may be
                                   fewer or more */
    size_t rank;
    const tblog_bytes *strings; /* TBLOG_VALUE_STRING and TBLOG_VALUE_STRINGS */
    size_t string_count;
    const double *numbers; /* TBLOG_VALUE_NUMBERS, in row-major order */
    size_t number_count;
    const char *display_name; /* of the metadata, like the next two; "" without */
    const char *description;
    int32_t data_class; /* 1 scalar, 2 tensor, 3 blob sequence; 0 without */
} tblog_value;

/* One event. */
typedef struct tblog_event {
    uint64_t offset;  /* of its record in the file */
    double wall_time; /* seconds since the epoch, as the file has it: it may be NaN */
    int64_t step;
    const char *content; /* which of Event's fields it carries: "file_version", "summary",
                            "graph_def", "session_log", "log_message", "tagged_run_metadata",
                            "meta_graph_def"; "" for none */
    const tblog_value *const *values; /* [value_count], of a summary */
    size_t value_count;
    const char *file_version; /* of the first event; else NULL */
    const char *writer;       /* source_metadata.writer; else NULL */
    tblog_bytes serialized;   /* of "graph_def", "meta_graph_def" and "tagged_run_metadata": a
                                 message of TensorFlow's (GraphDef, MetaGraphDef, RunMetadata) */
    const char *run_metadata; /* the tag of "tagged_run_metadata"; else NULL */
    int32_t state;            /* of a session_log: 1 start, 2 stop, 3 checkpoint; of a log_message
                                 its level: 10 debugging, 20 info, 30 warning, 40 error, 50 fatal */
    const char *message;      /* of a session_log or a log_message; else NULL */
    const char *checkpoint_path; /* of a session_log; else NULL */
} tblog_event;

/* Opens a file, whatever its name. TBLOG_OK, and *out is to be closed. Otherwise *out is NULL:
 * TBLOG_INVALID, TBLOG_NO_MEMORY, or TBLOG_IO with errno (EISDIR for a directory, ESPIPE for a pipe
 * or a device). */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_open(tblog_reader **out, const char *path);

/* Takes records larger than this for damage. The default is a record's 2 GiB, which 0 stands for
 * too. For who reads files of strangers: the memory that reading takes is at most some 50 times the
 * largest record, and 200 MiB, whatever it holds, and for what is usually logged some 3 times. */
TBLOG_API void tblog_reader_set_record_limit(tblog_reader *reader, uint64_t bytes);

/* TBLOG_OK with the next event, which is the reader's, with all that it points to, and good until
 * its next call. Otherwise *event is NULL:
 *   TBLOG_END        the file ends behind a whole record. The call may be repeated while it grows.
 *   TBLOG_TRUNCATED  it ends inside a record: a crash's, or one being written. Likewise.
 *   TBLOG_DAMAGED    the record here is wrong, and so is every further call until
 *                    tblog_reader_resync. The file's records up to tblog_reader_offset are whole.
 *   TBLOG_IO, TBLOG_NO_MEMORY  the call may be repeated.
 *   TBLOG_INVALID    a NULL.
 * Both checksums are verified, and that the record is an event whose strings are UTF-8. Memory goes
 * with what the file holds, not with what it claims. An event of so many empty parts that they
 * would take 16 times its bytes, and 64 MiB, is TBLOG_DAMAGED: nobody logs it. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_next(tblog_reader *reader,
                                                          const tblog_event **event);

/* Goes on behind damage: the next call of tblog_reader_next reads at the next record whose header
 * proves itself by its checksum. To be called behind TBLOG_DAMAGED, or behind TBLOG_TRUNCATED to
 * find records that others have put behind a torn one. What is left out begins at
 * tblog_reader_offset; its size goes to *lost_bytes (which may be NULL). Where bytes are missing
 * the next record begins inside of the damaged one; in a file that was made of records inside of
 * others not all are found, for looking at each would take for ever.
 *
 * TBLOG_OK; what is found may prove damaged in its turn. TBLOG_END where no record is behind: all
 * up to the file's end is lost, and the reader stays where it is. TBLOG_IO: *lost_bytes is 0, and
 * the call may be repeated. TBLOG_INVALID: a NULL, or the last tblog_reader_next told neither. */
TBLOG_API TBLOG_MUST_CHECK tblog_status tblog_reader_resync(tblog_reader *reader,
                                                            uint64_t *lost_bytes);

/* The record of the last event that tblog_reader_next has given, with its frame, as it is in the
 * file: what to write to copy the event. Good until the next call; NULL, with *bytes 0, where the
 * last call gave no event. */
TBLOG_API const uint8_t *tblog_reader_record(const tblog_reader *reader, size_t *bytes);

/* The offset just behind the last whole record, in bytes: where the trouble begins, if any. Behind
 * tblog_reader_resync, where reading goes on. */
TBLOG_API uint64_t tblog_reader_offset(const tblog_reader *reader);

/* What the last call found wrong, with the offset, as one line of text; "" where nothing is. Behind
 * tblog_reader_resync it may tell that not every record inside of a damaged one was looked at.
 * Valid until the next call. NULL asks, as for tblog_writer_message, for tblog_reader_open. */
TBLOG_API const char *tblog_reader_message(const tblog_reader *reader);

/* NULL is allowed. */
TBLOG_API void tblog_reader_close(tblog_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
