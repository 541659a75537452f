/* Runs of the run loop in the scratch directory, with the fake engine unless a test changes it, and
 * reading their logs. A file that cannot be read ends the test. */
#ifndef TESTS_TRAINER_FAKE_RUN_H
#define TESTS_TRAINER_FAKE_RUN_H

#include <tblog/tblog.h>

#include "fake_engine.h"
#include "message.h"
#include "progress.h"
#include "run_loop.h"

enum { TRAINING_SAMPLES = 22, VALIDATION_SAMPLES = 7, BATCH_SIZE = 4, STEPS = 6, EPOCHS = 3 };
enum { LAST_BATCH = TRAINING_SAMPLES - (STEPS - 1) * BATCH_SIZE };
enum { MOST_SAMPLES = 5000 };

/* Of the last run. */
extern char fake_run_message[MESSAGE_BYTES];
extern run_record fake_run_record;
extern progress fake_run_display; /* quiet unless a test changes it */
extern const engine_api *fake_run_engine;
extern uint32_t fake_run_micro_batch; /* as in run_config */
extern bool fake_run_histograms;      /* whether the next run logs histograms */
extern bool fake_run_noise_scale;     /* whether it measures the gradient noise scale */
extern bool fake_run_resumes;         /* whether it resumes an existing run */
extern bool fake_run_no_state;
extern bool fake_run_keeps_model; /* false unless a test changes it: it takes time to write */
extern bool fake_run_save_best;
extern uint32_t fake_run_checkpoint_interval;
extern bool fake_run_terminates; /* whether it ends when it diverges */

/* The fixture of every test: a scratch directory, and a plain fake engine. */
void fake_run_set_up(void);
void fake_run_tear_down(void);

/* Makes a run with this name below the scratch directory, and replaces an existing one. Sample i
 * has the label i % 10 and the grey i % 256 in all its pixels. */
outcome fake_run_train(const char *name, uint32_t samples, uint32_t batch_size, uint32_t epochs,
                       uint32_t log_every);
outcome fake_run(const char *name, uint32_t epochs, uint32_t log_every);

/* run.json and the event files of the run "run" must agree that it was interrupted with `least` to
 * `most` epochs. */
void fake_run_assert_interrupted(uint32_t least, uint32_t most);

/* For fake_engine_plan's on_step: raises SIGINT at the run's first step. */
void fake_run_interrupt_at_first_step(uint64_t step);

/* Calls `take` for each event of the directory's event files. */
void fake_run_read(const char *part, void (*take)(const tblog_event *event, void *context),
                   void *context);

/* The values that a run's epoch (from 0) logs after its first `steps` steps: Keras' means over the
 * samples. */
double fake_run_loss(uint32_t epoch, uint32_t steps);
double fake_run_accuracy(uint32_t epoch, uint32_t steps);

/* The log has 32-bit floats. */
#define ASSERT_LOGGED(actual, expected) ck_assert_double_eq((actual), (double)(float)(expected))

/* One logged point; the value is that of a scalar. */
typedef struct point {
    char tag[64];
    int64_t step;
    double value;
} point;

typedef struct points {
    point all[4096];
    size_t count;
    size_t events;
} points;

points fake_run_points(const char *part);

/* The value of a tag at a step; NaN if there is none. Fails if there is more than one. */
double points_value(const points *from, const char *tag, int64_t step);

unsigned points_count(const points *from, const char *tag);

#endif
