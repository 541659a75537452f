/* The content of a run.json in memory: everything about a run except its event files.
 * run_record_file.h reads and writes it. */
#ifndef TRAINER_RUN_RECORD_H
#define TRAINER_RUN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "must_check.h"
#include "run_config.h"

/* The parts of a run: the directories with its event files, relative to the run's directory. That
 * directory itself is the part "". */
#define RUN_TRAINING_PART   "train"
#define RUN_VALIDATION_PART "validation"
enum { RUN_PARTS = 3 };
extern const char *const run_parts[RUN_PARTS];

typedef enum run_state { RUN_RUNNING = 0, RUN_FINISHED, RUN_INTERRUPTED, RUN_DIVERGED } run_state;

/* Room for the path of an event file relative to the run's directory: a part's short name, a slash
 * and a file name of at most 255 bytes. */
enum { RUN_RECORD_PATH_BYTES = 272 };
typedef char run_record_path[RUN_RECORD_PATH_BYTES];

typedef struct run_record {
    run_state state;
    uint64_t diverged_at_step; /* 0 if it has not diverged, or the step is not known */
    run_config config;
    char hardware[128];    /* what the engine ran on; printable */
    char host[65];         /* of the process that trained it last; printable; "" if not known */
    uint64_t process;      /* the number of that process; 0 if not known */
    uint32_t runs_at_once; /* runs that shared the hardware, itself included; at least 1 */
    engine_memory memory;  /* as the engine counts it */
    /* [event_file_count], owned: PART/NAME, or NAME in the part "". A run has three event files,
     * and three more each time that it is resumed. */
    run_record_path *event_files;
    uint32_t event_file_count;
    epoch_figures *epochs; /* [epoch_count], owned */
    uint32_t epoch_count;
} run_record;

/* Are its accuracies from 0 to 1, or NaN, which means not known? */
bool run_record_has_accuracies(const epoch_figures *epoch);

/* Appends an epoch; -1 without memory. */
MUST_CHECK int run_record_add_epoch(run_record *record, const epoch_figures *epoch);

/* Records this process, on this host, as the one that trains the run. */
void run_record_name_process(run_record *record);

/* Adds an event file: the last name of `path`, in the run's `part`. -1 without memory. */
MUST_CHECK int run_record_add_event_file(run_record *record, const char *part, const char *path);

/* The same, from the file's path relative to the run's directory. */
MUST_CHECK int run_record_add_event_path(run_record *record, const char *path);

/* Is the file `name` in `part` an event file of this run? If the record names no event files, every
 * file with a name like those of the trainer (events.out.tfevents.*) is the run's. */
bool run_record_owns(const run_record *record, const char *part, const char *name);

/* "running", "finished", "interrupted", "diverged". */
const char *run_state_name(run_state state);

/* The state of a run that no process trains: if the record says RUN_RUNNING, the run has died. */
run_state run_record_state_at_rest(const run_record *record);

enum { RUN_RECORD_DIVERGENCE_BYTES = RUN_CONFIG_STEP_BYTES + 16 };

/* For a diverged run: "diverged at step 412 of epoch 3", or "diverged" if the step is not known. */
void run_record_format_divergence(char out[RUN_RECORD_DIVERGENCE_BYTES], const run_record *record);

/* Frees what the record owns and empties it. */
void run_record_free(run_record *record);

#endif
