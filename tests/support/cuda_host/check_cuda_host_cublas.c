/* The fake cuBLAS rounds as its caller requests, so that a wrong request shows. */
#include <check.h>

#include "check_main.h"
#include "cublas_v2.h"
#include "cuda_host.h"

static cublasHandle_t blas;
static float *workspace;

static void set_up(void)
{
    cuda_host_reset();
    ck_assert_int_eq(cudaMalloc((void **)&workspace, sizeof *workspace), cudaSuccess);
    ck_assert_int_eq(cublasCreate(&blas), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasSetWorkspace(blas, workspace, sizeof *workspace), CUBLAS_STATUS_SUCCESS);
}

static void tear_down(void)
{
    ck_assert_int_eq(cublasDestroy(blas), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cudaFree(workspace), cudaSuccess);
}

/* out [1,1] += a [1,1] . b [1,1] */
static cublasStatus_t multiply(const float *a, cudaDataType a_type, const float *b,
                               cudaDataType b_type, float *out, cudaDataType type,
                               cublasComputeType_t compute)
{
    const float one = 1;
    return cublasGemmEx(blas, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a, a_type, 1, b, b_type, 1,
                        &one, out, type, 1, compute, CUBLAS_GEMM_DEFAULT);
}

/* Each value with the one that it is rounded to: in tf32 to 10 fraction bits, ties away from zero;
 * in bf16 to 7, ties to even. Products with a power of two, and sums, are not rounded. */
static const struct {
    cublasComputeType_t compute;
    float value;
    float rounded;
} roundings[] = {
    {CUBLAS_COMPUTE_32F_PEDANTIC, 1 + 0x1p-23F, 1 + 0x1p-23F},
    {CUBLAS_COMPUTE_32F_FAST_TF32, 1 + 0x1p-10F, 1 + 0x1p-10F},
    {CUBLAS_COMPUTE_32F_FAST_TF32, 1 + 0x1p-11F, 1 + 0x1p-10F},
    {CUBLAS_COMPUTE_32F_FAST_TF32, -1 - 0x1p-11F, -1 - 0x1p-10F},
    {CUBLAS_COMPUTE_32F_FAST_TF32, 1 + 0x1p-12F, 1},
    {CUBLAS_COMPUTE_32F_FAST_16BF, 1 + 0x1p-7F, 1 + 0x1p-7F},
    {CUBLAS_COMPUTE_32F_FAST_16BF, 1 + 0x1p-8F, 1},
    {CUBLAS_COMPUTE_32F_FAST_16BF, -1 - 0x3p-8F, -1 - 0x1p-6F},
    {CUBLAS_COMPUTE_32F_FAST_16BF, 1 + 0x1p-8F + 0x1p-20F, 1 + 0x1p-7F},
};

START_TEST(either_factor_is_rounded_as_asked_and_nothing_else)
{
    const float two = 2;
    const float value = roundings[_i].value;
    const float before = 0x1p-12F;
    float out[2] = {before, before};
    ck_assert_int_eq(
        multiply(&value, CUDA_R_32F, &two, CUDA_R_32F, &out[0], CUDA_R_32F, roundings[_i].compute),
        CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(
        multiply(&two, CUDA_R_32F, &value, CUDA_R_32F, &out[1], CUDA_R_32F, roundings[_i].compute),
        CUBLAS_STATUS_SUCCESS);
    ck_assert(out[0] == 2 * roundings[_i].rounded + before);
    ck_assert(out[1] == out[0]);
}
END_TEST

START_TEST(what_it_does_not_know_is_refused)
{
    const cudaDataType single = CUDA_R_32F;
    const cudaDataType other = CUDA_R_16BF;
    const cublasComputeType_t exact = CUBLAS_COMPUTE_32F_PEDANTIC;
    const cublasComputeType_t half = CUBLAS_COMPUTE_16F;
    const float one = 1;
    float out = 0;
    ck_assert_int_eq(multiply(&one, other, &one, single, &out, single, exact),
                     CUBLAS_STATUS_NOT_SUPPORTED);
    ck_assert_int_eq(multiply(&one, single, &one, other, &out, single, exact),
                     CUBLAS_STATUS_NOT_SUPPORTED);
    ck_assert_int_eq(multiply(&one, single, &one, single, &out, other, exact),
                     CUBLAS_STATUS_NOT_SUPPORTED);
    ck_assert_int_eq(multiply(&one, single, &one, single, &out, single, half),
                     CUBLAS_STATUS_NOT_SUPPORTED);
    ck_assert(out == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the fake cuBLAS");
    TCase *c = tcase_create("products");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, either_factor_is_rounded_as_asked_and_nothing_else, 0,
                        sizeof roundings / sizeof *roundings);
    tcase_add_test(c, what_it_does_not_know_is_refused);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
