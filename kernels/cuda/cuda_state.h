/* What the CUDA engine holds on the host, and where its files meet.
 *
 * cuda_device.c says what the machine has, cuda_memory.c sizes and takes every buffer,
 * cuda_step.c queues steps and evaluations, cuda_poll.c hands out what has finished,
 * cuda_tensors.c reads tensors out, cuda_transfer.c the whole state, cuda_engine.c is the table
 * that the run loop sees. */
#ifndef KERNELS_CUDA_STATE_H
#define KERNELS_CUDA_STATE_H

#include "cuda_blas.h"
#include "cuda_kernels.h"
#include "engine.h"

enum {
    /* Samples that evaluation and prediction work on at once; fixed, so that their bits do not
     * depend on the batch size or on the memory at hand. */
    CUDA_EVALUATION_BATCH = 512,
    /* Micro-batches are at most this large, so that 32 bits count the floats of any activation. */
    CUDA_MAX_MICRO_BATCH = 131072,
    /* Steps that the larger of the two captured graphs holds; the other one holds one step. */
    CUDA_GRAPH_STEPS = 16,
    /* A step of more launches than this (of many micro-batches, each long) is not captured. */
    CUDA_MAX_CAPTURED_LAUNCHES = 64,
    /* Runs at once that make the best of a device: a small batch does not fill it. Not measured on
     * any yet; the experiment's three batch sizes, and one more. */
    CUDA_SIDE_BY_SIDE = 4,
    CUDA_MAX_BUFFERS = 64,
    /* Points of the stream that the host can wait for, one a call of train. */
    CUDA_MAX_MARKS = 64,
};

/* Device memory left free beside a run's own, for what the driver and the libraries take without
 * telling: code, graphs, and what is lost to the granularity of allocations. */
#define CUDA_RESERVE_BYTES (UINT64_C(96) << 20)

/* A device as a run sees it. */
typedef struct cuda_device {
    int ordinal;
    char name[96];
    int major; /* compute capability */
    int minor;
    int multiprocessors;
    uint64_t available; /* bytes free for a run */
} cuda_device;

typedef struct cuda_data {
    uint8_t *images;
    uint8_t *labels;
    uint32_t count;
} cuda_data;

/* The stream has reached a mark when all steps up to `step` have finished. */
typedef struct cuda_mark {
    cudaEvent_t event;
    uint64_t step;
} cuda_mark;

typedef struct cuda_sums {
    double loss_sum;
    uint32_t correct;
    uint32_t unused;
} cuda_sums;

struct engine {
    engine_config config;
    engine_plan plan;
    int device;
    char message[256];
    engine_status failure; /* ENGINE_OK until the device fails; the message then stays */

    uint32_t capacity;          /* samples of a micro-batch */
    uint32_t micro_batches;     /* of a whole step */
    uint32_t evaluation_splits; /* partial sums of dense1 in evaluation */
    uint32_t training_splits;
    bool blas_evaluates; /* which products are cuBLAS' */
    bool blas_forward;
    bool blas_backward;

    cudaStream_t stream;
    cudaStream_t side; /* for parts of a step beside `stream`, between the two events */
    cudaEvent_t forked;
    cudaEvent_t joined;
    cublasHandle_t blas;      /* NULL where no product is cuBLAS' */
    cudaGraphExec_t one_step; /* NULL where a step is not captured, as is */
    cudaGraphExec_t many_steps;

    cuda_data data[2]; /* by engine_set */
    uint32_t *order;
    uint64_t order_epoch;
    uint64_t *keys;
    uint64_t *sorted;
    void *sort_scratch;
    size_t sort_scratch_bytes;

    cuda_parameters parameters;
    cuda_activations training;
    cuda_activations evaluation;
    uint8_t *predicted_images; /* [CUDA_EVALUATION_BATCH,28,28] */
    cuda_sums *sums;           /* of an evaluation */
    uint8_t *predicted;        /* likewise: classes of the larger data set's samples */
    engine_histogram *histogram;
    double *histogram_scratch;
    cuda_progress *progress;
    void *blas_workspace;
    cuda_ring *ring; /* pinned host memory */

    uint64_t queued; /* steps over the run: given to the stream, */
    uint64_t polled; /* handed out */
    uint64_t made;   /* the last step whose activations are there; 0 for none */

    cuda_mark marks[CUDA_MAX_MARKS]; /* a queue, by ascending steps */
    uint32_t mark_first;
    uint32_t mark_count;

    void *buffers[CUDA_MAX_BUFFERS]; /* all device memory, to be freed */
    uint32_t buffer_count;
};

/* cuda_device.c */

/* Makes the device current, prepares its kernels and fills *out. A status other than ENGINE_OK
 * comes with a message, as create's. */
engine_status cuda_device_open(int32_t ordinal, cuda_device *out, char *message,
                               size_t message_bytes);

/* Whether a run can be had on device 0 of this machine; `reason` as engine_api's available. */
bool cuda_device_available(char *reason, size_t reason_bytes);

/* Whether the call succeeded. The first call that does not is kept in e->failure and e->message,
 * with the step where it was found. */
bool cuda_ok(engine *e, const char *call, cudaError_t error);
bool cuda_blas_ok(engine *e, const char *call, cublasStatus_t status);

/* False after a failure. Else the device is current in this thread, as every call of the table that
 * touches it needs. */
bool cuda_enter(engine *e);

/* Keeps the text for message and returns the status; a text kept by a failure stays. */
__attribute__((format(printf, 3, 4))) engine_status cuda_refuse(engine *e, engine_status status,
                                                                const char *format, ...);

/* cuda_memory.c */

/* Fills the fields of *e that its shape needs from e->config and the two data sets' counts, which
 * the others go by. e->plan.precision is set. */
bool cuda_memory_shape(engine *e, uint32_t training_count, uint32_t validation_count);
void cuda_memory_plan(const engine *e, engine_memory *out);

/* The largest micro-batch of this shape, up to its batch size, that fits into `available` bytes; 0
 * if none does. */
uint32_t cuda_memory_largest(const engine *e, uint64_t available);
bool cuda_memory_take(engine *e);
void cuda_memory_release(engine *e);

/* cuda_step.c */

cuda_adam_settings cuda_adam_of(const engine_config *config);

/* Captures a step, and many; without any device work. */
bool cuda_capture_steps(engine *e);

void cuda_graphs_destroy(engine *e);

/* Queues the next steps and marks the end of the last one. */
bool cuda_queue_steps(engine *e, uint32_t steps);

/* Queues a forward pass without dropout over e->evaluation: samples first .. first + n - 1 of the
 * images. `labels` and `predicted`, device memory for the n samples' classes, may be NULL. */
bool cuda_queue_evaluation(engine *e, const uint8_t *images, const uint8_t *labels, uint32_t count,
                           uint32_t first, uint32_t n, uint8_t *predicted);

/* Steps of an epoch, and samples of step `index` (from 0) of the run. */
uint64_t cuda_steps_per_epoch(const engine *e);
uint32_t cuda_step_samples(const engine *e, uint64_t index);

/* cuda_poll.c */
bool cuda_marks_create(engine *e);
void cuda_marks_destroy(engine *e);

/* Marks the end of what is queued, in the stream. */
bool cuda_mark_queued(engine *e);

/* The number of steps whose metrics have come, over the run. */
uint64_t cuda_finished_steps(const engine *e);
engine_status cuda_poll(engine *e, engine_step *out, size_t capacity, size_t *count, bool wait);

/* Waits for the stream; nothing is queued afterwards. */
bool cuda_wait(engine *e);

/* cuda_transfer.c */
enum { CUDA_ARRAY_BYTES = LENET_PARAMETERS * sizeof(float) };

/* These are done in the stream's order; a download is there after cuda_wait. */
bool cuda_upload(engine *e, void *to, const void *from, size_t bytes);
bool cuda_download(engine *e, void *to, const void *from, size_t bytes);
bool cuda_clear(engine *e, void *memory, size_t bytes);
bool cuda_set_run_progress(engine *e, uint64_t step);

size_t cuda_state_bytes(const engine *e);
engine_status cuda_export_state(engine *e, void *out, size_t bytes);
engine_status cuda_import_state(engine *e, const void *state, size_t bytes);

/* cuda_tensors.c */
engine_status cuda_read_tensor(engine *e, const char *name, float *out, size_t capacity,
                               size_t *count);
engine_status cuda_read_histogram(engine *e, const char *name, engine_histogram *out);

#endif
