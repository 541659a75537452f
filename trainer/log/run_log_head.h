/* The description of a run that its event files contain. */
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
    const char *data_path; /* only its last name is logged */
    const char *hardware;  /* engine_plan.hardware */
    const engine_memory *memory;
    const run_record *past; /* of the run that is continued; NULL for a new one */
    uint32_t epochs_done;   /* of that run; training continues after them */
    uint64_t steps_done;    /* of that run, over all its epochs */
    note_printer note;      /* prints what is wrong with existing event files */
} run_log_head;

#endif
