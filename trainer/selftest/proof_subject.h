/* What is proved: an engine of this program on a device, in a precision. A verdict holds for all
 * subjects that differ only in free_bytes. */
#ifndef TRAINER_PROOF_SUBJECT_H
#define TRAINER_PROOF_SUBJECT_H

#include <stdbool.h>

#include "engine.h"
#include "must_check.h"

enum { PROOF_SUBJECT_BYTES = 160 };

typedef struct proof_subject {
    const char *engine;
    engine_precision precision;
    char build[PROOF_SUBJECT_BYTES];  /* version, and a checksum of the program's file; "" if it
                                         cannot be read */
    char device[PROOF_SUBJECT_BYTES]; /* as a plan's hardware */
    char arithmetic[ENGINE_ARITHMETIC_BYTES];
    char driver[PROOF_SUBJECT_BYTES]; /* "" if there is none, or none known */
    uint64_t free_bytes;              /* of the device's memory */
} proof_subject;

/* Does the engine need a proof? Not the CPU engine, with which the others are compared. */
bool engine_needs_proof(const engine_api *api);

/* What is known without asking the device, which may hang: neither its name nor its arithmetic. */
proof_subject proof_subject_unasked(const engine_api *api, engine_precision precision);

/* Asks the device. ENGINE_OK, or as engine_api's plan with `message` [message_bytes]. */
MUST_CHECK engine_status proof_subject_find(proof_subject *out, const engine_api *api,
                                            const engine_config *settings, char *message,
                                            size_t message_bytes);

#endif
