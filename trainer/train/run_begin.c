#include "run_begin.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "message.h"
#include "printable.h"
#include "progress.h"
#include "run_checkpoint.h"
#include "signals.h"

static outcome make_engine(run *self)
{
    const run_job *job = self->job;
    const engine_config settings = run_config_settings(job->config, job->threads, job->isa);
    const engine_data training = {job->data->training.images, job->data->training.labels,
                                  job->data->training.count};
    const engine_data validation = {job->data->validation.images, job->data->validation.labels,
                                    job->data->validation.count};
    char reason[MESSAGE_BYTES / 2] = "";
    const engine_status status =
        job->api->create(&self->engine, &settings, &training, &validation, reason, sizeof reason);
    if (status != ENGINE_OK) {
        message_set(self->message, "the %s engine cannot train batch size %u: %s", job->api->name,
                    (unsigned)settings.batch_size,
                    reason[0] != '\0' ? reason : engine_status_string(status));
        return status == ENGINE_INVALID ? OUTCOME_REFUSED : OUTCOME_FAILED;
    }
    const engine_plan *plan = job->api->planned(self->engine);
    self->record->memory = plan->memory;
    self->record->runs_at_once = job->runs_at_once > 1 ? job->runs_at_once : 1;
    printable_copy(self->record->hardware, sizeof self->record->hardware, plan->hardware);
    return OUTCOME_DONE;
}

/* Goes on with the run that is there, if there is one with a checkpoint, or removes it. */
static int begin_or_resume(run *self, bool *resumed)
{
    const run_job *job = self->job;
    char why[MESSAGE_BYTES] = "";
    *resumed = job->replace == RUN_DIRECTORY_REPLACE_UNFINISHED &&
               run_checkpoint_restore(job->api, self->engine, self->directory, self->record, why);
    if (*resumed) {
        progress_say(job->display, "Resumed   after epoch %u of %u, from the checkpoint",
                     (unsigned)self->record->epoch_count, (unsigned)job->config->epochs);
        return 0;
    }
    if (why[0] != '\0') {
        progress_note(job->display, "Note: trained from the beginning: %s", why);
    }
    return run_directory_clear(self->directory, self->message);
}

/* run.json names the files that are made here only when they are: until then it names none, so that
 * whatever a crash leaves is known as the run's. */
static int open_log(run *self, bool resumed)
{
    run_record_name_process(self->record);
    const uint32_t files = self->record->event_file_count;
    const run_log_head head = {
        .config = self->job->config,
        .data = self->job->data,
        .data_path = self->job->data_path,
        .hardware = self->record->hardware,
        .memory = &self->record->memory,
        .resumed = resumed ? self->record : NULL,
    };
    self->record->event_file_count = 0;
    const int named_none = run_directory_write(self->directory, self->record, self->message);
    self->record->event_file_count = files;
    if (named_none != 0 ||
        run_log_open(&self->log, self->job->directory, &head, self->message) != 0) {
        return -1;
    }
    run_log_name_files(self->log, self->record);
    return run_directory_write(self->directory, self->record, self->message);
}

/* Once a process: the runs of a sweep are side by side on one file system. */
static void warn_of_lock(const run *self)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    char doubt[MESSAGE_BYTES];
    run_directory_doubt(self->directory, doubt);
    if (doubt[0] != '\0' && !atomic_flag_test_and_set(&warned)) {
        progress_note(self->job->display, "Note: %s", doubt);
    }
}

/* Everything that a run writes to exists after this, or nothing does but a run that was there
 * to be gone on with. run.json comes first: it makes the directory the trainer's, whatever
 * happens next. */
static int open_outputs(run *self)
{
    bool resumed = false;
    if (run_directory_open(&self->directory, self->job->directory, self->job->config,
                           self->job->replace, self->message) != 0) {
        return -1;
    }
    warn_of_lock(self);
    if (begin_or_resume(self, &resumed) == 0 && open_log(self, resumed) == 0) {
        return 0;
    }
    char other[MESSAGE_BYTES]; /* the first error is the one to tell */
    (void)!run_log_close(self->log, RUN_LOG_INTERRUPTED, other);
    self->log = NULL;
    if (resumed) {
        run_directory_close(self->directory);
    } else {
        run_directory_discard(self->directory);
    }
    self->directory = NULL;
    return -1;
}

static void say_head(const run *self)
{
    const run_job *job = self->job;
    const run_config *config = job->config;
    const uint32_t steps = run_config_steps_per_epoch(config);
    progress *display = job->display;
    progress_say(display, "Data set  %s: %u training and %u validation images", job->data_path,
                 (unsigned)config->training_samples, (unsigned)config->validation_samples);
    progress_say(display, "Engine    %s (%s), %s, %.1f MiB", config->engine, self->record->hardware,
                 engine_precision_name(config->precision),
                 (double)self->record->memory.total / 1048576.0);
    progress_say(display, "Run       %s", job->directory);
    progress_say(display, "          n_iterations = n_epochs × n_batches = %u × %u = %" PRIu64,
                 (unsigned)config->epochs, (unsigned)steps, (uint64_t)config->epochs * steps);
    progress_say(display, "          batch_size × n_batches = %u × %u = %" PRIu64 " covers all %u",
                 (unsigned)config->batch_size, (unsigned)steps,
                 (uint64_t)config->batch_size * steps, (unsigned)config->training_samples);
}

outcome run_begin(run *self)
{
    const outcome made = make_engine(self);
    if (made != OUTCOME_DONE) {
        return made;
    }
    if (signals_noted() != 0) {
        return OUTCOME_STOPPED;
    }
    if (open_outputs(self) != 0) {
        return OUTCOME_FAILED;
    }
    say_head(self);
    return OUTCOME_DONE;
}
