/* The harness finds what it is there to find, and lets pass what is right. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_host.h"
#include "sample_kernels.h"

static float *on_device(const float *values, size_t count)
{
    float *place = NULL;
    ck_assert_int_eq(cudaMalloc((void **)&place, count * sizeof *place), cudaSuccess);
    if (values != NULL)
        ck_assert_int_eq(cudaMemcpy(place, values, count * sizeof *place, cudaMemcpyHostToDevice),
                         cudaSuccess);
    return place;
}

static void begin(int order)
{
    cuda_host_reset();
    cuda_host_set_order(order == 0   ? CUDA_HOST_ASCENDING
                        : order == 1 ? CUDA_HOST_DESCENDING
                                     : CUDA_HOST_SHUFFLED,
                        (uint64_t)order);
}

/* The launch failed, with a finding that says so. */
static void assert_found(cudaError_t error, const char *text)
{
    ck_assert_int_eq(error, cudaErrorLaunchFailure);
    ck_assert_ptr_nonnull(cuda_host_finding());
    ck_assert_msg(strstr(cuda_host_finding(), text) != NULL, "%s", cuda_host_finding());
}

START_TEST(block_sums_are_right_in_every_order)
{
    begin(_i);
    float in[3 * 256];
    for (int i = 0; i < 3 * 256; i++)
        in[i] = (float)i;
    float out[3];
    float *from = on_device(in, 3 * 256);
    float *to = on_device(NULL, 3);
    ck_assert_int_eq(sample_block_sums(from, to, 3, NULL), cudaSuccess);
    ck_assert_int_eq(cudaMemcpy(out, to, sizeof out, cudaMemcpyDeviceToHost), cudaSuccess);
    for (int b = 0; b < 3; b++)
        ck_assert_float_eq(out[b], (float)(256 * 256 * b + 255 * 128));
    ck_assert_int_eq(cudaFree(from), cudaSuccess);
    ck_assert_int_eq(cudaFree(to), cudaSuccess);
}
END_TEST

START_TEST(missing_barrier_is_a_race_in_every_order)
{
    begin(_i);
    cuda_host_keep_findings(true);
    float in[256] = {0};
    float *from = on_device(in, 256);
    float *to = on_device(NULL, 1);
    assert_found(sample_missing_barrier(from, to, NULL), "race");
    cuda_host_reset();
    ck_assert_int_eq(cudaFree(from), cudaSuccess);
    ck_assert_int_eq(cudaFree(to), cudaSuccess);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cuda_host");
    TCase *cases = tcase_create("cuda_host");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, block_sums_are_right_in_every_order, 0, 8);
    tcase_add_loop_test(cases, missing_barrier_is_a_race_in_every_order, 0, 8);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
