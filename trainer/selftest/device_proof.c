#include "device_proof.h"

#include <sys/utsname.h>

#include "engine_proof.h"
#include "machine_file.h"
#include "proof_cache.h"
#include "proof_subject.h"

/* The comparisons of a proof, as they are printed. */
typedef struct proof_report {
    FILE *out;
    unsigned count;
    unsigned beyond; /* those beyond their bounds */
    proof_comparison first_beyond;
} proof_report;

static void print_comparison(void *context, const proof_comparison *comparison)
{
    proof_report *report = context;
    const bool holds = proof_comparison_holds(comparison);
    fprintf(report->out, "%-28s %12.3g %12.3g%s\n", comparison->what, comparison->difference,
            comparison->allowed, holds ? "" : "  WRONG");
    fflush(report->out);
    if (!holds && report->beyond++ == 0) {
        report->first_beyond = *comparison;
    }
    report->count++;
}

static void print_head(const proof_subject *subject, FILE *out)
{
    const engine_proof_size *size = &engine_proof_usual_size;
    char processor[PROOF_SUBJECT_BYTES];
    struct utsname system;
    fprintf(out, "Program    trainer %s\n",
            subject->build[0] != '\0' ? subject->build : TRAINER_VERSION ", build not known");
    fprintf(out, "Engine     %s, %s\n", subject->engine, engine_precision_name(subject->precision));
    fprintf(out, "Device     %s (%s)\n", subject->device, subject->arithmetic);
    if (subject->driver[0] != '\0') {
        fprintf(out, "Driver     %s\n", subject->driver);
    }
    if (subject->free_bytes != UINT64_MAX) {
        fprintf(out, "Memory     %.0f MiB free\n", (double)subject->free_bytes / (1 << 20));
    }
    machine_file_line(processor, sizeof processor, "/proc/cpuinfo", "model name\t: ");
    fprintf(out, "Processor  %s\n", processor[0] != '\0' ? processor : "not known");
    if (uname(&system) == 0) {
        fprintf(out, "System     %s %s, %s\n", system.sysname, system.release, system.machine);
    }
    fprintf(out,
            "Compared   with the CPU engine's portable kernels in fp32: %u steps of %u samples\n\n",
            (unsigned)size->steps, (unsigned)size->batch_size);
    fprintf(out, "%-28s %12s %12s\n", "", "difference", "allowed");
    fflush(out);
}

static proof_result result_of_status(engine_status status, const char *message)
{
    switch (status) {
    case ENGINE_NO_MEMORY:
        return proof_result_make(PROOF_NO_MEMORY, "%s", message);
    case ENGINE_UNAVAILABLE:
    case ENGINE_INVALID:
        return proof_result_make(PROOF_UNAVAILABLE, "%s", message);
    case ENGINE_UNUSABLE:
        return proof_result_make(PROOF_UNUSABLE, "%s", message);
    default:
        return proof_result_make(PROOF_FAILED, "%s", message);
    }
}

/* The result of a proof with wrong comparisons. */
static proof_result result_of_report(const proof_report *report)
{
    return proof_result_make(PROOF_FAILED,
                             "%s differs by %.3g and may by %.3g; %u of %u comparisons are wrong",
                             report->first_beyond.what, report->first_beyond.difference,
                             report->first_beyond.allowed, report->beyond, report->count);
}

static proof_result keep_verdict(const engine_api *api, const proof_subject *subject)
{
    char message[MESSAGE_BYTES];
    if (!engine_needs_proof(api)) {
        return proof_result_make(PROOF_PASSED, "%s", "");
    }
    return proof_cache_keep(subject, message) == 0
               ? proof_result_make(PROOF_PASSED, "%s", "")
               : proof_result_make(PROOF_PASSED, "this verdict cannot be kept: %s", message);
}

static proof_result prove(const engine_api *api, const engine_config *settings, bool kept,
                          FILE *out)
{
    char message[MESSAGE_BYTES / 2] = "";
    proof_subject subject;
    proof_report report = {.out = out};
    const proof_listener listener = {print_comparison, &report};
    engine_status status = proof_subject_find(&subject, api, settings, message, sizeof message);
    if (status != ENGINE_OK) {
        return result_of_status(status, message);
    }
    if (kept && proof_cache_has(&subject)) {
        return proof_result_make(PROOF_PASSED, "%s", "");
    }
    proof_cache_forget(&subject); /* it no longer counts, even if this proof does not end */
    print_head(&subject, out);
    status = engine_proof_make(api, settings, &engine_proof_usual_size, &listener, message,
                               sizeof message);
    if (status != ENGINE_OK) {
        return result_of_status(status, message);
    }
    return report.beyond == 0 ? keep_verdict(api, &subject) : result_of_report(&report);
}

proof_result device_proof_run(const engine_api *api, engine_precision precision, bool kept,
                              FILE *out)
{
    char line[PROOF_RESULT_LINE_BYTES];
    engine_config settings = engine_config_defaults();
    settings.precision = precision;
    const proof_result result = prove(api, &settings, kept, out);
    proof_result_format(line, &result);
    fputs(line, out);
    fflush(out);
    return result;
}
