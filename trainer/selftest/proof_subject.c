#include "proof_subject.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "file_read.h"
#include "printable.h"

/* The first line of the file, or "". */
static void read_line(const char *path, char *out, size_t bytes)
{
    char *text;
    size_t length;
    out[0] = '\0';
    if (file_read(AT_FDCWD, path, &text, &length) == 0) {
        text[strcspn(text, "\n")] = '\0';
        printable_copy(out, bytes, text);
        free(text);
    }
}

/* Versions do not tell builds from each other, so the program's own file does. */
static void describe_build(char *out, size_t bytes)
{
    char *program;
    size_t length;
    if (file_read(AT_FDCWD, "/proc/self/exe", &program, &length) != 0) {
        snprintf(out, bytes, "%s", TRAINER_VERSION);
        return;
    }
    snprintf(out, bytes, "%s, build %08lx", TRAINER_VERSION,
             crc32_z(0, (const unsigned char *)program, length));
    free(program);
}

engine_status proof_subject_find(proof_subject *out, const engine_api *api,
                                 const engine_config *settings, char *message, size_t message_bytes)
{
    engine_plan plan;
    proof_subject subject = {.engine = api->name};
    const engine_status status =
        api->plan(settings, settings->batch_size, 1, &plan, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    subject.precision = plan.precision;
    subject.free_bytes = plan.available;
    snprintf(subject.device, sizeof subject.device, "%s", plan.hardware);
    snprintf(subject.arithmetic, sizeof subject.arithmetic, "%s", plan.arithmetic);
    describe_build(subject.build, sizeof subject.build);
    if (strcmp(api->name, "cuda") == 0) {
        read_line("/proc/driver/nvidia/version", subject.driver, sizeof subject.driver);
    }
    *out = subject;
    return ENGINE_OK;
}
