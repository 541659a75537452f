/* How many processors Slurm has given the process's task. Slurm may count processors without
 * binding tasks to them. Then neither affinity nor control groups show the number. */
#ifndef KERNELS_CPU_SLURM_LIMIT_H
#define KERNELS_CPU_SLURM_LIMIT_H

/* SLURM_CPUS_PER_TASK of the environment; UINT_MAX if it is not set or not a number from 1 on. */
unsigned slurm_limit(void);

#endif
