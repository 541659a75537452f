#include "experiment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory_plan.h"
#include "message.h"
#include "model_files.h"
#include "number.h"
#include "printable.h"
#include "progress.h"
#include "repository.h"
#include "run_loop.h"
#include "signals.h"
#include "trusted_engine.h"

static bool is_stopped(void)
{
    return signals_noted() != 0;
}

static outcome find_engine(experiment *self)
{
    char note[MESSAGE_BYTES];
    char message[MESSAGE_BYTES];
    const engine_wish wish = {.name = self->options->engine,
                              .precision = self->options->precision,
                              .is_stopped = is_stopped};
    const outcome status = trusted_engine_find(&self->api, &wish, note, message);
    if (status == OUTCOME_STOPPED) {
        fprintf(stderr, "%s: stopped by %s in the selftest of the device\n", self->program,
                signals_name());
    } else if (status != OUTCOME_DONE) {
        fprintf(stderr, "%s: %s\n", self->program, message);
    } else if (note[0] != '\0') {
        fprintf(stderr, "%s: %s\n", self->program, note);
    }
    return status;
}

outcome experiment_open(experiment *out, const char *program, const run_options *options)
{
    char message[MESSAGE_BYTES];
    experiment self = {.program = program, .options = options};
    *out = self;
    const outcome status = find_engine(&self);
    if (status != OUTCOME_DONE) {
        return status;
    }
    if (dataset_load(&self.data, options->data, message) != 0) {
        fprintf(stderr, "%s: %s\n", program, message);
        return OUTCOME_FAILED;
    }
    if (options->train_samples > self.data.training.count) {
        fprintf(stderr, "%s: --train-samples %u: %s has only %u training samples\n", program,
                (unsigned)options->train_samples, options->data,
                (unsigned)self.data.training.count);
        dataset_free(&self.data);
        return OUTCOME_REFUSED;
    }
    if (options->train_samples > 0) {
        dataset_limit_training(&self.data, options->train_samples);
    }
    *out = self;
    return OUTCOME_DONE;
}

void experiment_close(experiment *self)
{
    dataset_free(&self->data);
}

static uint32_t log_every(const run_options *options, const run_config *config)
{
    const uint32_t one_percent = run_config_steps_per_epoch(config) / 100;
    switch (options->frequency) {
    case LOG_EPOCH:
        return 0;
    case LOG_STEPS:
        return options->log_steps;
    case LOG_ONE_PERCENT:
        break;
    }
    return one_percent > 0 ? one_percent : 1;
}

/* Prints the line about a run that does not fit into memory. */
static outcome tell_too_large(const experiment *self, const run_config *config,
                              const engine_config *settings, const engine_plan *plan)
{
    char taken[MEMORY_SIZE_BYTES];
    char available[MEMORY_SIZE_BYTES];
    char advice[MEMORY_ADVICE_BYTES];
    const memory_question question = {self->api, *settings, config->training_samples,
                                      config->validation_samples, plan->available};
    memory_size_format(plan->memory.total, taken);
    memory_size_format(plan->available, available);
    memory_plan_advice(&question, advice);
    fprintf(stderr, "%s: %s: batch size %u takes %s of memory, and %s are free; %s\n",
            self->program, self->options->batch_size_option, (unsigned)config->batch_size, taken,
            available, advice);
    return OUTCOME_FAILED;
}

/* Replaces the requested settings by those that the engine would use, or reports why it cannot. */
static outcome settle(const experiment *self, run_config *config, engine_plan *plan)
{
    char reason[MESSAGE_BYTES / 2] = "";
    const engine_config settings =
        run_config_settings(config, self->options->threads, self->options->isa);
    const engine_status status =
        self->api->plan(&settings, config->training_samples, config->validation_samples, plan,
                        reason, sizeof reason);
    if (status != ENGINE_OK) {
        fprintf(stderr, "%s: --engine %s: %s\n", self->program, config->engine, reason);
        return status == ENGINE_INVALID ? OUTCOME_REFUSED : OUTCOME_FAILED;
    }
    if (plan->memory.total > plan->available) {
        return tell_too_large(self, config, &settings, plan);
    }
    config->precision = plan->precision;
    snprintf(config->arithmetic, sizeof config->arithmetic, "%s", plan->arithmetic);
    return OUTCOME_DONE;
}

outcome experiment_configure(const experiment *self, run_choice choice, run_config *out,
                             engine_plan *plan)
{
    const run_options *options = self->options;
    const uint32_t batch_size = choice.batch_size;
    run_config config = {
        .batch_size = batch_size,
        .micro_batch = options->micro_batch < batch_size ? options->micro_batch : 0,
        .epochs = options->epochs,
        .seed = choice.seed,
        .learning_rate = choice.learning_rate,
        .histograms = options->histograms,
        .noise_scale = options->noise_scale,
        .precision = options->precision,
        .training_samples = self->data.training.count,
        .validation_samples = self->data.validation.count,
        .data_crc32 = self->data.crc32,
    };
    if (batch_size > config.training_samples) {
        fprintf(stderr, "%s: %s: %u is larger than the training set of %u samples\n", self->program,
                options->batch_size_option, (unsigned)batch_size,
                (unsigned)config.training_samples);
        return OUTCOME_REFUSED;
    }
    snprintf(config.engine, sizeof config.engine, "%s", self->api->name);
    config.log_every = log_every(options, &config);
    *out = config;
    return settle(self, out, plan);
}

int experiment_run_path(char *out, const char *parent, run_choice choice, bool seeded,
                        char *message)
{
    char name[128];
    char rate[NUMBER_BYTES + 8] = "";
    char seed[32] = "";
    if (choice.learning_rate != engine_config_defaults().learning_rate) {
        char text[NUMBER_BYTES];
        number_format_exact(text, choice.learning_rate);
        snprintf(rate, sizeof rate, "-LR=%s", text);
    }
    if (seeded) {
        snprintf(seed, sizeof seed, "-Seed=%" PRIu64, choice.seed);
    }
    snprintf(name, sizeof name, "LeNet-MNIST-2-BatchSize=%u%s%s", (unsigned)choice.batch_size, rate,
             seed);
    return message_join_path(out, PATH_MAX, parent, name, message);
}

outcome experiment_kept(const experiment *self, bool diverged)
{
    return diverged && self->options->terminate_on_nan ? OUTCOME_DIVERGED : OUTCOME_DONE;
}

outcome experiment_leave(const experiment *self, const char *directory, bool diverged)
{
    if (diverged || !self->options->quiet) {
        fprintf(self->options->quiet ? stderr : stdout,
                "%s: %s already with this configuration, left as it is\n", directory,
                diverged ? "diverged" : "finished");
    }
    return experiment_kept(self, diverged);
}

/* Prints the text quoted for a shell, as one word. */
static void print_word(const char *text)
{
    static const char plain[] = "0123456789_./=-+:@%,abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char word[PATH_MAX];
    printable_copy(word, sizeof word, text);
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (const char *c = word; *c != '\0'; c++) {
        fputs(*c == '\'' ? "'\\''" : (const char[]){*c, '\0'}, stdout);
    }
    putchar('\'');
}

void experiment_print_view(const experiment *self, const char *directory)
{
    char script[PATH_MAX];
    if (self->options->quiet) {
        return;
    }
    fputs("TensorBoard: ", stdout);
    if (repository_path(script, "scripts/view.sh")) {
        print_word(script);
        putchar(' ');
    } else {
        fputs("tensorboard --logdir ", stdout);
    }
    print_word(directory);
    putchar('\n');
}

/* The colour follows the batch size in a run's name. The filter selects tags that only one part of
 * a run has, so that a run has one curve in a chart. scripts/view.sh prints this address too, with
 * the actual port. */
void experiment_print_colours(const experiment *self)
{
    if (!self->options->quiet) {
        puts("Runs coloured by batch size, while TensorBoard runs:\n"
             "http://localhost:6006/?runColorGroup=regex%3ABatchSize%3D%28%5Cd%2B%29"
             "&smoothing=0&tagFilter=_vs_#timeseries");
    }
}

void experiment_print_models(const experiment *self, const char *directory)
{
    static const struct {
        const char *label;
        const char *name;
    } models[] = {{"Model: ", MODEL_FILE}, {"Best:  ", MODEL_BEST_FILE}};
    char message[MESSAGE_BYTES];
    char path[PATH_MAX];
    for (size_t i = 0; !self->options->quiet && i < sizeof models / sizeof models[0]; i++) {
        if (message_join_path(path, sizeof path, directory, models[i].name, message) == 0 &&
            access(path, F_OK) == 0) {
            fputs(models[i].label, stdout);
            print_word(path);
            putchar('\n');
        }
    }
}

static void tell_divergence(const experiment *self, const run_job *job, const run_record *record)
{
    char how[RUN_RECORD_DIVERGENCE_BYTES];
    run_record_format_divergence(how, record);
    if (self->options->terminate_on_nan) {
        fprintf(stderr, "%s: %s: %s, and --terminate-on-nan ended it\n", self->program,
                job->directory, how);
    } else {
        progress_note(job->display, "Warning: %s: %s; try a lower --learning-rate", job->directory,
                      how);
    }
}

outcome experiment_run(const experiment *self, const experiment_part *part, run_record *record,
                       char *message)
{
    progress display;
    progress_init(&display, stdout, progress_mode_for(stdout, self->options->quiet));
    if (part->runs_at_once > 1) {
        progress_label(&display, part->label);
        display.mode = display.mode == PROGRESS_QUIET ? PROGRESS_QUIET : PROGRESS_LINES;
    }
    const run_job job = {
        .api = self->api,
        .config = part->config,
        .data = &self->data,
        .data_path = self->options->data,
        .directory = part->directory,
        .number = part->number,
        .run_count = part->run_count,
        .replace = part->replace,
        .checkpoint_interval = self->options->checkpoint_interval,
        .terminate_on_nan = self->options->terminate_on_nan,
        .threads = self->options->threads,
        .no_state = self->options->no_state,
        .no_model = self->options->no_model,
        .save_best = self->options->save_best,
        .isa = self->options->isa,
        .runs_at_once = part->runs_at_once,
        .display = &display,
    };
    const outcome ended = run_loop(&job, record, message);
    const bool is_taken = ended == OUTCOME_TAKEN && !part->is_shared;
    if (is_taken || ended == OUTCOME_REFUSED || ended == OUTCOME_FAILED) {
        fprintf(stderr, "%s: %s\n", self->program, message);
    } else if (record->state == RUN_DIVERGED) {
        tell_divergence(self, &job, record);
    }
    return ended;
}
