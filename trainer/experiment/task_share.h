/* Which runs of a sweep's list belong to one of several tasks. */
#ifndef TRAINER_TASK_SHARE_H
#define TRAINER_TASK_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"

/* All zero is the whole list. */
typedef struct task_share {
    uint64_t number; /* of the task, from 0; below `count` unless that is 0 */
    uint64_t count;  /* of tasks; the task has the runs whose index modulo `count` is `number` */
    bool is_run;     /* the task has one run, the one with index `number` */
    /* The environment variables that were used, static; NULL otherwise. */
    const char *rank_variable;
    const char *count_variable; /* also NULL if is_run */
} task_share;

/* Is the share less than the whole list? */
bool task_share_is_given(const task_share *share);

bool task_share_has(const task_share *share, uint64_t index);

/* Parses "I/N", or "auto": the share that a scheduler or launcher has put into the environment,
 * from the first of these that is set:
 *
 *   SLURM_ARRAY_TASK_ID                             an index of the list (a Slurm job array)
 *   OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE   I and N (Open MPI's mpirun)
 *   PMI_RANK and PMI_SIZE                           I and N (MPICH's and Intel's)
 *   SLURM_PROCID and SLURM_NTASKS                   I and N (srun)
 *
 * 0, or -1 with a message [MESSAGE_BYTES] for anything else. */
MUST_CHECK int task_share_parse(task_share *out, const char *text, char *message);

#endif
