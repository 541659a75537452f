#include "run_begin.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "checkpoint.h"
#include "message.h"
#include "printable.h"
#include "progress.h"
#include "run_model.h"
#include "sign.h"
#include "signals.h"

static bool is_stopped(void)
{
    return signals_noted() != 0;
}

static outcome make_engine(run *self)
{
    const run_job *job = self->job;
    engine_config settings = run_config_settings(job->config, job->threads, job->isa);
    settings.runs_at_once = job->runs_at_once;
    settings.is_stopped = is_stopped;
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
    self->record->runs_at_once = job->runs_at_once;
    printable_copy(self->record->hardware, sizeof self->record->hardware, plan->hardware);
    return OUTCOME_DONE;
}

/* Sets the engine and the run to the state. */
static int import_state(run *self, const checkpoint *state, char *why)
{
    const engine_api *api = self->job->api;
    if (api->import_state(self->engine, state->state, state->state_bytes) != ENGINE_OK) {
        return message_set(why, "the checkpoint is not of this engine: %s",
                           api->message(self->engine));
    }
    self->epochs_done = self->saved_epochs = state->epochs;
    self->sums = state->under_way;
    self->saved_steps = state->under_way.steps;
    return 0;
}

/* What was known of the run stays in its record: its epochs and its event files. */
static void keep_past(run_record *record, run_record *past)
{
    record->epochs = past->epochs;
    record->epoch_count = past->epoch_count;
    record->event_files = past->event_files;
    record->event_file_count = past->event_file_count;
    past->epochs = NULL;
    past->event_files = NULL;
    past->event_file_count = past->epoch_count = 0;
}

static void say_resumed(const run *self)
{
    char place[RUN_PLACE_BYTES];
    char logged[64] = "";
    run_format_place(place, self->job->config, self->epochs_done, self->sums.steps);
    if (self->record->epoch_count > self->epochs_done) {
        snprintf(logged, sizeof logged, "; epoch %u is the last that was logged",
                 (unsigned)self->record->epoch_count);
    }
    progress_say(self->job->display, "Resumed   %s%s", place, logged);
}

/* Restores the existing run, if there is one. *past is its record, or empty; the caller frees
 * it. */
static run_directory_past restore(run *self, run_record *past)
{
    checkpoint state = {0};
    char why[MESSAGE_BYTES] = "";
    run_directory_past found = run_directory_restore(self->directory, past, &state, why);
    if (found == RUN_DIRECTORY_PAST_WITH_STATE && import_state(self, &state, why) != 0) {
        found = RUN_DIRECTORY_PAST_WITHOUT_STATE;
    }
    checkpoint_free(&state);
    if (found == RUN_DIRECTORY_PAST_UNREADABLE) {
        message_set(self->message, "%s", why);
    }
    if (found == RUN_DIRECTORY_PAST_WITHOUT_STATE) {
        progress_note(self->job->display,
                      "Note: training starts at step 1: %s; what is logged already stays", why);
    }
    return found;
}

static void print_note(void *context, const char *line)
{
    const run *self = context;
    progress_note(self->job->display, "Note: %s", line);
}

/* Nothing is changed before everything was read. While the event files are being made, run.json
 * names no event files: then all files that a crash leaves count as the run's. Apart from
 * that, a continued run stays as it was. `past` as in run_log_head. */
static int open_log(run *self, const run_record *past)
{
    const char *directory = self->job->directory;
    run_record_name_process(self->record);
    const run_log_head head = {
        .config = self->job->config,
        .data = self->job->data,
        .data_path = self->job->data_path,
        .hardware = self->record->hardware,
        .memory = &self->record->memory,
        .past = past,
        .epochs_done = self->epochs_done,
        .steps_done = run_steps_done(self),
        .note = {print_note, self},
    };
    run_record unnamed = past != NULL ? *past : *self->record;
    unnamed.event_file_count = 0;
    if (run_log_open(&self->log, directory, &head, self->message) != 0 ||
        run_directory_write(self->directory, &unnamed, self->message) != 0 ||
        run_log_begin(self->log, directory, &head, self->message) != 0) {
        return -1;
    }
    if (run_log_name_files(self->log, self->record) != 0) {
        return message_set(self->message, "no memory for the names of event files");
    }
    return run_directory_write(self->directory, self->record, self->message);
}

/* Continues the run of the record `there`, which shares its arrays with the run's own record. If
 * that fails, the run in the directory is as it was. */
static int open_log_again(run *self, const run_record *there)
{
    if (open_log(self, there) == 0) {
        return 0;
    }
    char other[MESSAGE_BYTES]; /* ignored: the first error is reported */
    run_record back = *there;
    back.event_files = self->record->event_files; /* naming more files may have moved them */
    (void)!run_directory_put_back(self->directory, &back, other);
    *self->record = back;
    return -1;
}

/* Begins the run, or continues the existing one. *keeps: an existing run stays if this fails. */
static int begin_or_resume(run *self, bool *keeps)
{
    run_record past = {0};
    if (self->job->replace != RUN_DIRECTORY_CONTINUE) {
        *keeps = run_directory_clear(self->directory, self->message) != 0;
        return *keeps ? -1 : open_log(self, NULL);
    }
    const run_directory_past found = restore(self, &past);
    *keeps = found != RUN_DIRECTORY_NO_PAST;
    if (found == RUN_DIRECTORY_PAST_UNREADABLE || (*keeps && run_model_restore(self, &past) != 0)) {
        run_record_free(&past);
        return -1;
    }
    if (found == RUN_DIRECTORY_NO_PAST) {
        return open_log(self, NULL);
    }
    if (past.config.epochs > self->job->config->epochs) {
        progress_note(self->job->display,
                      "Note: %u epochs were planned for this run, now it has %u",
                      (unsigned)past.config.epochs, (unsigned)self->job->config->epochs);
    }
    const run_record there = past; /* with the arrays that the run's own record has from now on */
    keep_past(self->record, &past);
    if (open_log_again(self, &there) != 0) {
        return -1;
    }
    run_model_drop(self);
    return 0;
}

/* Once per process: the runs of a sweep are on the same file system. */
static void warn_of_lock(const run *self)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    char doubt[MESSAGE_BYTES];
    run_directory_doubt(self->directory, doubt);
    if (doubt[0] != '\0' && !atomic_flag_test_and_set(&warned)) {
        progress_note(self->job->display, "Note: %s", doubt);
    }
}

/* Makes everything that a run writes to, or, if that fails, nothing; an existing run stays. */
static outcome open_outputs(run *self)
{
    bool keeps = false;
    switch (run_directory_open(&self->directory, self->job->directory, self->job->config,
                               self->job->replace, self->message)) {
    case RUN_DIRECTORY_USABLE:
        break;
    case RUN_DIRECTORY_HELD:
    case RUN_DIRECTORY_FINISHED:
    case RUN_DIRECTORY_DIVERGED:
        return OUTCOME_TAKEN;
    case RUN_DIRECTORY_REFUSED:
        return OUTCOME_FAILED;
    }
    warn_of_lock(self);
    if (begin_or_resume(self, &keeps) == 0) {
        return OUTCOME_DONE;
    }
    char other[MESSAGE_BYTES]; /* ignored: the first error is reported */
    (void)!run_log_close(self->log, other);
    self->log = NULL;
    if (keeps) {
        run_directory_close(self->directory);
    } else {
        run_directory_discard(self->directory);
    }
    self->directory = NULL;
    return OUTCOME_FAILED;
}

static void say_directory(const run_job *job)
{
    if (job->run_count > 1) {
        progress_say(job->display, "Run       %zu of %zu: %s", job->number, job->run_count,
                     job->directory);
    } else {
        progress_say(job->display, "Run       %s", job->directory);
    }
}

static void say_head(const run *self)
{
    const run_job *job = self->job;
    const run_config *config = job->config;
    const uint32_t steps = run_config_steps_per_epoch(config);
    progress *display = job->display;
    const char *times = sign_times();
    progress_say(display, "Data set  %s: %u training and %u validation images", job->data_path,
                 (unsigned)config->training_samples, (unsigned)config->validation_samples);
    progress_say(display, "Engine    %s (%s), %s, %.1f MiB", config->engine, self->record->hardware,
                 engine_precision_name(config->precision),
                 (double)self->record->memory.total / 1048576.0);
    say_directory(job);
    progress_say(display, "          n_iterations = n_epochs %s n_batches = %u %s %u = %" PRIu64,
                 times, (unsigned)config->epochs, times, (unsigned)steps,
                 (uint64_t)config->epochs * steps);
    progress_say(display,
                 "          batch_size %s n_batches = %u %s %u = %" PRIu64 " covers all %u", times,
                 (unsigned)config->batch_size, times, (unsigned)steps,
                 (uint64_t)config->batch_size * steps, (unsigned)config->training_samples);
}

/* If a run was to be resumed, the record is that run's. */
static void say_not_begun(const run *self)
{
    char unread[MESSAGE_BYTES];
    message_set(self->message, "before the first step");
    if (self->job->replace == RUN_DIRECTORY_CONTINUE &&
        run_directory_read(self->job->directory, self->record, unread) == FILE_READ) {
        message_set(self->message, "before it was resumed, with %u of %u epochs",
                    (unsigned)self->record->epoch_count, (unsigned)self->job->config->epochs);
    }
}

outcome run_begin(run *self)
{
    const outcome made = make_engine(self);
    if (made != OUTCOME_DONE) {
        return made;
    }
    if (signals_noted() != 0) {
        say_not_begun(self);
        return OUTCOME_STOPPED;
    }
    const outcome opened = open_outputs(self);
    if (opened != OUTCOME_DONE) {
        return opened;
    }
    say_head(self);
    if (self->epochs_done > 0 || self->sums.steps > 0) {
        say_resumed(self);
    }
    return OUTCOME_DONE;
}
