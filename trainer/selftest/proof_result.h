/* How the proof of a device ended, and its line at the end of a report, which another process
 * reads. */
#ifndef TRAINER_PROOF_RESULT_H
#define TRAINER_PROOF_RESULT_H

#include <stdbool.h>

#include "message.h"
#include "must_check.h"

typedef enum proof_verdict {
    PROOF_PASSED,
    PROOF_FAILED,      /* the device computes wrongly, fails, hangs, or ends its process */
    PROOF_NO_MEMORY,   /* the device may be right, but nothing runs on it now */
    PROOF_UNAVAILABLE, /* there is no device */
    PROOF_UNUSABLE,    /* the device cannot be used now, or by this build */
    PROOF_STOPPED      /* the user stopped it; in no report */
} proof_verdict;

typedef struct proof_result {
    proof_verdict verdict;
    char reason[MESSAGE_BYTES]; /* one line, without a line end; "" if there is nothing to add */
} proof_result;

__attribute__((format(printf, 2, 3))) proof_result proof_result_make(proof_verdict verdict,
                                                                     const char *format, ...);

enum { PROOF_RESULT_LINE_BYTES = MESSAGE_BYTES + 64 };

/* The line that ends a report, with an empty one before it. */
void proof_result_format(char line[PROOF_RESULT_LINE_BYTES], const proof_result *result);

/* The result that ends the report. False if the report has none: it is not whole. */
MUST_CHECK bool proof_result_parse(proof_result *out, const char *report);

#endif
