/* Which runs of a sweep's list are one task's, of several that train the list together. */
#ifndef TRAINER_TASK_SHARE_H
#define TRAINER_TASK_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"

/* Zeros are the whole list. */
typedef struct task_share {
    uint64_t number; /* the task's, from 0; below `count` unless that is 0 */
    uint64_t count;  /* of tasks: those runs are this one's whose index is `number` modulo it */
    bool is_run;     /* instead, the run whose index is `number` */
    /* The environment's variables that said so, static; NULL otherwise. */
    const char *rank_variable;
    const char *count_variable; /* NULL if is_run, too */
} task_share;

/* Is it less than the whole list? */
bool task_share_is_given(const task_share *share);

bool task_share_has(const task_share *share, uint64_t index);

/* "I/N", or "auto": what a scheduler or launcher has put into the environment. That is the first of
 *
 *   SLURM_ARRAY_TASK_ID                             an index of the list (a Slurm job array)
 *   OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE   I and N (Open MPI's mpirun)
 *   PMI_RANK and PMI_SIZE                           I and N (MPICH's and Intel's)
 *   SLURM_PROCID and SLURM_NTASKS                   I and N (srun)
 *
 * 0, or -1 with a message [MESSAGE_BYTES] for anything else. */
MUST_CHECK int task_share_parse(task_share *out, const char *text, char *message);

#endif
