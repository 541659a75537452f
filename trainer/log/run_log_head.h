/* What a run is, as its event files tell it. */
#ifndef TRAINER_RUN_LOG_HEAD_H
#define TRAINER_RUN_LOG_HEAD_H

#include "dataset.h"
#include "engine.h"
#include "note_printer.h"
#include "run_config.h"
#include "run_record.h"

/* Only the data must outlive the opening of the log. */
typedef struct run_log_head {
    const run_config *config;
    const dataset *data;
    const char *data_path; /* of which the last name is logged */
    const char *hardware;  /* engine_plan.hardware */
    const engine_memory *memory;
    const run_record *past; /* of the run that is there and is continued; NULL for a new one */
    uint32_t epochs_done;   /* of it: training continues after them */
    uint64_t steps_done;    /* likewise, over the run */
    /* Is called while the log is opened with each line that the user should see: what is wrong with
     * the event files that are there. */
    note_printer note;
} run_log_head;

#endif
