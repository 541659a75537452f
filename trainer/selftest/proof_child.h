/* The proof of a device in a process of its own, so that a device that hangs or ends its process
 * does not take this one along. The process is this program with the command selftest: a fork alone
 * would not do, since CUDA does not survive one. This process does not touch the device. */
#ifndef TRAINER_PROOF_CHILD_H
#define TRAINER_PROOF_CHILD_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "engine.h"
#include "must_check.h"
#include "proof_result.h"

/* The option of the command selftest, in no help, that makes it that process. Its value is the id
 * of the process that waits for the report. */
#define PROOF_CHILD_OPTION "child-of"
/* And that by which a verdict that was kept will do. */
#define PROOF_KEPT_OPTION "kept"

typedef struct proof_child_job {
    const char *program; /* its file */
    const char *engine;  /* a name */
    engine_precision precision;
    bool kept;                /* a verdict that an earlier proof left will do */
    int limit_ms;             /* what takes longer has failed */
    FILE *echo;               /* gets the report as it comes; NULL for nobody */
    bool (*is_stopped)(void); /* asked meanwhile; NULL for never */
} proof_child_job;

/* This program, and a limit that no device needs that works. */
proof_child_job proof_child_defaults(const char *engine_name, engine_precision precision);

enum { PROOF_REPORT_BYTES = 65536 };

/* Runs the job. The report, as far as it came, is in report[PROOF_REPORT_BYTES]; the result is its
 * last line in any case. */
MUST_CHECK proof_result proof_child_run(const proof_child_job *job, char *report);

/* For the process that makes the proof: it ends with its parent. Ends it now if that is gone. */
void proof_child_follow(pid_t parent);

#endif
