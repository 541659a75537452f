/* The trainer with a fake device instead of the CUDA engine; the CPU engine computes for it. The
 * environment decides what is wrong with it:
 *
 *   WRONG_DEVICE          a fault of wrong_engine.h; or "hang" or "crash" at its first step,
 *                         "memory", "absent" or "unusable"
 *   WRONG_DEVICE_NAME     its name
 *   WRONG_DEVICE_DRIVER   its driver
 *   WRONG_DEVICE_PLANS    a file that gets a line for each plan, the first call of a proof
 *   WRONG_DEVICE_STARTED  a file that is made when it hangs */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wrong_engine.h"

extern const engine_api engine_cpu;
extern engine_api engine_cuda; /* engine_list.c uses this */
engine_api engine_cuda;

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "none";
}

static bool is_set_to(const char *value)
{
    return strcmp(setting("WRONG_DEVICE"), value) == 0;
}

static bool device_available(char *reason, size_t reason_bytes)
{
    snprintf(reason, reason_bytes, "this machine has no made-up device");
    return !is_set_to("absent");
}

static void note_plan(void)
{
    const char *path = getenv("WRONG_DEVICE_PLANS");
    FILE *plans = path != NULL ? fopen(path, "a") : NULL;
    if (plans != NULL) {
        fputs("plan\n", plans);
        fclose(plans);
    }
}

static engine_status device_plan(const engine_config *config, uint32_t training_count,
                                 uint32_t validation_count, engine_plan *out, char *message,
                                 size_t message_bytes)
{
    note_plan();
    if (!device_available(message, message_bytes)) {
        return ENGINE_UNAVAILABLE;
    }
    if (is_set_to("unusable")) {
        snprintf(message, message_bytes, "the made-up device has an old driver");
        return ENGINE_UNUSABLE;
    }
    const engine_status status =
        engine_cpu.plan(config, training_count, validation_count, out, message, message_bytes);
    snprintf(out->hardware, sizeof out->hardware, "%s", setting("WRONG_DEVICE_NAME"));
    snprintf(out->driver, sizeof out->driver, "%s", setting("WRONG_DEVICE_DRIVER"));
    return status;
}

static engine_status device_create(engine **out, const engine_config *config,
                                   const engine_data *training, const engine_data *validation,
                                   char *message, size_t message_bytes)
{
    *out = NULL;
    if (!device_available(message, message_bytes)) {
        return ENGINE_UNAVAILABLE;
    }
    if (is_set_to("memory")) {
        snprintf(message, message_bytes, "batch size 16 takes 9 MiB, and 1 MiB are free");
        return ENGINE_NO_MEMORY;
    }
    for (int fault = FAULT_NONE; fault < ENGINE_FAULTS; fault++) {
        if (is_set_to(engine_fault_names[fault])) {
            wrong_engine_plant((engine_fault)fault);
        }
    }
    return wrong_engine_create(out, config, training, validation, message, message_bytes);
}

static void hang(void)
{
    FILE *started = fopen(setting("WRONG_DEVICE_STARTED"), "w");
    if (started != NULL) {
        fclose(started);
    }
    for (;;) {
        pause();
    }
}

static engine_status device_train(engine *e, uint32_t steps, uint32_t *queued)
{
    if (is_set_to("crash")) {
        raise(SIGKILL);
    } else if (is_set_to("hang")) {
        hang();
    }
    return engine_cpu.train(e, steps, queued);
}

__attribute__((constructor)) static void make_device(void)
{
    engine_cuda = engine_cpu;
    engine_cuda.name = "cuda";
    engine_cuda.description = "made up";
    engine_cuda.available = device_available;
    engine_cuda.plan = device_plan;
    engine_cuda.create = device_create;
    engine_cuda.train = device_train;
}
