/* The child process that proves a device, and the result of every way in which it can end. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "proof_child.h"
#include "scratch.h"

static char report[PROOF_REPORT_BYTES];

static void set_up(void)
{
    setenv("XDG_CACHE_HOME", scratch_make(), 1);
}

static proof_child_job job_on(const char *device)
{
    proof_child_job job = proof_child_defaults("cuda", ENGINE_FP32);
    job.program = WRONG_DEVICE_TRAINER;
    setenv("WRONG_DEVICE", device, 1);
    return job;
}

static void expect(const proof_result *result, proof_verdict verdict, const char *words)
{
    ck_assert_msg(result->verdict == verdict, "verdict %d: %s", (int)result->verdict,
                  result->reason);
    ck_assert_msg(strstr(result->reason, words) != NULL, "%s", result->reason);
}

START_TEST(a_device_that_is_right_passes_with_its_report)
{
    const proof_child_job job = job_on("none");
    const proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_PASSED, "");
    ck_assert_str_eq(result.reason, "");
    ck_assert_ptr_nonnull(strstr(report, "gradient/conv2/kernel"));
}
END_TEST

START_TEST(a_device_that_computes_wrongly_fails_with_the_first_difference)
{
    const proof_child_job job = job_on("sign");
    const proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_FAILED, "gradient/conv2/kernel differs by ");
}
END_TEST

/* It does not matter whether it has reached its first step by then. */
START_TEST(a_device_that_hangs_fails_at_the_limit)
{
    proof_child_job job = job_on("hang");
    job.limit_ms = 300;
    const proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_FAILED, "did not end within 0.3 s");
}
END_TEST

START_TEST(a_device_that_ends_the_process_fails_with_the_signal)
{
    const proof_child_job job = job_on("crash");
    const proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_FAILED, "signal 9");
    ck_assert_ptr_nonnull(strstr(report, "conv1/kernel")); /* as far as it came */
    ck_assert_ptr_nonnull(strstr(report, "\nVerdict: failed: signal 9"));
}
END_TEST

START_TEST(no_memory_and_no_device_are_no_failures)
{
    proof_child_job job = job_on("memory");
    proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_NO_MEMORY, "batch size 16 takes 9 MiB");
    job = job_on("absent");
    result = proof_child_run(&job, report);
    expect(&result, PROOF_UNAVAILABLE, "no made-up device");
}
END_TEST

static bool at_once(void)
{
    return true;
}

/* Some schedulers start programs this way. */
START_TEST(ignored_child_signals_do_not_matter)
{
    const proof_child_job job = job_on("sign");
    signal(SIGCHLD, SIG_IGN);
    const proof_result result = proof_child_run(&job, report);
    signal(SIGCHLD, SIG_DFL);
    expect(&result, PROOF_FAILED, "gradient");
}
END_TEST

START_TEST(it_ends_when_the_user_stops_it)
{
    proof_child_job job = job_on("hang");
    job.is_stopped = at_once;
    const proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_STOPPED, "");
}
END_TEST

START_TEST(a_program_without_a_verdict_fails)
{
    proof_child_job job = job_on("none");
    job.program = "/bin/true";
    proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_FAILED, "without a verdict");
    job.program = "/nowhere/trainer";
    result = proof_child_run(&job, report);
    expect(&result, PROOF_UNUSABLE, "cannot start");
}
END_TEST

/* The kept verdict counts even if the device has changed since. */
START_TEST(a_kept_verdict_is_taken_if_it_may_be)
{
    proof_child_job job = job_on("none");
    proof_result result = proof_child_run(&job, report);
    expect(&result, PROOF_PASSED, "");
    job = job_on("sign");
    job.kept = true;
    result = proof_child_run(&job, report);
    expect(&result, PROOF_PASSED, "");
    job.kept = false;
    result = proof_child_run(&job, report);
    expect(&result, PROOF_FAILED, "gradient");
}
END_TEST

START_TEST(a_report_ends_with_its_result)
{
    static const proof_verdict verdicts[] = {PROOF_PASSED, PROOF_FAILED, PROOF_NO_MEMORY,
                                             PROOF_UNAVAILABLE, PROOF_UNUSABLE};
    for (size_t i = 0; i < 2 * sizeof verdicts / sizeof verdicts[0]; i++) {
        const proof_result written =
            proof_result_make(verdicts[i / 2], "%s", i % 2 == 0 ? "" : "why: so");
        proof_result read;
        char line[PROOF_RESULT_LINE_BYTES];
        proof_result_format(line, &written);
        snprintf(report, sizeof report, "some lines\nVerdict: none of them\n%s", line);
        ck_assert(proof_result_parse(&read, report));
        ck_assert_int_eq(read.verdict, written.verdict);
        ck_assert_str_eq(read.reason, written.reason);
        report[strlen(report) - 1] = '\0'; /* truncated */
        ck_assert(!proof_result_parse(&read, report));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the proof in a process of its own");
    TCase *cases = tcase_create("processes");
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, a_device_that_is_right_passes_with_its_report);
    tcase_add_test(cases, a_device_that_computes_wrongly_fails_with_the_first_difference);
    tcase_add_test(cases, a_device_that_hangs_fails_at_the_limit);
    tcase_add_test(cases, a_device_that_ends_the_process_fails_with_the_signal);
    tcase_add_test(cases, no_memory_and_no_device_are_no_failures);
    tcase_add_test(cases, ignored_child_signals_do_not_matter);
    tcase_add_test(cases, it_ends_when_the_user_stops_it);
    tcase_add_test(cases, a_program_without_a_verdict_fails);
    tcase_add_test(cases, a_kept_verdict_is_taken_if_it_may_be);
    tcase_add_test(cases, a_report_ends_with_its_result);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
