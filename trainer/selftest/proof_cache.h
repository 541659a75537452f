/* The results of proofs, kept in the user's cache, $XDG_CACHE_HOME/lenet_mnist or
 * ~/.cache/lenet_mnist: a file for each engine, device and precision that passed, one for each
 * engine and precision that failed, and the report of the last proof that failed. Removing any of
 * them does no harm. */
#ifndef TRAINER_PROOF_CACHE_H
#define TRAINER_PROOF_CACHE_H

#include <limits.h>
#include <stdbool.h>

#include "must_check.h"
#include "proof_subject.h"

/* Whether an equal subject has passed. False also if that cannot be found out. */
MUST_CHECK bool proof_cache_has(const proof_subject *subject);

/* Records that the subject has passed, and replaces the record of another build or driver. 0, or -1
 * with a message [MESSAGE_BYTES], also if the subject's build or driver is not known. */
MUST_CHECK int proof_cache_keep(const proof_subject *subject, char *message);

/* Removes the record of a subject that has passed, if possible. */
void proof_cache_forget(const proof_subject *subject);

/* Whether a proof has failed on this machine within the last hour and since the machine's start;
 * `reason` [MESSAGE_BYTES] is then the recorded one. `unasked` is from proof_subject_unasked. */
MUST_CHECK bool proof_cache_has_failed(const proof_subject *unasked, char *reason);

/* Records that a proof has failed. If that is impossible, the next command finds it out again. */
void proof_cache_keep_failure(const proof_subject *unasked, const char *reason);

/* Forgets what failed with the engine, in any precision. */
void proof_cache_forget_failures(const engine_api *api);

/* Keeps a report; its file's name goes to path[PATH_MAX]. 0, or -1 with a message. */
MUST_CHECK int proof_cache_keep_report(const char *report, char *path, char *message);

#endif
