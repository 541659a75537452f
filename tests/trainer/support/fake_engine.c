#include "fake_engine.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
    engine_config config;
    engine_plan plan;
    uint32_t training_count;
    uint32_t validation_count;
    uint64_t queued;   /* steps requested */
    uint64_t finished; /* steps done; all have been returned by poll */
    bool failed;       /* train fails from now on; poll returns the queued steps, then fails too */
    char message[64];
};

fake_engine_plan fake_engine_plan_now;
uint32_t fake_engine_longest_chunk;
uint64_t fake_engine_steps_queued;
uint32_t fake_engine_trains;
uint32_t fake_engine_overlaps;
uint64_t fake_engine_unfinished_at_evaluate;
int fake_engine_alive;

static double loss_factor(void)
{
    return fake_engine_plan_now.loss_factor != 0 ? fake_engine_plan_now.loss_factor : 1;
}

double fake_engine_loss_sum(uint64_t step, uint32_t samples)
{
    return loss_factor() * samples * (2.0 / (double)(step + 1));
}

uint32_t fake_engine_correct(uint64_t step, uint32_t samples)
{
    return (uint32_t)(samples * step / (step + 3));
}

double fake_engine_val_loss_sum(uint64_t steps, uint32_t samples)
{
    return loss_factor() * samples * (1.5 / (double)(steps + 1));
}

uint32_t fake_engine_val_correct(uint64_t steps, uint32_t samples)
{
    return (uint32_t)(samples * steps / (steps + 1));
}

uint8_t fake_engine_predicted(uint64_t steps, uint32_t sample)
{
    return (uint8_t)((sample + steps) % LENET_CLASSES);
}

static bool available(char *reason, size_t reason_bytes)
{
    (void)reason;
    (void)reason_bytes;
    return true;
}

static void make_plan(engine_plan *out, const engine_config *config)
{
    *out = (engine_plan){.memory = {.activations = 1000u * config->batch_size,
                                    .parameters = 5000,
                                    .total = 1000u * config->batch_size + 5000},
                         .available = UINT64_MAX,
                         .precision = ENGINE_FP32,
                         .side_by_side = 1,
                         .arithmetic = "none",
                         .hardware = "nothing"};
}

static engine_status plan(const engine_config *config, uint32_t training_count,
                          uint32_t validation_count, engine_plan *out, char *message,
                          size_t message_bytes)
{
    (void)training_count;
    (void)validation_count;
    (void)message;
    (void)message_bytes;
    make_plan(out, config);
    return ENGINE_OK;
}

static engine_status create(engine **out, const engine_config *config, const engine_data *training,
                            const engine_data *validation, char *message, size_t message_bytes)
{
    *out = NULL;
    if (fake_engine_plan_now.create_status != ENGINE_OK) {
        snprintf(message, message_bytes, "told to refuse");
        return fake_engine_plan_now.create_status;
    }
    engine *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return ENGINE_NO_MEMORY;
    }
    self->config = *config;
    make_plan(&self->plan, config);
    self->training_count = training->count;
    self->validation_count = validation->count;
    fake_engine_alive++;
    *out = self;
    return ENGINE_OK;
}

static void destroy(engine *self)
{
    fake_engine_alive -= self != NULL;
    free(self);
}

static const engine_plan *planned(const engine *self)
{
    return &self->plan;
}

static const char *message(const engine *self)
{
    return self->message;
}

static engine_status train(engine *self, uint32_t steps, uint32_t *queued)
{
    if (self->queued - self->finished + steps > ENGINE_MAX_QUEUED_STEPS) {
        snprintf(self->message, sizeof self->message, "too many steps queued");
        return ENGINE_INVALID;
    }
    const uint64_t fails_at = fake_engine_plan_now.fail_at_step;
    if (fails_at > self->queued && fails_at <= self->queued + steps) {
        snprintf(self->message, sizeof self->message, "told to fail");
        self->failed = true;
        return ENGINE_FAILED;
    }
    if (steps > fake_engine_longest_chunk) {
        fake_engine_longest_chunk = steps;
    }
    fake_engine_trains++;
    fake_engine_overlaps += self->finished < self->queued;
    self->queued += steps;
    fake_engine_steps_queued += steps;
    *queued = steps;
    return ENGINE_OK;
}

static bool diverged(uint64_t step, uint64_t from)
{
    return from != 0 && step >= from;
}

static double loss_sum(uint64_t step, uint32_t samples)
{
    return diverged(step, fake_engine_plan_now.diverges_at_step)
               ? fake_engine_plan_now.diverged_loss
               : fake_engine_loss_sum(step, samples);
}

static double val_loss_sum(uint64_t steps, uint32_t samples)
{
    return diverged(steps, fake_engine_plan_now.val_diverges_at_step)
               ? fake_engine_plan_now.diverged_loss
               : fake_engine_val_loss_sum(steps, samples);
}

/* As late as allowed: a step is done only when poll waits for it. */
static engine_status poll_steps(engine *self, engine_step *out, size_t capacity, size_t *count,
                                bool wait)
{
    const uint32_t batch = self->config.batch_size;
    const uint32_t epoch_steps = (self->training_count + batch - 1) / batch;
    *count = 0;
    while ((wait || self->failed) && *count < capacity &&
           self->finished + fake_engine_plan_now.lost_steps < self->queued) {
        if (self->finished + 1 == fake_engine_plan_now.lost_at_step) {
            snprintf(self->message, sizeof self->message, "told to be lost");
            return ENGINE_FAILED;
        }
        const uint64_t step = ++self->finished;
        const uint32_t place = (uint32_t)((step - 1) % epoch_steps);
        const uint32_t left = self->training_count - place * batch;
        const uint32_t samples = left < batch ? left : batch;
        out[(*count)++] = (engine_step){step, loss_sum(step, samples),
                                        fake_engine_correct(step, samples), samples};
        if (fake_engine_plan_now.on_step != NULL) {
            fake_engine_plan_now.on_step(step);
        }
    }
    if (self->failed) {
        snprintf(self->message, sizeof self->message, "told not to poll again");
        return ENGINE_FAILED;
    }
    return ENGINE_OK;
}

static engine_status evaluate(engine *self, engine_set set, engine_result *out, uint8_t *predicted)
{
    const uint32_t batch = self->config.batch_size;
    const uint32_t epoch_steps = (self->training_count + batch - 1) / batch;
    const uint32_t samples = set == ENGINE_TRAINING ? self->training_count : self->validation_count;
    fake_engine_unfinished_at_evaluate += self->queued - self->finished;
    *out = (engine_result){val_loss_sum(self->queued, samples),
                           fake_engine_val_correct(self->queued, samples), samples};
    if (fake_engine_plan_now.val_correct != NULL) {
        out->correct = fake_engine_plan_now.val_correct[self->queued / epoch_steps - 1];
    }
    if (fake_engine_plan_now.val_losses != NULL) {
        out->loss_sum = samples * fake_engine_plan_now.val_losses[self->queued / epoch_steps - 1];
    }
    for (uint32_t i = 0; predicted != NULL && i < samples; i++) {
        predicted[i] = fake_engine_predicted(self->queued, i);
    }
    return ENGINE_OK;
}

float fake_engine_weight(uint64_t steps, size_t index)
{
    return (float)index + (float)steps / 1024;
}

static engine_status read_tensor(engine *self, const char *name, float *out, size_t capacity,
                                 size_t *count)
{
    const uint64_t steps = self->finished;
    const bool not_finite = diverged(steps, fake_engine_plan_now.weights_diverge_at_step);
    unsigned index = 0;
    while (index < LENET_TENSORS && strcmp(lenet_tensors[index].name, name) != 0) {
        index++;
    }
    ck_assert_uint_lt(index, LENET_TENSORS);
    const lenet_tensor *tensor = &lenet_tensors[index];
    ck_assert_uint_eq(self->finished, self->queued);
    ck_assert_uint_ge(capacity, tensor->count);
    *count = tensor->count;
    for (size_t i = 0; i < tensor->count; i++) {
        out[i] = not_finite ? NAN : fake_engine_weight(steps, tensor->offset + i);
    }
    snprintf(self->message, sizeof self->message, "told to read no tensor");
    return fake_engine_plan_now.tensor_status;
}

engine_histogram fake_engine_histogram(const char *name, uint64_t steps)
{
    engine_histogram out = {.min = -(double)strlen(name), .max = (double)steps};
    if (fake_engine_plan_now.histogram_empty) {
        return (engine_histogram){.min = NAN, .max = NAN, .not_finite = 5};
    }
    for (unsigned i = 0; i < ENGINE_HISTOGRAM_BUCKETS; i++) {
        out.buckets[i] = (uint64_t)name[i % strlen(name)] + i;
        out.finite += out.buckets[i];
    }
    return out;
}

static engine_status read_histogram(engine *self, const char *name, engine_histogram *out)
{
    snprintf(self->message, sizeof self->message, "told to read no histogram");
    *out = fake_engine_histogram(name, self->finished);
    return fake_engine_plan_now.histogram_status;
}

static engine_status gradient(engine *self, uint32_t first, uint32_t count, float *out)
{
    ck_assert_uint_eq(self->finished, self->queued);
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_le(first + count, self->training_count);
    const float spread = fake_engine_plan_now.gradient_spread;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        out[i] = 1 / (float)self->finished + (first % 2 == 0 ? spread : -spread);
    }
    snprintf(self->message, sizeof self->message, "told to compute no gradient");
    return fake_engine_plan_now.gradient_status;
}

static size_t state_bytes(const engine *self)
{
    return sizeof self->finished;
}

static engine_status export_state(engine *self, void *out, size_t bytes)
{
    ck_assert_uint_eq(self->finished, self->queued);
    ck_assert_uint_eq(bytes, sizeof self->finished);
    memcpy(out, &self->finished, bytes);
    if (fake_engine_plan_now.on_export != NULL) {
        fake_engine_plan_now.on_export();
    }
    return ENGINE_OK;
}

static engine_status import_state(engine *self, const void *state, size_t bytes)
{
    if (bytes != sizeof self->finished || fake_engine_plan_now.refuse_state) {
        snprintf(self->message, sizeof self->message, "told to refuse the state");
        return ENGINE_INVALID;
    }
    memcpy(&self->finished, state, bytes);
    self->queued = self->finished;
    return ENGINE_OK;
}

/* The run loop predicts nothing and sets no weights. */
const engine_api fake_engine = {
    .name = "fake",
    .description = "computes nothing",
    .available = available,
    .plan = plan,
    .create = create,
    .destroy = destroy,
    .planned = planned,
    .message = message,
    .train = train,
    .poll = poll_steps,
    .evaluate = evaluate,
    .gradient = gradient,
    .read_tensor = read_tensor,
    .read_histogram = read_histogram,
    .state_bytes = state_bytes,
    .export_state = export_state,
    .import_state = import_state,
};
