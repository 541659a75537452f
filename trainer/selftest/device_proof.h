/* Proves a device in this process and prints the report. The device may hang or end the process, so
 * proof_child.h does this in a child process. */
#ifndef TRAINER_DEVICE_PROOF_H
#define TRAINER_DEVICE_PROOF_H

#include <stdbool.h>
#include <stdio.h>

#include "engine.h"
#include "must_check.h"
#include "proof_result.h"

/* Proves the engine in this precision and prints the report on `out`, each line as soon as it is
 * known. The report's last line is the result. With `kept`, an earlier proof of the same device,
 * driver, program and precision counts; the report is then only that line. */
MUST_CHECK proof_result device_proof_run(const engine_api *api, engine_precision precision,
                                         bool kept, FILE *out);

#endif
