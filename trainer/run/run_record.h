/* run.json: what a run's directory says about the run besides its event files.
 *
 *   format          1
 *   program         "trainer 0.1.0"
 *   state           "running", "finished", "interrupted" or "diverged". A run whose loss became
 *                   NaN or infinite is "running" until it ends and "diverged" afterwards, however
 *                   it ended
 *   diverged_at_step
 *                   the step over the run, from 1, whose loss was the first that is not finite, or
 *                   after which the validation's was; absent if none was
 *   configuration   run_config.h
 *   hardware        what the engine ran on
 *   host, process   the process that trained it last, or does. Absent from runs of earlier versions
 *   runs_at_once    how many runs of its sweep shared that hardware; 1 if it is absent
 *   memory          the engine's own account in bytes, by part; peak_bytes is its total
 *   peak_bytes
 *   epochs          one object for each epoch that was trained and validated, in order:
 *                   loss, accuracy, val_loss, val_accuracy (null where not finite),
 *                   training_seconds, validation_seconds; of a run that measures the gradient noise
 *                   scale also gradient_variance, gradient_square and noise_scale (null where not
 *                   measured). Earlier versions called a run with a
 *                   loss of null finished; it is read as diverged
 *   event_files     the run's event files as paths relative to its directory. Absent until they
 *                   have been made, and from runs of earlier versions
 *   results         the last epoch's figures and the sums of the seconds; absent before the first
 *                   epoch's end
 *
 * It is replaced whole (file_replace.h). */
#ifndef TRAINER_RUN_RECORD_H
#define TRAINER_RUN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "must_check.h"
#include "run_config.h"

#define RUN_RECORD_FILE "run.json"

/* The parts of a run: the directories that have its event files, relative to the run's own, which
 * is "". */
#define RUN_TRAINING_PART   "train"
#define RUN_VALIDATION_PART "validation"
enum { RUN_PARTS = 3 };
extern const char *const run_parts[RUN_PARTS];

typedef enum run_state { RUN_RUNNING = 0, RUN_FINISHED, RUN_INTERRUPTED, RUN_DIVERGED } run_state;

/* The path of an event file relative to the run's directory: at most a part's short name, a slash
 * and a file's name of 255 bytes. */
enum { RUN_RECORD_PATH_BYTES = 272 };
typedef char run_record_path[RUN_RECORD_PATH_BYTES];

typedef struct run_record {
    run_state state;
    uint64_t diverged_at_step; /* 0 if it has not diverged, or run.json does not say when */
    run_config config;
    char hardware[128];    /* what the engine ran on; fit to be printed */
    char host[65];         /* whose process trained it last; fit to be printed; "" if not known */
    uint64_t process;      /* its number on that host; 0 if not known */
    uint32_t runs_at_once; /* at least 1 */
    engine_memory memory;  /* the engine's own account */
    /* PART/NAME, or NAME: [event_file_count], the record's own. A run has three, and three more
     * each time that it is resumed. */
    run_record_path *event_files;
    uint32_t event_file_count;
    epoch_figures *epochs; /* [epoch_count], the record's own */
    uint32_t epoch_count;
} run_record;

/* Appends an epoch; -1 without memory. */
MUST_CHECK int run_record_add_epoch(run_record *record, const epoch_figures *epoch);

/* Notes this process, on this host, as the one that trains the run. */
void run_record_name_process(run_record *record);

/* Notes an event file of the run: the file named at the end of `path`, in the run's `part`. -1
 * without memory. */
MUST_CHECK int run_record_add_event_file(run_record *record, const char *part, const char *path);

/* Is the file `name` in `part` an event file of this run? If the record names none, every file that
 * is named as the trainer names them (events.out.tfevents.*) is the run's. */
bool run_record_owns(const run_record *record, const char *part, const char *name);

/* Replaces run.json in the directory that `fd` is open on, wherever that is by now; `directory` is
 * what messages call it. 0, or -1 with a message [MESSAGE_BYTES] and the old file whole. */
MUST_CHECK int run_record_write(const run_record *record, int fd, const char *directory,
                                char *message);

typedef enum run_record_presence {
    RUN_RECORD_READ,      /* *out is for the caller to free */
    RUN_RECORD_ABSENT,    /* no run.json; *out is empty */
    RUN_RECORD_DAMAGED,   /* there is one, but not as described above; *out is empty */
    RUN_RECORD_UNREADABLE /* whether there is one, or what it says, is not known: the system failed.
                             *out is empty, and nothing may be replaced */
} run_record_presence;

/* Reads the run.json in `directory`. If it is damaged or unreadable the message [MESSAGE_BYTES]
 * says how. */
MUST_CHECK run_record_presence run_record_read(run_record *out, const char *directory,
                                               char *message);

/* The same for the directory that `fd` is open on, wherever that is by now; `directory` is what
 * messages call it. */
MUST_CHECK run_record_presence run_record_read_at(run_record *out, int fd, const char *directory,
                                                  char *message);

/* "running", "finished", "interrupted", "diverged". */
const char *run_state_name(run_state state);

/* The state of a run that no process trains: one that says it is running has died. */
run_state run_record_state_at_rest(const run_record *record);

enum { RUN_RECORD_DIVERGENCE_BYTES = RUN_CONFIG_STEP_BYTES + 16 };

/* "diverged at step 412 of epoch 3" of a run that did; "diverged" if run.json does not say when. */
void run_record_format_divergence(char out[RUN_RECORD_DIVERGENCE_BYTES], const run_record *record);

/* Frees what the record owns and empties it. */
void run_record_free(run_record *record);

#endif
