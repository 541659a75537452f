/* What the CUDA engine holds on the host, and what its files call of each other:
 *
 *   cuda_engine.c                 the table that the run loop sees
 *   cuda_device.c                 opens the device, checks CUDA calls
 *   cuda_plan.c, cuda_memory.c    what a run needs
 *   cuda_take.c                   allocates it
 *   cuda_step.c                   queues steps and evaluations
 *   cuda_poll.c                   returns finished steps
 *   cuda_transfer.c               copies between host and device
 *   cuda_tensors.c                reads tensors
 *   cuda_run_state.c              sets, exports and imports the whole state */
#ifndef KERNELS_CUDA_STATE_H
#define KERNELS_CUDA_STATE_H

#include "cuda_blas.h"
#include "cuda_kernels.h"
#include "cuda_plan.h"
#include "engine.h"

enum {
    /* Steps that the larger of the two captured graphs holds; the other one holds one step. */
    CUDA_GRAPH_STEPS = 16,
    /* A step of more launches than this (of many micro-batches, each long) is not captured. */
    CUDA_MAX_CAPTURED_LAUNCHES = 64,
    /* Parts of the memory, if each is a separate allocation. */
    CUDA_MAX_ALLOCATIONS = 64,
    /* Points of the stream that the host can wait for, one per call of train. The run loop has two
     * calls queued. If there are more calls than marks, the last mark stands for all further calls:
     * waiting for one of those steps waits for all of them. */
    CUDA_MAX_MARKS = 16,
};

/* A device as a run sees it. */
typedef struct cuda_device {
    int ordinal;
    char name[96];
    int major; /* compute capability */
    int minor;
    int multiprocessors;
    int driver;         /* the newest CUDA that the driver supports, 1000 major + 10 minor */
    uint64_t available; /* bytes free for a run */
} cuda_device;

/* The stream has reached a mark when all steps up to `step` have finished. */
typedef struct cuda_mark {
    cudaEvent_t event;
    uint64_t step;
} cuda_mark;

struct engine {
    engine_config config;
    engine_plan plan;
    int device;
    char message[256];
    engine_status failure; /* ENGINE_OK until the device fails; then the message is kept */

    cudaStream_t stream;
    cudaStream_t side; /* for parts of a step that run beside `stream`, between the two events */
    cudaEvent_t forked;
    cudaEvent_t joined;
    bool forks_twice;         /* a micro-batch forks to `side` twice; otherwise once */
    cublasHandle_t blas;      /* NULL if no product is cuBLAS' */
    cudaGraphExec_t one_step; /* both NULL if steps are not captured */
    cudaGraphExec_t many_steps;

    cuda_memory memory;
    uint64_t order_epoch; /* whose order `memory` has */
    cuda_ring *ring;      /* pinned host memory */

    uint64_t queued; /* steps of the run that are queued on the stream */
    uint64_t polled; /* steps of the run that poll has returned */
    uint64_t made;   /* the last step whose activations are stored; 0 for none */

    cuda_mark marks[CUDA_MAX_MARKS]; /* a queue, by ascending steps */
    uint32_t mark_first;
    uint32_t mark_count;

    void *allocations[CUDA_MAX_ALLOCATIONS]; /* all device memory, to be freed */
    uint32_t allocation_count;
};

/* cuda_device.c */

/* Makes the device current, prepares its kernels and fills *out. A status other than ENGINE_OK
 * comes with a message, as create's. */
ENGINE_MUST_CHECK engine_status cuda_device_open(int32_t ordinal, cuda_device *out, char *message,
                                                 size_t message_bytes);

/* Can device 0 of this machine train a run? `reason` as in engine_api.available. */
ENGINE_MUST_CHECK bool cuda_device_available(char *reason, size_t reason_bytes);

/* Did the call succeed? The first failure is stored in e->failure and e->message, with the step at
 * which it was detected. */
ENGINE_MUST_CHECK bool cuda_ok(engine *e, const char *call, cudaError_t error);
ENGINE_MUST_CHECK bool cuda_blas_ok(engine *e, const char *call, cublasStatus_t status);

/* Makes the device current in this thread, which every function of the table that uses it needs.
 * False after a failure. */
ENGINE_MUST_CHECK bool cuda_enter(engine *e);

/* Stores the text for engine_api.message and returns the status; the text of a failure is kept. */
__attribute__((format(printf, 3, 4))) engine_status cuda_fail(engine *e, engine_status status,
                                                              const char *format, ...);

/* cuda_take.c */

/* Allocates all device memory of the run: one allocation, or, if LENET_DEVICE_MEMORY is "parts" in
 * the environment, one per part, so that tools detect an access beyond any part. */
ENGINE_MUST_CHECK bool cuda_memory_take(engine *e);
void cuda_memory_release(engine *e);

/* cuda_step.c */

cuda_adam_settings cuda_adam_of(const engine_config *config);

/* Captures the graphs of one step and of many steps, without work on the device. */
ENGINE_MUST_CHECK bool cuda_graphs_capture(engine *e);

void cuda_graphs_destroy(engine *e);

/* Draws the epoch's order in e->memory.order. */
ENGINE_MUST_CHECK bool cuda_make_order(engine *e, uint64_t epoch);

/* Queues the next steps and marks the end of the last one. */
ENGINE_MUST_CHECK bool cuda_queue_steps(engine *e, uint32_t steps);

/* Queues the gradient, without dropout, of samples [first, first + count) of the first epoch's
 * order: e->memory.parameters.gradients. */
ENGINE_MUST_CHECK bool cuda_queue_gradient(engine *e, uint32_t first, uint32_t count);

/* Queues a forward pass without dropout over e->memory.evaluation: samples
 * first .. first + n - 1 of the images. `labels` and `predicted`, device memory for the n samples'
 * classes, may be NULL. */
ENGINE_MUST_CHECK bool cuda_queue_evaluation(engine *e, const uint8_t *images,
                                             const uint8_t *labels, uint32_t count, uint32_t first,
                                             uint32_t n, uint8_t *predicted);

/* Steps of an epoch, and samples of step `index` (from 0) of the run. */
uint64_t cuda_steps_per_epoch(const engine *e);
uint32_t cuda_step_samples(const engine *e, uint64_t index);

/* cuda_poll.c */
ENGINE_MUST_CHECK bool cuda_marks_create(engine *e);
void cuda_marks_destroy(engine *e);

/* Marks the end of what is queued, in the stream. */
ENGINE_MUST_CHECK bool cuda_mark_queued(engine *e);

ENGINE_MUST_CHECK engine_status cuda_poll(engine *e, engine_step *out, size_t capacity,
                                          size_t *count, bool wait);

/* Waits until the stream has finished all that is queued. */
ENGINE_MUST_CHECK bool cuda_wait(engine *e);

/* cuda_transfer.c */
enum { CUDA_ARRAY_BYTES = LENET_PARAMETERS * sizeof(float) };

/* These are done in the stream's order; a download is there after cuda_wait. */
ENGINE_MUST_CHECK bool cuda_upload(engine *e, void *to, const void *from, size_t bytes);
ENGINE_MUST_CHECK bool cuda_download(engine *e, void *to, const void *from, size_t bytes);
ENGINE_MUST_CHECK bool cuda_upload_parameters(engine *e, const void *parameters);
ENGINE_MUST_CHECK bool cuda_clear(engine *e, void *memory, size_t bytes);

/* cuda_run_state.c */
ENGINE_MUST_CHECK bool cuda_set_run_progress(engine *e, uint64_t step);
ENGINE_MUST_CHECK engine_status cuda_set_parameters(engine *e, const float *parameters);
size_t cuda_state_bytes(const engine *e);
ENGINE_MUST_CHECK engine_status cuda_export_state(engine *e, void *out, size_t bytes);
ENGINE_MUST_CHECK engine_status cuda_import_state(engine *e, const void *state, size_t bytes);

/* cuda_tensors.c */
ENGINE_MUST_CHECK engine_status cuda_read_tensor(engine *e, const char *name, float *out,
                                                 size_t capacity, size_t *count);
ENGINE_MUST_CHECK engine_status cuda_read_histogram(engine *e, const char *name,
                                                    engine_histogram *out);

#endif
