/* The harness finds each kind of error that it promises to find, in every order of threads. */
#include <check.h>
#include <signal.h>
#include <string.h>

#include "check_main.h"
#include "cuda_host.h"
#include "sample_kernels.h"
#include "sample_memory.h"
#include "sample_orders.h"

static const struct {
    wrong_kernel which;
    const char *finding;
} WRONG[] = {
    {WRONG_NO_BARRIER, "race: "},
    {WRONG_NO_SECOND_BARRIER, "race: "},
    {WRONG_SHUFFLE_FOR_SYNCWARP, "race: "},
    {WRONG_SYNCWARP_FOR_BLOCK, "race: "},
    {WRONG_TWO_WRITERS, "race: writes value"},
    {WRONG_BYTE_RACE, "race: writes value"},
    {WRONG_WORD_OVER_BYTES, "race: "},
    {WRONG_PLAIN_BESIDE_ATOMIC, "race: "},
    {WRONG_PHASES, "race: "},
    {WRONG_BARRIER_IN_BRANCH, "threads wait for ever"},
    {WRONG_BARRIER_IN_LOOP, "threads wait for ever"},
    {WRONG_TWO_BARRIERS, "threads wait in __syncthreads"},
    {WRONG_ABSENT_LANE, "threads wait for ever"},
    {WRONG_MMA_BY_PART, "in mma_tf32_16x8x8"},
    {WRONG_NOT_IN_MASK, "in which it is not"},
    {WRONG_SOURCE_NOT_IN_MASK, "which is not in mask 0000ffff"},
    {WRONG_MASKS_DIFFER, "mask ffffffff"},
    {WRONG_COLLECTIVES_DIFFER, " wait in __s"},
    {WRONG_BEYOND_SPAN, "values 64 to 64 of a span of 64, taken at"},
    {WRONG_BEFORE_SPAN, "values -1 to -1 of a span of 64"},
    {WRONG_VECTOR_BEYOND_SPAN, "values 64 to 67 of a span of 64"},
    {WRONG_VECTOR_UNALIGNED, "not aligned"},
    {WRONG_TAKES_TOO_MUCH, "of the 1024 of shared memory"},
    {WRONG_NOT_ROUNDED, "to_tf32"},
    {WRONG_COPY_NOT_AWAITED, "copy_async is under way"},
    {WRONG_COPY_NO_BARRIER, "race: "},
    {WRONG_COPY_LATEST_GROUP, "copy_async is under way"},
    {WRONG_COPY_NEVER_AWAITED, "returns while a copy_async"},
    {WRONG_COPY_OVER_READ, "race: "},
    {WRONG_COPY_UNALIGNED, "no multiple of 16"},
};
_Static_assert(sizeof WRONG / sizeof WRONG[0] == WRONG_KERNELS, "each wrong kernel is tried");

/* After a finding, later launches run as if it had not happened. */
START_TEST(wrong_kernel_is_found)
{
    static const float zeros[64] = {0};
    const char *expected = WRONG[_i].finding;
    for (int order = 0; order < ORDERS; order++) {
        begin(order);
        cuda_host_keep_findings(true);
        float *place = device_bytes(zeros, sizeof zeros);
        ck_assert_int_eq(wrong_launch(WRONG[_i].which, place, NULL), cudaErrorLaunchFailure);
        const char *finding = cuda_host_finding();
        ck_assert_ptr_nonnull(finding);
        ck_assert_msg(strncmp(finding, "wrong: ", 7) == 0 && strstr(finding, expected) != NULL,
                      "order %d: %s", order, finding);
        ck_assert_int_eq(sample_increment(place, NULL), cudaErrorLaunchFailure);
        ck_assert_int_eq(cudaGetLastError(), cudaErrorLaunchFailure);
        cuda_host_reset();
        ck_assert_ptr_null(cuda_host_finding());
        ck_assert_int_eq(sample_increment(place, NULL), cudaSuccess);
        ck_assert_int_eq(cudaFree(place), cudaSuccess);
    }
}
END_TEST

START_TEST(finding_that_nobody_keeps_ends_the_process)
{
    begin(0);
    float *place = device_bytes(NULL, 64 * sizeof *place);
    wrong_launch(WRONG_NO_BARRIER, place, NULL);
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
/* It ends the process with 1. */
START_TEST(global_write_out_of_bounds_ends_the_process)
{
    begin(0);
    float *place = device_bytes(NULL, 64 * sizeof *place);
    wrong_global_write(place, NULL);
}
END_TEST
#endif

START_TEST(order_of_blocks_shows_in_results)
{
    float first[64];
    float last[64];
    for (int order = 0; order < 2; order++) {
        begin(order);
        float *place = device_bytes(NULL, sizeof first);
        ck_assert_int_eq(wrong_order_of_blocks(place, NULL), cudaSuccess);
        read_and_free(order == 0 ? first : last, place, sizeof first);
    }
    ck_assert_mem_ne(first, last, sizeof first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cuda_host");
    TCase *cases = tcase_create("cuda_host");
    tcase_add_loop_test(cases, wrong_kernel_is_found, 0, WRONG_KERNELS);
    tcase_add_test_raise_signal(cases, finding_that_nobody_keeps_ends_the_process, SIGABRT);
#ifdef __SANITIZE_ADDRESS__
    tcase_add_exit_test(cases, global_write_out_of_bounds_ends_the_process, 1);
#endif
    tcase_add_test(cases, order_of_blocks_shows_in_results);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
