/* What a run is, as its event files tell it. */
#ifndef TRAINER_RUN_LOG_HEAD_H
#define TRAINER_RUN_LOG_HEAD_H

#include "dataset.h"
#include "engine.h"
#include "run_config.h"
#include "run_record.h"

/* Only the data must outlive the opening of the log. */
typedef struct run_log_head {
    const run_config *config;
    const dataset *data;
    const char *data_path; /* of which the last name is logged */
    const char *hardware;  /* engine_plan.hardware */
    const engine_memory *memory;
    const run_record *resumed; /* of a run that goes on, with the epochs logged before; or NULL */
} run_log_head;

#endif
