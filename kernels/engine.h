/* The interface between the run loop and the engines: each engine is one const table of functions.
 *
 * The interface is the whole network, not single operations, because the speed comes from fusing
 * layers. An engine is created from a configuration and the two data sets. It trains steps, returns
 * the metrics of finished steps, evaluates, predicts, and exports its tensors and its state. It
 * knows nothing of files or logs.
 *
 * Every engine draws initial weights, orders and dropout masks from philox.h and computes the
 * network of lenet.h. The same seed, engine, instruction set, precision and micro-batch give the
 * same bits, for any number of threads.
 *
 * One thread at a time may use a handle; different handles are independent. */
#ifndef KERNELS_ENGINE_H
#define KERNELS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lenet.h"

/* Marks functions that can fail: the compiler warns about a caller that ignores the result. */
#define ENGINE_MUST_CHECK __attribute__((warn_unused_result))

typedef enum engine_status {
    ENGINE_OK = 0,
    ENGINE_INVALID,     /* an argument or the configuration is out of range; nothing changed */
    ENGINE_NO_MEMORY,   /* the plan does not fit; nothing is allocated */
    ENGINE_UNAVAILABLE, /* this machine lacks the requested device or instruction set */
    ENGINE_UNUSABLE, /* it has the device, but cannot use it: the driver is too old, the device too
                           small, or another process uses it exclusively */
    ENGINE_FAILED    /* the device failed. Only message, destroy and poll may be called; poll
                           returns the steps that were finished before */
} engine_status;

typedef enum engine_precision {
    ENGINE_DEFAULT_PRECISION = 0, /* the engine chooses; engine_plan.precision has the choice */
    ENGINE_FP32,
    ENGINE_TF32,
    ENGINE_BF16
} engine_precision;

/* engine_config.device without a device. Only plan accepts it, to plan for a device that is not in
 * this machine; the plan's `available` is then UINT64_MAX. */
enum { ENGINE_NO_DEVICE = -1 };

enum { ENGINE_MAX_THREADS = 1024 }; /* of engine_config */

enum { ENGINE_ARITHMETIC_BYTES = 64 }; /* of a plan's `arithmetic`, terminator included */

/* Start from engine_config_defaults(). */
typedef struct engine_config {
    uint32_t batch_size; /* 1 .. training samples */
    /* Samples computed at a time, 1 .. batch_size, or 0 for the whole batch. A step sums the
     * gradients of its micro-batches, then makes one update; memory for activations is needed for
     * one micro-batch. No engine chooses this itself, since the results' last bits depend on it. */
    uint32_t micro_batch;
    uint64_t seed;
    engine_precision precision;
    double learning_rate; /* Adam as Keras defines it: p -= alpha_t m / (sqrt(v) + epsilon), */
    double beta_1;        /* alpha_t = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) */
    double beta_2;
    double epsilon;
    uint32_t threads;      /* 0 for the run's share of the processors; GPU engines ignore it */
    uint32_t runs_at_once; /* that share the processors, at least 1; does not change results */
    int32_t device;        /* ordinal, or ENGINE_NO_DEVICE; the CPU engine ignores it */
    const char *isa; /* CPU: "avx512", "avx2", "portable"; NULL for the best of this machine */
    /* Returns true if train should end early; called from train, on its thread. NULL for never. The
     * CPU engine calls it before each step and between a step's micro-batches. The CUDA engine
     * never calls it: train only queues steps, and queued steps are finished. */
    bool (*is_stopped)(void);
} engine_config;

/* Host memory of one data set: 8-bit grey images [count,28,28] and labels [count] below 10. Pixels
 * enter the network as byte / 255. Borrowed: from create to destroy the memory must stay valid and
 * unchanged. Any number of engines may share it. (A GPU engine copies it.) */
typedef struct engine_data {
    const uint8_t *images;
    const uint8_t *labels;
    uint32_t count;
} engine_data;

typedef enum engine_set { ENGINE_TRAINING = 0, ENGINE_VALIDATION = 1 } engine_set;

/* One finished training step, from its forward pass (dropout on, before its update). */
typedef struct engine_step {
    uint64_t step;    /* 1-based over the run: the number of updates done after it */
    double loss_sum;  /* sum over the samples of -log p(label) */
    uint32_t correct; /* samples whose largest logit is the label's; the first of equals counts */
    uint32_t samples; /* the last batch of an epoch may be short */
} engine_step;

typedef struct engine_result {
    double loss_sum;
    uint32_t correct;
    uint32_t samples;
} engine_result;

/* The memory of a run in bytes, by part; parts that an engine does not have are 0. */
typedef struct engine_memory {
    uint64_t data;       /* an epoch's order, and the data sets if the engine copies them */
    uint64_t parameters; /* weights, and copies of them in other forms */
    uint64_t optimizer;  /* Adam's moments */
    uint64_t gradients;
    uint64_t activations;
    uint64_t workspace;
    uint64_t total;
} engine_memory;

/* How an engine would execute a configuration. */
typedef struct engine_plan {
    engine_memory memory;
    uint64_t available; /* bytes that a run can use; UINT64_MAX if not known. If a run needs more,
                           create returns ENGINE_NO_MEMORY. */
    uint64_t reserve;   /* bytes beside each run's `memory` that must stay free for drivers and
                           libraries; not part of `available`. With ENGINE_NO_DEVICE it includes
                           the memory that a process takes of a device before any run: a device of
                           N bytes has N - reserve for a run. 0 for the CPU. */
    engine_precision precision; /* never ENGINE_DEFAULT_PRECISION */
    uint32_t side_by_side; /* how many runs at the same time use this hardware best, at least 1 */
    bool divides_threads;  /* such runs share the processors, and each takes longer than alone */
    /* What the results' bits depend on besides the configuration: the instruction set and the
     * engine's method ("avx512, method 3"), or the kind of device and the engine's method. Runs
     * with the same configuration, precision and `arithmetic` have the same results. */
    char arithmetic[ENGINE_ARITHMETIC_BYTES];
    char hardware[96]; /* for people, for example "avx512, 2 threads" */
    char driver[32];   /* of the hardware, for example "CUDA 13.0"; "" if none or not known */
} engine_plan;

enum { ENGINE_HISTOGRAM_BUCKETS = 30 };

/* Equally wide buckets between min and max; the last one includes max. If min == max all values are
 * in the last bucket. Values that are not finite count only in `not_finite`. */
typedef struct engine_histogram {
    double min;
    double max;
    double sum;
    double sum_of_squares;
    uint64_t finite;
    uint64_t not_finite;
    uint64_t buckets[ENGINE_HISTOGRAM_BUCKETS];
} engine_histogram;

typedef struct engine engine; /* each engine defines its own */

/* The most steps that may be queued and not yet polled. */
enum { ENGINE_MAX_QUEUED_STEPS = 1024 };

typedef struct engine_api {
    const char *name;        /* the value of --engine */
    const char *description; /* one line for --help */

    /* Can it run on this machine? If not, `reason` [reason_bytes] has one line with the cause. */
    ENGINE_MUST_CHECK bool (*available)(char *reason, size_t reason_bytes);

    /* Plans a run with this configuration; allocates nothing. Refuses whatever create refuses, with
     * the same status and message, except for a lack of free memory. */
    ENGINE_MUST_CHECK engine_status (*plan)(const engine_config *config, uint32_t training_count,
                                            uint32_t validation_count, engine_plan *out,
                                            char *message, size_t message_bytes);

    /* Creates an engine and allocates all memory of the run. On success the caller destroys *out.
     * Otherwise *out is NULL and `message` [message_bytes] has one line with the cause. */
    ENGINE_MUST_CHECK engine_status (*create)(engine **out, const engine_config *config,
                                              const engine_data *training,
                                              const engine_data *validation, char *message,
                                              size_t message_bytes);
    void (*destroy)(engine *); /* waits for queued work; NULL is allowed */

    /* The plan of the run; its `memory` is allocated. */
    const engine_plan *(*planned)(const engine *);
    const char *(*message)(const engine *); /* of the last call that was not ENGINE_OK */

    /* Trains the next `steps` steps (0 .. ENGINE_MAX_QUEUED_STEPS minus those not yet polled;
     * otherwise ENGINE_INVALID). An epoch's order is drawn before its first step; a step never
     * crosses an epoch's end. May return before the steps are done (a GPU engine does).
     *
     * With ENGINE_OK *queued is the number of steps that were trained or queued: all, or fewer if
     * is_stopped ended the call. `queued` may be NULL if is_stopped is NULL. A step that is broken
     * off leaves the state unchanged: trained again, it has the same bits. Only the gradients and
     * activations of the step before are lost; reading them is ENGINE_INVALID, as before the first
     * step. */
    ENGINE_MUST_CHECK engine_status (*train)(engine *, uint32_t steps, uint32_t *queued);

    /* Moves finished steps, oldest first, into out[capacity]; *count is their number. With `wait`
     * it returns only when all queued steps are finished or `out` is full. If the device failed, it
     * returns ENGINE_FAILED together with the steps that were finished before. */
    ENGINE_MUST_CHECK engine_status (*poll)(engine *, engine_step *out, size_t capacity,
                                            size_t *count, bool wait);

    /* Evaluates a whole data set without dropout, after all queued steps. `predicted` [count of the
     * set] gets each sample's class, the first one with the largest logit; it may be NULL. */
    ENGINE_MUST_CHECK engine_status (*evaluate)(engine *, engine_set set, engine_result *out,
                                                uint8_t *predicted);

    /* Softmax probabilities [count,10] of images [count,28,28], without dropout. */
    ENGINE_MUST_CHECK engine_status (*predict)(engine *, const uint8_t *images, uint32_t count,
                                               float *probabilities);

    /* Writes the gradient of a mean loss, without dropout and after all queued steps, to
     * out[LENET_PARAMETERS], laid out as in lenet.h. The mean is over the training samples first ..
     * first + count - 1 in the order of the first epoch, so the seed alone decides which samples
     * these are. count is at least 1; samples beyond the training set are ENGINE_INVALID. The state
     * does not change, and training continues with the same bits. Only the gradients and
     * activations of the last step are lost; reading them is ENGINE_INVALID, as before the first
     * step. */
    ENGINE_MUST_CHECK engine_status (*gradient)(engine *, uint32_t first, uint32_t count,
                                                float *out);

    /* A tensor as floats, row-major. Names: those of lenet_tensors (values after the last step);
     * "gradient/" + such a name (of the last step); of the last step's forward pass
     * "activation/conv1" [n,26,26,32] after ReLU, "activation/pool" [n,12,12,64] and
     * "activation/dense1" [n,128] after dropout, "activation/logits" [n,10]. If a step has several
     * micro-batches, its activations are those of the last one that has samples. *count is set to
     * the number of floats, even if `capacity` is too small for them. That is ENGINE_INVALID, as is
     * an unknown name or a tensor that no step has computed yet. */
    ENGINE_MUST_CHECK engine_status (*read_tensor)(engine *, const char *name, float *out,
                                                   size_t capacity, size_t *count);
    ENGINE_MUST_CHECK engine_status (*read_histogram)(engine *, const char *name,
                                                      engine_histogram *out);

    /* Replaces the initial weights by parameters[LENET_PARAMETERS], laid out as in lenet.h; Adam's
     * moments stay zero. With the weights of another engine of the same arithmetic, evaluate and
     * predict give that engine's results, bit for bit. ENGINE_INVALID after a step was queued, or a
     * state with steps was imported. */
    ENGINE_MUST_CHECK engine_status (*set_parameters)(engine *, const float *parameters);

    /* The state: parameters, both moments, the number of steps done. It can be imported into
     * engines of the same name, training set and batch size; import into another batch size is
     * ENGINE_INVALID, since the step number would mean other samples. After import, training
     * continues with the same bits as without the interruption. */
    size_t (*state_bytes)(const engine *);
    ENGINE_MUST_CHECK engine_status (*export_state)(engine *, void *out, size_t bytes);
    ENGINE_MUST_CHECK engine_status (*import_state)(engine *, const void *state, size_t bytes);
} engine_api;

/* Keras' defaults: batch size 32, Adam 1e-3, 0.9, 0.999, 1e-7, seed 0; one run at once. */
engine_config engine_config_defaults(void);

/* All engines, best first, followed by NULL. An engine that this build lacks is in the list, too:
 * it is never available, and can only plan for ENGINE_NO_DEVICE. */
extern const engine_api *const engine_list[];

/* Finds an engine by its name. "auto" is the first one that is available, which need not have
 * passed engine_proof.h. The CPU engine is always available. NULL if no engine has that name. */
const engine_api *engine_find(const char *name);

const char *engine_status_string(engine_status status);
const char *engine_precision_name(engine_precision precision);

/* "fp32", "tf32" or "bf16" into *out; false, and *out unchanged, for any other name. */
ENGINE_MUST_CHECK bool engine_precision_find(const char *name, engine_precision *out);

/* From here on: functions that engines share.
 *
 * Checks that every engine makes of a configuration; `message` as in create. */
ENGINE_MUST_CHECK engine_status engine_config_check(const engine_config *config,
                                                    uint32_t training_count, char *message,
                                                    size_t message_bytes);

/* The same for the arguments of gradient. */
ENGINE_MUST_CHECK engine_status engine_gradient_check(uint32_t first, uint32_t count,
                                                      uint32_t training_count, char *message,
                                                      size_t message_bytes);

/* Steps per epoch: the number of batches that cover the training set; the last one may be short. */
uint32_t engine_steps_per_epoch(uint32_t training_count, uint32_t batch_size);

/* The most samples that a step computes at a time: micro_batch, or batch_size if that is 0. */
uint32_t engine_config_capacity(const engine_config *config);

#endif
