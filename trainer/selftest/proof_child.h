/* Proves a device in a child process, so that a device that hangs or ends its process does not
 * affect this one. The child is this program with the command selftest. A plain fork is not enough,
 * since CUDA does not survive it. This process does not touch the device. */
#ifndef TRAINER_PROOF_CHILD_H
#define TRAINER_PROOF_CHILD_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "engine.h"
#include "must_check.h"
#include "proof_result.h"

/* The hidden option of the command selftest that makes it the child. Its value is the id of the
 * process that waits for the report. */
#define PROOF_CHILD_OPTION "child-of"
/* The hidden option to accept a kept verdict (device_proof.h). */
#define PROOF_KEPT_OPTION "kept"

typedef struct proof_child_job {
    const char *program; /* its file */
    const char *engine;  /* a name */
    engine_precision precision;
    bool kept;                /* accept the verdict of an earlier proof */
    int limit_ms;             /* a proof that takes longer has failed */
    FILE *echo;               /* gets the report as it comes; NULL for nobody */
    bool (*is_stopped)(void); /* asked meanwhile; NULL for never */
} proof_child_job;

/* This program, with a limit that a working device does not reach. */
proof_child_job proof_child_defaults(const char *engine_name, engine_precision precision);

enum { PROOF_REPORT_BYTES = 65536 };

/* Runs the job. The report, as far as it came, is in report[PROOF_REPORT_BYTES]; the result is its
 * last line in any case. */
MUST_CHECK proof_result proof_child_run(const proof_child_job *job, char *report);

/* For the child: from now on it ends with its parent. Ends it now if the parent is gone. */
void proof_child_follow(pid_t parent);

#endif
