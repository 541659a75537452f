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

/* The CPU engine's results are what others are compared with. */
static bool needs_proof(const engine_api *api)
{
    return strcmp(api->name, "cpu") != 0;
}

/* Adds to the result where its report is. */
static void keep_report(proof_result *result, const char *report)
{
    char path[PATH_MAX];
    char message[MESSAGE_BYTES];
    if (proof_cache_keep_report(report, path, message) == 0) {
        *result = proof_result_make(result->verdict, "it failed its selftest: %s; the report is %s",
                                    result->reason, path);
    } else {
        *result = proof_result_make(
            result->verdict, "it failed its selftest: %s; 'trainer selftest' prints the report",
            result->reason);
    }
}

static proof_result prove(const engine_api *api, const engine_wish *wish)
{
    static char report[PROOF_REPORT_BYTES];
    proof_child_job job = proof_child_defaults(api->name, wish->precision);
    job.kept = true;
    job.is_stopped = wish->is_stopped;
    proof_result result = proof_child_run(&job, report);
    if (result.verdict == PROOF_FAILED) {
        keep_report(&result, report);
    } else if (result.verdict == PROOF_NO_MEMORY) {
        result = proof_result_make(PROOF_NO_MEMORY, "out of memory: %s", result.reason);
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
    return needs_proof(api) ? prove(api, wish) : proof_result_make(PROOF_PASSED, "%s", "");
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
                message_set(note, "the selftest of engine %s passed; %s, so it is done every time",
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
