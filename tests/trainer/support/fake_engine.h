/* An engine that computes nothing. Its metrics depend only on the step's number, so tests know what
 * must be logged. It fails or calls back when a test wants it to. It is as asynchronous as
 * possible: a queued step is done only when poll waits for it. */
#ifndef TESTS_TRAINER_FAKE_ENGINE_H
#define TESTS_TRAINER_FAKE_ENGINE_H

#include "engine.h"

extern const engine_api fake_engine;

/* The behaviour of the next engine; all zero is a plain run. The plan is not copied: a test may
 * change it during a run. */
typedef struct fake_engine_plan {
    engine_status create_status;
    uint64_t fail_at_step;            /* train fails at this step, although all earlier ones are
                                         done; 0 for never */
    uint64_t lost_at_step;            /* the device is lost before this step; 0 for never */
    void (*on_step)(uint64_t step);   /* called when a step is done; may be NULL */
    const uint32_t *val_correct;      /* [epochs] of evaluate; NULL: by the formula below */
    const double *val_losses;         /* [epochs] mean losses of evaluate; NULL: by the formula */
    double loss_factor;               /* of all losses, may be NaN; 0 for 1 */
    double diverged_loss;             /* the loss from these steps on; each may be 0 for never: */
    uint64_t diverges_at_step;        /* training losses from this step on */
    uint64_t val_diverges_at_step;    /* validation losses after this step or a later one */
    uint64_t weights_diverge_at_step; /* weights are NaN from this step on; 0 for never */
    engine_status tensor_status;      /* of read_tensor */
    void (*on_export)(void);          /* called when the state is exported; may be NULL */
    uint32_t lost_steps;              /* this many steps never come out of poll */
    bool refuse_state;                /* import_state refuses every state */
    engine_status histogram_status;   /* of read_histogram */
    bool histogram_empty;             /* all values of histograms are NaN */
    engine_status gradient_status;    /* of gradient */
    float gradient_spread;            /* gradient's values are 1 / steps, plus this if the first
                                         sample is even, else minus this */
} fake_engine_plan;

extern fake_engine_plan fake_engine_plan_now;

/* The metrics of step s (from 1) with n samples, and of the validation after s steps. */
double fake_engine_loss_sum(uint64_t step, uint32_t samples);
uint32_t fake_engine_correct(uint64_t step, uint32_t samples);
double fake_engine_val_loss_sum(uint64_t steps, uint32_t samples);
uint32_t fake_engine_val_correct(uint64_t steps, uint32_t samples);

/* A weight after `steps` steps; `index` is its place in all parameters. */
float fake_engine_weight(uint64_t steps, size_t index);

/* The class that the validation after `steps` steps predicts for a sample. */
uint8_t fake_engine_predicted(uint64_t steps, uint32_t sample);

/* The histogram of a tensor after `steps` steps; it differs from tensor to tensor. */
engine_histogram fake_engine_histogram(const char *name, uint64_t steps);

/* Counts, which a test resets itself: the most steps in one call of train, and all steps; calls of
 * train, and those made while earlier steps were not done; steps that were not done when evaluate
 * was called; engines not yet destroyed. */
extern uint32_t fake_engine_longest_chunk;
extern uint64_t fake_engine_steps_queued;
extern uint32_t fake_engine_trains;
extern uint32_t fake_engine_overlaps;
extern uint64_t fake_engine_unfinished_at_evaluate;
extern int fake_engine_alive;

#endif
