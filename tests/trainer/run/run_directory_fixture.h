/* Shared by the tests of a run's directory: a run in the scratch directory, and failing calls. read
 * and scandirat are wrapped for that. */
#ifndef TESTS_TRAINER_RUN_DIRECTORY_FIXTURE_H
#define TESTS_TRAINER_RUN_DIRECTORY_FIXTURE_H

#include <stdbool.h>

#include "message.h"
#include "run_directory.h"

#define TRAINING_EVENTS   "run/train/events.out.tfevents.1700000000.host.1.0.v2"
#define RUN_EVENTS        "run/events.out.tfevents.1700000000.host.1.2.v2"
#define VALIDATION_EVENTS "run/validation/events.out.tfevents.1700000000.host.1.1.v2"

extern const run_config config; /* of the run */
extern char message[MESSAGE_BYTES];

extern const char *unreadable; /* the end of the name of directories that are; NULL for none */
extern bool reading_fails;
extern int passes; /* that many more calls do not fail */

/* The fixture of a test, with scratch_remove. */
void run_directory_set_up(void);

/* Writes the run "run" in this state, with an event file each of training and validation. */
void write_run_in_state(run_state state);
void write_run(void); /* finished */

run_directory_verdict judge(const char *name, run_directory_replace replace);

/* 0, or -1 if the directory is not usable. */
int open_replacing(run_directory **out, const char *name, run_directory_replace replace);

#endif
