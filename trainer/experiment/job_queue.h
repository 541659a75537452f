/* Runs jobs in several threads, as many at the same time as fit into memory. Knows nothing of what
 * a job does. */
#ifndef TRAINER_JOB_QUEUE_H
#define TRAINER_JOB_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "must_check.h"

typedef struct job {
    /* Returns whether the jobs that have not begun should still begin. */
    bool (*run)(void *argument);
    void *argument;
    uint64_t memory; /* bytes that it takes while it runs */
} job;

/* Begins the jobs in order, each when fewer than `at_once` (at least 1) run and its memory fits
 * with theirs into `memory` bytes; one that never fits runs alone. After one returns false, or once
 * `stopped` (may be NULL) is true, no further one begins. The calling thread runs jobs, too, and
 * with at_once 1 all of them. Returns when all that began have ended. -1 if a thread could not be
 * created. */
MUST_CHECK int job_queue_run(const job *jobs, size_t count, unsigned at_once, uint64_t memory,
                             bool (*stopped)(void));

#endif
