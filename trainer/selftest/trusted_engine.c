#include "trusted_engine.h"

#include <limits.h>
#include <string.h>

#include "message.h"
#include "proof_cache.h"
#include "proof_child.h"

bool engine_is_built_in(const engine_api *api)
{
    return api->destroy != NULL;
}

/* Adds to the result where its report is. */
static void keep_report(proof_result *result, const char *report)
{
    char path[PATH_MAX];
    char message[MESSAGE_BYTES];
    if (proof_cache_keep_report(report, path, message) == 0) {
        *result = proof_result_make(result->verdict, "%s; the report is %s", result->reason, path);
    } else {
        *result = proof_result_make(result->verdict, "%s; 'trainer selftest' prints the report",
                                    result->reason);
    }
}

/* With a device that hangs, each command would wait for the proof's limit. So a failure is
 * kept. */
static proof_result prove(const engine_api *api, const engine_wish *wish)
{
    static char report[PROOF_REPORT_BYTES];
    const proof_subject unasked = proof_subject_unasked(api, wish->precision);
    char reason[MESSAGE_BYTES];
    if (proof_cache_has_failed(&unasked, reason)) {
        return proof_result_make(PROOF_FAILED,
                                 "it failed its selftest less than an hour ago: %s; after "
                                 "'trainer selftest' it is tested again",
                                 reason);
    }
    proof_child_job job = proof_child_defaults(api->name, wish->precision);
    job.kept = true;
    job.is_stopped = wish->is_stopped;
    proof_result result = proof_child_run(&job, report);
    if (result.verdict == PROOF_FAILED) {
        keep_report(&result, report);
        proof_cache_keep_failure(&unasked, result.reason);
        result = proof_result_make(PROOF_FAILED, "it failed its selftest: %s", result.reason);
    } else if (result.verdict == PROOF_NO_MEMORY) {
        result = proof_result_make(PROOF_NO_MEMORY, "out of memory: %s", result.reason);
    }
    return result;
}

/* As prove, but once in a process: a command may look for an engine twice. */
static proof_result prove_once(const engine_api *api, const engine_wish *wish)
{
    static const engine_api *proved;
    static engine_precision precision;
    static proof_result result;
    if (proved != api || precision != wish->precision) {
        result = prove(api, wish);
        proved = api;
        precision = wish->precision;
    }
    return result;
}

/* Whether this engine can be used; PROOF_PASSED with a reason is a note. */
static proof_result judge(const engine_api *api, const engine_wish *wish)
{
    proof_result absent = {.verdict = PROOF_UNAVAILABLE};
    if (!engine_is_built_in(api)) {
        (void)!api->available(absent.reason, sizeof absent.reason);
        return absent;
    }
    return engine_needs_proof(api) ? prove_once(api, wish)
                                   : proof_result_make(PROOF_PASSED, "%s", "");
}

static outcome refuse(const engine_api *api, const proof_result *result, char *message)
{
    message_set(message, "--engine %s: %s", api->name, result->reason);
    return result->verdict == PROOF_STOPPED ? OUTCOME_STOPPED : OUTCOME_FAILED;
}

outcome trusted_engine_find(const engine_api **out, const engine_wish *wish, char *note,
                            char *message)
{
    const bool any = strcmp(wish->name, "auto") == 0;
    note[0] = '\0';
    message_set(message, "--engine %s: there is no such engine", wish->name);
    for (size_t i = 0; engine_list[i] != NULL; i++) {
        const engine_api *api = engine_list[i];
        if (!any && strcmp(wish->name, api->name) != 0) {
            continue;
        }
        const proof_result result = judge(api, wish);
        if (result.verdict == PROOF_PASSED) {
            if (result.reason[0] != '\0') {
                message_set(note, "the selftest of engine %s passed; %s, so it runs every time",
                            api->name, result.reason);
            }
            *out = api;
            return OUTCOME_DONE;
        }
        if (!any || result.verdict == PROOF_STOPPED) {
            return refuse(api, &result, message);
        }
        if (result.verdict != PROOF_UNAVAILABLE) {
            message_set(note, "--engine auto: not %s: %s", api->name, result.reason);
        }
    }
    return OUTCOME_FAILED;
}
