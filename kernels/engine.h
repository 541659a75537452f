/* The seam between the run loop and whatever computes: one const table of functions an engine.
 *
 * The seam lies at the network, not at single operations, because fusing across layers is where
 * speed comes from. An engine is made from a configuration and the two data sets, trains steps,
 * hands out the metrics of finished steps, evaluates, predicts, and gives its tensors and its whole
 * state. It knows nothing of files, logs or epochs' ends.
 *
 * Every engine draws initial weights, orders and dropout masks from philox.h and computes the
 * network of lenet.h. Same seed, engine, instruction set, precision and micro-batch: bitwise the
 * same results, for any number of threads.
 *
 * One thread at a time may use a handle; different handles are independent. */
#ifndef KERNELS_ENGINE_H
#define KERNELS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lenet.h"

/* In front of what can fail: the compiler warns about a caller that ignores the result. */
#define ENGINE_MUST_CHECK __attribute__((warn_unused_result))

typedef enum engine_status {
    ENGINE_OK = 0,
    ENGINE_INVALID,     /* an argument or the configuration is out of range; nothing changed */
    ENGINE_NO_MEMORY,   /* the plan does not fit; nothing is held */
    ENGINE_UNAVAILABLE, /* this machine lacks the device or an instruction set that was asked for */
    ENGINE_FAILED       /* the device failed; the handle is good for message, destroy, and poll,
                           which hands out what was finished before */
} engine_status;

typedef enum engine_precision {
    ENGINE_DEFAULT_PRECISION = 0, /* the engine's own choice, told by `precision` below */
    ENGINE_FP32,
    ENGINE_TF32,
    ENGINE_BF16
} engine_precision;

/* As a device: none is asked. For plan alone, of a run on a device that need not be here; its
 * `available` is then UINT64_MAX. */
enum { ENGINE_NO_DEVICE = -1 };

enum { ENGINE_MAX_THREADS = 1024 }; /* of engine_config */

enum { ENGINE_ARITHMETIC_BYTES = 64 }; /* of a plan's `arithmetic`, its end included */

/* Start from engine_config_defaults(). */
typedef struct engine_config {
    uint32_t batch_size; /* 1 .. training samples */
    /* Samples worked on at a time, 1 .. batch_size, or 0 for the whole batch. A step sums the
     * gradients of its micro-batches, then makes its one update; activations are held for one of
     * them. No engine chooses this itself, since the results' last bits depend on it. */
    uint32_t micro_batch;
    uint64_t seed;
    engine_precision precision;
    double learning_rate; /* Adam as Keras defines it: p -= alpha_t m / (sqrt(v) + epsilon), */
    double beta_1;        /* alpha_t = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) */
    double beta_2;
    double epsilon;
    uint32_t threads; /* 0 for as many as this process gets processors; a GPU engine ignores it */
    int32_t device;   /* ordinal, or ENGINE_NO_DEVICE; the CPU engine ignores it */
    const char *isa;  /* CPU: "avx512", "avx2", "portable"; NULL for the best the machine has */
    /* Whether train is to end early, asked within its call and on its thread. NULL for never. The CPU
     * engine asks before each step and between a step's micro-batches. The CUDA engine does not ask:
     * train only queues, and what is queued is finished. */
    bool (*is_stopped)(void);
} engine_config;

/* Host memory of one data set: 8-bit grey images [count,28,28] and labels [count] below 10.
 * Pixels enter the network as byte / 255. Borrowed: from create to destroy they stay where they are and
 * as they are, and may be shared by any number of engines. (A GPU's engine copies them.) */
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

/* What a run takes, in bytes, by part; parts that an engine does not have are 0. */
typedef struct engine_memory {
    uint64_t data;       /* an epoch's order, and the data sets where the engine copies them */
    uint64_t parameters; /* weights, and copies of them in other forms */
    uint64_t optimizer;  /* Adam's moments */
    uint64_t gradients;
    uint64_t activations;
    uint64_t workspace;
    uint64_t total;
} engine_memory;

/* What an engine would make of a configuration. */
typedef struct engine_plan {
    engine_memory memory;
    uint64_t available; /* bytes of memory free for a run where it would lie; UINT64_MAX if that is
                           not known. A run that takes more gets ENGINE_NO_MEMORY from create. */
    uint64_t reserve;   /* bytes that have to stay free beside each run's `memory`, for what drivers
                           and libraries take without telling; `available` is without them. With
                           ENGINE_NO_DEVICE also what a process takes of a device before any run:
                           of a device of N bytes N less these are a run's. 0 for the CPU. */
    engine_precision precision; /* never ENGINE_DEFAULT_PRECISION */
    uint32_t side_by_side; /* how many runs at once make the best of this hardware, at least 1 */
    /* What the results' bits depend on beside the configuration's numbers: the instruction set and
     * the engine's method ("avx512, method 3"), or the kind of device and the engine's method.
     * Runs with equal configurations, precision and this text are the same run. */
    char arithmetic[ENGINE_ARITHMETIC_BYTES];
    char hardware[96]; /* for people, for example "avx512, 2 threads" */
} engine_plan;

enum { ENGINE_HISTOGRAM_BUCKETS = 30 };

/* Equal buckets between min and max; the last one includes max. When min == max all values are
 * in the last. Values that are not finite are counted apart and are in nothing else. */
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

/* The longest run of steps that train takes at once, and so the most that poll holds back. */
enum { ENGINE_MAX_QUEUED_STEPS = 1024 };

typedef struct engine_api {
    const char *name;        /* as --engine takes it */
    const char *description; /* one line for --help */

    /* Can it run on this machine? If not, `reason` [reason_bytes] says why, in one line. */
    ENGINE_MUST_CHECK bool (*available)(char *reason, size_t reason_bytes);

    /* What a run with this configuration would be and take; nothing is taken. Whatever create
     * would refuse but for the memory at hand is refused here, with the same status and message. */
    ENGINE_MUST_CHECK engine_status (*plan)(const engine_config *config, uint32_t training_count,
                                            uint32_t validation_count, engine_plan *out,
                                            char *message, size_t message_bytes);

    /* On success *out is the caller's until destroy. Otherwise *out is NULL and `message`
     * [message_bytes] says why, in one line. All memory of the run is taken here. */
    ENGINE_MUST_CHECK engine_status (*create)(engine **out, const engine_config *config,
                                              const engine_data *training,
                                              const engine_data *validation, char *message,
                                              size_t message_bytes);
    void (*destroy)(engine *); /* waits for work under way; NULL is allowed */

    /* The plan that the run follows; its memory is what is held. */
    const engine_plan *(*planned)(const engine *);
    const char *(*message)(const engine *); /* of the last call that was not ENGINE_OK */

    /* Trains the next `steps` steps (0 .. ENGINE_MAX_QUEUED_STEPS less those not yet polled;
     * else ENGINE_INVALID). Epoch e's order is drawn when its first step is due; a step never
     * crosses an epoch's end. May return before they are done (a GPU does).
     *
     * With ENGINE_OK *queued is how many of them were taken: all, or fewer if is_stopped ended it.
     * It may be NULL if is_stopped is. A step that is broken off leaves the state as if it had never
     * begun: trained again, it has the same bits. Only the gradients and activations of the step
     * before are gone; to read them is ENGINE_INVALID, as before the first step. */
    ENGINE_MUST_CHECK engine_status (*train)(engine *, uint32_t steps, uint32_t *queued);

    /* Moves finished steps, oldest first, into out[capacity]; *count says how many. With `wait`
     * it returns only when all queued steps are finished or out is full. Steps that were finished
     * before the device failed come out all the same, with ENGINE_FAILED. */
    ENGINE_MUST_CHECK engine_status (*poll)(engine *, engine_step *out, size_t capacity,
                                            size_t *count, bool wait);

    /* The whole of a data set, dropout off, after all queued steps. `predicted` [count of the set]
     * gets each sample's class, that of the first of the largest logits; it may be NULL. */
    ENGINE_MUST_CHECK engine_status (*evaluate)(engine *, engine_set set, engine_result *out,
                                                uint8_t *predicted);

    /* Softmax probabilities [count,10] of images [count,28,28], dropout off. */
    ENGINE_MUST_CHECK engine_status (*predict)(engine *, const uint8_t *images, uint32_t count,
                                               float *probabilities);

    /* The gradient of a mean loss into out[LENET_PARAMETERS], laid out as lenet.h says: dropout off,
     * after all queued steps, over the training samples first .. first + count - 1 in the order of
     * the first epoch. So they are drawn at random, by the seed alone. count is at least 1; samples
     * beyond the training set are ENGINE_INVALID. The state stays as it is, and training continues
     * to the same bits. Only the gradients and activations of the last step are gone; to read them
     * is ENGINE_INVALID, as before the first step. */
    ENGINE_MUST_CHECK engine_status (*gradient)(engine *, uint32_t first, uint32_t count,
                                                float *out);

    /* A tensor as floats, row-major. Names: those of lenet_tensors (values after the last step);
     * "gradient/" + such a name (of the last step); of the last step's forward pass
     * "activation/conv1" [n,26,26,32] after ReLU, "activation/pool" [n,12,12,64] and
     * "activation/dense1" [n,128] after dropout, "activation/logits" [n,10]. Where a step has
     * several micro-batches its activations are those of the last one that has samples.
     * *count is set to the number of floats even when `capacity` is too small for them, which is
     * ENGINE_INVALID, as is an unknown name or a tensor that no step has made yet. */
    ENGINE_MUST_CHECK engine_status (*read_tensor)(engine *, const char *name, float *out,
                                                   size_t capacity, size_t *count);
    ENGINE_MUST_CHECK engine_status (*read_histogram)(engine *, const char *name,
                                                      engine_histogram *out);

    /* Replaces the initial weights by parameters[LENET_PARAMETERS], laid out as lenet.h says; Adam's
     * moments stay those of the beginning. With the weights that training left in another engine,
     * evaluate and predict give what they gave there, bit for bit. ENGINE_INVALID once a step was
     * queued or a state imported that has steps. */
    ENGINE_MUST_CHECK engine_status (*set_parameters)(engine *, const float *parameters);

    /* The whole state: parameters, both moments, the number of steps done. A state is good for
     * engines of the same name and training set; import into another batch size is
     * ENGINE_INVALID, since its step would name another place. After import training goes on
     * exactly as it would have. */
    size_t (*state_bytes)(const engine *);
    ENGINE_MUST_CHECK engine_status (*export_state)(engine *, void *out, size_t bytes);
    ENGINE_MUST_CHECK engine_status (*import_state)(engine *, const void *state, size_t bytes);
} engine_api;

/* Keras' defaults: batch size 32, Adam 1e-3, 0.9, 0.999, 1e-7, seed 0. */
engine_config engine_config_defaults(void);

/* All engines, best first, NULL behind the last. One that is not built in is never available, and
 * does no more than say so and plan for ENGINE_NO_DEVICE. */
extern const engine_api *const engine_list[];

/* By name; "auto" is the first that is available, proved or not: the CPU engine always is. NULL if
 * there is none of that name. */
const engine_api *engine_find(const char *name);

const char *engine_status_string(engine_status status);
const char *engine_precision_name(engine_precision precision);

/* "fp32", "tf32" or "bf16" into *out; false, and *out unchanged, for any other name. */
ENGINE_MUST_CHECK bool engine_precision_find(const char *name, engine_precision *out);

/* Shared by engines, as is what follows: the checks of a configuration that every engine makes.
 * `message` as in create. */
ENGINE_MUST_CHECK engine_status engine_config_check(const engine_config *config,
                                                    uint32_t training_count, char *message,
                                                    size_t message_bytes);

/* That of gradient's arguments. */
ENGINE_MUST_CHECK engine_status engine_gradient_check(uint32_t first, uint32_t count,
                                                      uint32_t training_count, char *message,
                                                      size_t message_bytes);

/* Steps of an epoch: so many batches cover the training set, the last of them perhaps short. */
uint32_t engine_steps_per_epoch(uint32_t training_count, uint32_t batch_size);

/* The most samples that a step works on at a time: micro_batch, or batch_size if that is 0. */
uint32_t engine_config_capacity(const engine_config *config);

#endif
