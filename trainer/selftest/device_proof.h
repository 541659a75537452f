/* The proof of a device in this process, and the report of it. A device may hang, or end the
 * process: proof_child.h has a process that does this. */
#ifndef TRAINER_DEVICE_PROOF_H
#define TRAINER_DEVICE_PROOF_H

#include <stdbool.h>
#include <stdio.h>

#include "engine.h"
#include "must_check.h"
#include "proof_result.h"

/* Proves the engine in this precision and prints the report on `out`, each line as soon as it is
 * known. The result is its last line, too. With `kept` a verdict of an earlier proof is taken if
 * there is one of the same device, driver, program and precision; then the report is that line
 * alone. */
MUST_CHECK proof_result device_proof_run(const engine_api *api, engine_precision precision,
                                         bool kept, FILE *out);

#endif
