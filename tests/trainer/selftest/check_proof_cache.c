/* Which results of device proofs are kept, and for which devices and programs they count. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "message.h"
#include "proof_cache.h"
#include "scratch.h"

static char message[MESSAGE_BYTES];

static void set_up(void)
{
    setenv("XDG_CACHE_HOME", scratch_make(), 1);
}

static proof_subject made_up(void)
{
    return (proof_subject){.engine = "cuda",
                           .precision = ENGINE_FP32,
                           .build = "1.2.3, build 01234567",
                           .device = "Card 1",
                           .arithmetic = "card",
                           .driver = "CUDA 13.0"};
}

static void change(char text[PROOF_SUBJECT_BYTES])
{
    snprintf(text, PROOF_SUBJECT_BYTES, "another");
}

START_TEST(a_verdict_counts_for_an_equal_subject_alone)
{
    const proof_subject proved = made_up();
    ck_assert(!proof_cache_has(&proved));
    ck_assert_msg(proof_cache_keep(&proved, message) == 0, "%s", message);
    ck_assert(proof_cache_has(&proved));
    proof_subject other = proved;
    change(other.build);
    ck_assert(!proof_cache_has(&other));
    other = proved;
    change(other.driver);
    ck_assert(!proof_cache_has(&other));
    other = proved;
    change(other.device);
    ck_assert(!proof_cache_has(&other));
    other = proved;
    other.precision = ENGINE_TF32;
    ck_assert(!proof_cache_has(&other));
    proof_cache_forget(&other);
    ck_assert(proof_cache_has(&proved));
    proof_cache_forget(&proved);
    ck_assert(!proof_cache_has(&proved));
}
END_TEST

START_TEST(a_new_build_takes_the_place_of_the_old_one)
{
    const proof_subject old = made_up();
    proof_subject new = old;
    change(new.build);
    ck_assert_int_eq(proof_cache_keep(&old, message), 0);
    ck_assert_int_eq(proof_cache_keep(&new, message), 0);
    ck_assert(proof_cache_has(&new));
    ck_assert(!proof_cache_has(&old));
}
END_TEST

START_TEST(what_is_not_known_is_not_kept)
{
    proof_subject unknown = made_up();
    unknown.driver[0] = '\0';
    ck_assert_int_eq(proof_cache_keep(&unknown, message), -1);
    ck_assert_msg(strstr(message, "driver") != NULL, "%s", message);
    unknown = made_up();
    unknown.build[0] = '\0';
    ck_assert_int_eq(proof_cache_keep(&unknown, message), -1);
    ck_assert_msg(strstr(message, "file") != NULL, "%s", message);
    ck_assert(!proof_cache_has(&unknown));
}
END_TEST

START_TEST(a_failure_counts_for_its_precision_and_driver_alone)
{
    const proof_subject failed = made_up();
    proof_subject other = failed;
    char reason[MESSAGE_BYTES];
    proof_cache_keep_failure(&failed, "it hangs");
    ck_assert(proof_cache_has_failed(&failed, reason));
    ck_assert_str_eq(reason, "it hangs");
    other.precision = ENGINE_TF32;
    ck_assert(!proof_cache_has_failed(&other, reason));
    other = failed;
    change(other.driver);
    ck_assert(!proof_cache_has_failed(&other, reason));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("what is kept of proofs");
    TCase *cases = tcase_create("verdicts");
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, a_verdict_counts_for_an_equal_subject_alone);
    tcase_add_test(cases, a_new_build_takes_the_place_of_the_old_one);
    tcase_add_test(cases, what_is_not_known_is_not_kept);
    tcase_add_test(cases, a_failure_counts_for_its_precision_and_driver_alone);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
