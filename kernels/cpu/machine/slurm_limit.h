/* How many processors Slurm has given the process's task. Slurm may be set up to count processors
 * without binding tasks to them: then neither affinity nor control groups tell. */
#ifndef KERNELS_CPU_SLURM_LIMIT_H
#define KERNELS_CPU_SLURM_LIMIT_H

/* SLURM_CPUS_PER_TASK of the environment; UINT_MAX if it is not set, or is no number from 1 on. */
unsigned slurm_limit(void);

#endif
