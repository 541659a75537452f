#include "sweep_join.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "message.h"
#include "run_config.h"
#include "run_config_difference.h"
#include "run_directory.h"
#include "run_record.h"
#include "signals.h"

/* Between two checks of a run that another process is beginning. */
enum { GLANCE_NS = 50000000 };

/* Between two checks of the runs that others hold: at least this long, plus a random part, since
 * many processes may wait for the same runs. */
enum { WAIT_NS = 500000000, WAIT_SPREAD_NS = 1000000000 };

/* What the threads of one process share. */
typedef struct join {
    sweep_runs *runs;
    atomic_bool agrees;  /* the first run of the list has our configuration, or has failed here */
    atomic_bool refuses; /* a run has another configuration or an unusable directory */
} join;

typedef enum agreement {
    AGREEMENT_UNKNOWN, /* there is no run.json yet */
    AGREEMENT_SAME,
    AGREEMENT_DIFFERENT /* the message has the difference */
} agreement;

/* Does the existing run have our configuration? The number of epochs may differ: the run is given
 * more when nobody holds it. */
static agreement compare(const sweep_run *run, const run_record *there, char *message)
{
    char difference[MESSAGE_BYTES / 2];
    run_config theirs = there->config;
    theirs.epochs = run->config.epochs;
    if (run_config_difference(&theirs, &run->config, difference, sizeof difference) == 0) {
        return AGREEMENT_SAME;
    }
    message_set(message,
                "%s is of another configuration: %s; if it is an older run, choose another "
                "--logdir; otherwise give all hosts the same options, such as --isa and --engine",
                run->listed->directory, difference);
    return AGREEMENT_DIFFERENT;
}

/* The same for the present content of run.json. A run that has ended is kept without a look at its
 * directory, since there may be thousands of them. */
static agreement compare_there(sweep_run *run, char *message)
{
    run_record there;
    if (run_record_read(&there, run->listed->directory, message) != FILE_READ) {
        return AGREEMENT_UNKNOWN;
    }
    const agreement answer = compare(run, &there, message);
    const bool has_all = there.state == RUN_FINISHED && there.epoch_count == run->config.epochs;
    if (answer == AGREEMENT_SAME && (has_all || there.state == RUN_DIVERGED)) {
        sweep_run_keep(run, !has_all);
    }
    run_record_free(&there);
    return answer;
}

static bool is_over(const sweep_run *run)
{
    return run->state == SWEEP_RUN_KEPT || run->state == SWEEP_RUN_TRAINED;
}

typedef enum view {
    VIEW_FREE, /* the run can be taken */
    VIEW_HELD,
    VIEW_OVER,
    VIEW_REFUSED /* this process may not take part; the message has the reason */
} view;

/* Checks the run's directory, and stores in its state whether it has ended or is held. */
static view look(sweep_run *run, char *message)
{
    if (compare_there(run, message) == AGREEMENT_DIFFERENT) {
        return VIEW_REFUSED;
    }
    if (is_over(run)) {
        return VIEW_OVER;
    }
    switch (sweep_run_judge(run, message)) {
    case RUN_DIRECTORY_USABLE:
        return VIEW_FREE;
    case RUN_DIRECTORY_FINISHED:
    case RUN_DIRECTORY_DIVERGED:
        return VIEW_OVER;
    case RUN_DIRECTORY_HELD:
        run->state = SWEEP_RUN_HELD;
        run->status = OUTCOME_DONE;
        message_set(run->where, "%s", message);
        return VIEW_HELD;
    case RUN_DIRECTORY_REFUSED:
        break;
    }
    return VIEW_REFUSED;
}

static void tell_refusal(const sweep_runs *self, const char *message)
{
    fprintf(stderr, "%s: --join: %s; this process takes no further run\n", self->data->program,
            message);
}

outcome sweep_join_look(sweep_runs *self)
{
    char message[MESSAGE_BYTES];
    for (size_t i = 0; i < self->count; i++) {
        if (look(&self->runs[i], message) == VIEW_REFUSED) {
            tell_refusal(self, message);
            return OUTCOME_FAILED;
        }
    }
    return OUTCOME_DONE;
}

static void sleep_ns(long nanoseconds)
{
    const struct timespec time = {.tv_sec = nanoseconds / 1000000000,
                                  .tv_nsec = nanoseconds % 1000000000};
    nanosleep(&time, NULL); /* a signal ends it early, as it should */
}

/* No process trains another run before the first run of the list has begun with the process's own
 * configuration. So if processes start at the same time in an empty directory, one of them begins
 * the first run, and a host with other arithmetic trains nothing. UNKNOWN if the caller must ask
 * again. */
static agreement agree(join *self, const sweep_run *run, char *message)
{
    const sweep_run *first = &self->runs->runs[0];
    run_record there;
    if (atomic_load(&self->agrees) || run == first) {
        return AGREEMENT_SAME;
    }
    if (run_record_read(&there, first->listed->directory, message) != FILE_READ) {
        return AGREEMENT_UNKNOWN;
    }
    const agreement answer = compare(first, &there, message);
    run_record_free(&there);
    if (answer == AGREEMENT_SAME) {
        atomic_store(&self->agrees, true);
    }
    return answer;
}

/* Trains the run, which was free a moment ago. False if another process was quicker. */
static bool train(join *self, sweep_run *run, bool is_first)
{
    sweep_run_train(run);
    run->has_failed = run->state == SWEEP_RUN_FAILED;
    if (is_first && run->has_failed) {
        atomic_store(&self->agrees, true); /* nobody need wait for it any more */
    }
    return run->state != SWEEP_RUN_HELD;
}

typedef enum attempt { ATTEMPT_OVER, ATTEMPT_AGAIN, ATTEMPT_REFUSED } attempt;

/* Trains the run if it is free. The first run of the list is checked again until a process has
 * begun it, since the other runs wait for that. */
static attempt try_to_take(join *self, sweep_run *run, char *message)
{
    const bool is_first = run == &self->runs->runs[0];
    switch (look(run, message)) {
    case VIEW_FREE:
        break;
    case VIEW_HELD:
        return is_first && compare_there(run, message) != AGREEMENT_SAME ? ATTEMPT_AGAIN
                                                                         : ATTEMPT_OVER;
    case VIEW_OVER:
        return ATTEMPT_OVER;
    case VIEW_REFUSED:
        return ATTEMPT_REFUSED;
    }
    if (run->has_failed) {
        run->state = SWEEP_RUN_FAILED;
        run->status = OUTCOME_FAILED;
        return ATTEMPT_OVER;
    }
    switch (agree(self, run, message)) {
    case AGREEMENT_UNKNOWN:
        return ATTEMPT_AGAIN;
    case AGREEMENT_DIFFERENT:
        return ATTEMPT_REFUSED;
    case AGREEMENT_SAME:
        break;
    }
    return train(self, run, is_first) || !is_first ? ATTEMPT_OVER : ATTEMPT_AGAIN;
}

/* A run's turn in a pass. False ends the pass. */
static bool take(void *argument)
{
    sweep_run *run = argument;
    join *self = run->all->context;
    char message[MESSAGE_BYTES];
    attempt last = is_over(run) ? ATTEMPT_OVER : ATTEMPT_AGAIN;
    while (last == ATTEMPT_AGAIN && signals_noted() == 0 && !atomic_load(&self->refuses)) {
        last = try_to_take(self, run, message);
        if (last == ATTEMPT_AGAIN) {
            sleep_ns(GLANCE_NS);
        }
    }
    if (last == ATTEMPT_REFUSED && !atomic_exchange(&self->refuses, true)) {
        tell_refusal(self->runs, message);
    }
    return last == ATTEMPT_OVER && run->state != SWEEP_RUN_STOPPED;
}

static size_t count_in_state(const sweep_runs *self, sweep_run_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        count += self->runs[i].state == state;
    }
    return count;
}

/* Counts the runs that this process could still train if it is restarted after a signal. */
static size_t count_left(const sweep_runs *self)
{
    return count_in_state(self, SWEEP_RUN_PLANNED) + count_in_state(self, SWEEP_RUN_STOPPED) +
           count_in_state(self, SWEEP_RUN_HELD);
}

static void say_held(const sweep_runs *self, size_t held, bool waits)
{
    size_t i = 0;
    while (self->runs[i].state != SWEEP_RUN_HELD) {
        i++;
    }
    printf("%s %zu run%s of other processes, such as %s\n", waits ? "Waits for" : "Leaves   ", held,
           held == 1 ? "" : "s", self->runs[i].where);
    fflush(stdout); /* the wait may be long */
}

static void wait_for_others(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    sleep_ns(WAIT_NS + now.tv_nsec % WAIT_SPREAD_NS); /* random enough */
}

/* Goes over the list once. Sets *has_trained if at least one run was trained to its end. */
static outcome pass(join *self, bool *has_trained)
{
    const size_t before = count_in_state(self->runs, SWEEP_RUN_TRAINED);
    const outcome status = sweep_runs_pass(self->runs, take);
    *has_trained = count_in_state(self->runs, SWEEP_RUN_TRAINED) > before;
    return atomic_load(&self->refuses) ? OUTCOME_FAILED : status;
}

outcome sweep_join(sweep_runs *self, bool waits, bool *is_last)
{
    join together = {.runs = self};
    bool has_said = self->data->options->quiet;
    bool has_waited = false; /* since it last trained a run */
    bool has_trained = false;
    size_t held = 0;
    *is_last = false;
    self->context = &together;
    do {
        if (held > 0 && !has_trained) {
            wait_for_others();
            has_waited = true;
        }
        const outcome status = pass(&together, &has_trained);
        if (status != OUTCOME_DONE) {
            return status;
        }
        has_waited = has_waited && !has_trained;
        held = count_in_state(self, SWEEP_RUN_HELD); /* out of date if this pass trained */
        if (held > 0 && !has_trained && !has_said) {
            say_held(self, held, waits);
            has_said = true;
        }
    } while (held > 0 && (waits || has_trained) && signals_noted() == 0);
    *is_last = held == 0 && !has_waited;
    return signals_noted() != 0 && count_left(self) > 0 ? OUTCOME_STOPPED : sweep_runs_status(self);
}
