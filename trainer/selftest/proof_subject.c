#include "proof_subject.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "file_read.h"
#include "machine_file.h"

bool engine_needs_proof(const engine_api *api)
{
    return strcmp(api->name, "cpu") != 0;
}

/* Versions do not tell builds from each other, so the program's own file does. */
static void describe_build(char *out, size_t bytes)
{
    char *program;
    size_t length;
    out[0] = '\0';
    if (file_read(AT_FDCWD, "/proc/self/exe", &program, &length) == 0) {
        snprintf(out, bytes, "%s, build %08lx", TRAINER_VERSION,
                 crc32_z(0, (const unsigned char *)program, length));
        free(program);
    }
}

proof_subject proof_subject_unasked(const engine_api *api, engine_precision precision)
{
    proof_subject subject = {.engine = api->name, .precision = precision, .free_bytes = UINT64_MAX};
    describe_build(subject.build, sizeof subject.build);
    if (strcmp(api->name, "cuda") == 0) {
        machine_file_line(subject.driver, sizeof subject.driver, "/proc/driver/nvidia/version", "");
    }
    return subject;
}

static void append(char driver[PROOF_SUBJECT_BYTES], const char *more)
{
    const size_t length = strlen(driver);
    snprintf(driver + length, PROOF_SUBJECT_BYTES - length, "%s%s",
             length > 0 && more[0] != '\0' ? "; " : "", more);
}

engine_status proof_subject_find(proof_subject *out, const engine_api *api,
                                 const engine_config *settings, char *message, size_t message_bytes)
{
    engine_plan plan;
    const engine_status status =
        api->plan(settings, settings->batch_size, 1, &plan, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    proof_subject subject = proof_subject_unasked(api, plan.precision);
    subject.free_bytes = plan.available;
    snprintf(subject.device, sizeof subject.device, "%s", plan.hardware);
    snprintf(subject.arithmetic, sizeof subject.arithmetic, "%s", plan.arithmetic);
    append(subject.driver, plan.driver);
    *out = subject;
    return ENGINE_OK;
}
