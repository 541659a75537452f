/* The fake runtime's graphs: capture, its forks and joins, what breaks it, and replay. */
#include <check.h>
#include <stdbool.h>

#include "check_main.h"
#include "cublas_v2.h"
#include "cuda_host.h"
#include "sample_kernels.h"
#include "sample_memory.h"

START_TEST(graph_replays_what_was_captured)
{
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    size_t nodes = 0;
    float *place = new_zeros();
    float *copy = new_zeros();
    OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    OK(sample_increment(place, stream));
    OK(cudaMemcpyAsync(copy, place, SAMPLE_BYTES, cudaMemcpyDeviceToDevice, stream));
    OK(sample_increment(place, stream));
    OK(cudaStreamEndCapture(stream, &graph));
    ck_assert_uint_eq(cuda_host_launches(), 0);
    ck_assert_float_eq(first_of(place), 0.0f);
    OK(cudaGraphGetNodes(graph, NULL, &nodes));
    ck_assert_uint_eq(nodes, 3);
    cudaGraphNode_t each[3];
    enum cudaGraphNodeType type;
    OK(cudaGraphGetNodes(graph, each, &nodes));
    OK(cudaGraphNodeGetType(each[1], &type));
    ck_assert_int_eq(type, cudaGraphNodeTypeMemcpy);
    OK(cudaGraphInstantiate(&exec, graph, 0));
    OK(cudaGraphDestroy(graph));
    OK(cudaGraphLaunch(exec, stream));
    OK(cudaGraphLaunch(exec, stream));
    OK(cudaStreamSynchronize(stream));
    OK(cudaGraphExecDestroy(exec));
    OK(cudaStreamDestroy(stream));
    ck_assert_uint_eq(cuda_host_launches(), 4);
    ck_assert_float_eq(first_of(place), 4.0f);
    ck_assert_float_eq(first_of(copy), 3.0f);
}
END_TEST

START_TEST(capture_forks_and_joins_by_events)
{
    cudaStream_t stream;
    cudaStream_t side;
    cudaEvent_t fork;
    cudaEvent_t join;
    cudaGraph_t graph;
    size_t nodes = 0;
    float *place = new_zeros();
    OK(cudaStreamCreate(&stream));
    OK(cudaStreamCreate(&side));
    OK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
    OK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    OK(cudaEventRecord(fork, stream));
    OK(cudaStreamWaitEvent(side, fork, 0));
    OK(sample_increment(place, side));
    OK(cudaEventRecord(join, side));
    OK(cudaStreamWaitEvent(stream, join, 0));
    OK(cudaStreamEndCapture(stream, &graph));
    OK(cudaGraphGetNodes(graph, NULL, &nodes));
    ck_assert_uint_eq(nodes, 1);
    OK(sample_increment(place, side)); /* captures no more */
    ck_assert_float_eq(first_of(place), 1.0f);
    OK(cudaGraphDestroy(graph));
    OK(cudaEventDestroy(fork));
    OK(cudaEventDestroy(join));
    OK(cudaStreamDestroy(side));
    OK(cudaStreamDestroy(stream));
}
END_TEST

/* Increments `place` on the main stream and copies it on the side stream. If `wait`, the copy waits
 * for the increment; otherwise their order is free. Returns the copy. */
static float copied_beside(bool wait)
{
    cudaStream_t stream;
    cudaStream_t side;
    cudaEvent_t event;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    float *place = new_zeros();
    float *copy = new_zeros();
    OK(cudaStreamCreate(&stream));
    OK(cudaStreamCreate(&side));
    OK(cudaEventCreate(&event));
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    OK(cudaEventRecord(event, stream));
    OK(cudaStreamWaitEvent(side, event, 0));
    OK(sample_increment(place, stream));
    if (wait) {
        OK(cudaEventRecord(event, stream));
        OK(cudaStreamWaitEvent(side, event, 0));
    }
    OK(cudaMemcpyAsync(copy, place, SAMPLE_BYTES, cudaMemcpyDeviceToDevice, side));
    OK(cudaEventRecord(event, side));
    OK(cudaStreamWaitEvent(stream, event, 0));
    OK(cudaStreamEndCapture(stream, &graph));
    OK(cudaGraphInstantiate(&exec, graph, 0));
    OK(cudaGraphDestroy(graph));
    OK(cudaGraphLaunch(exec, stream));
    OK(cudaStreamSynchronize(stream));
    const float copied = first_of(copy);
    OK(cudaGraphExecDestroy(exec));
    OK(cudaEventDestroy(event));
    OK(cudaStreamDestroy(side));
    OK(cudaStreamDestroy(stream));
    return copied;
}

START_TEST(graph_replays_side_branches_as_early_and_as_late_as_may_be)
{
    cuda_host_set_order(CUDA_HOST_ASCENDING, 0);
    ck_assert_float_eq(copied_beside(false), 0.0f);
    ck_assert_float_eq(copied_beside(true), 1.0f);
    cuda_host_set_order(CUDA_HOST_DESCENDING, 0);
    ck_assert_float_eq(copied_beside(false), 1.0f);
    ck_assert_float_eq(copied_beside(true), 1.0f);
}
END_TEST

START_TEST(waiting_and_allocating_break_a_capture)
{
    cudaStream_t stream;
    cudaGraph_t graph;
    void *place = NULL;
    OK(cudaStreamCreate(&stream));
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    if (_i == 0) {
        ck_assert_int_eq(cudaMalloc(&place, 1), cudaErrorStreamCaptureUnsupported);
    }
    if (_i == 1) {
        ck_assert_int_eq(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
    }
    if (_i == 2) {
        ck_assert_int_eq(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
    }
    ck_assert_int_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    ck_assert_ptr_null(graph);
    OK(cudaMalloc(&place, 1));
    OK(cudaFree(place));
    OK(cudaStreamDestroy(stream));
}
END_TEST

/* to [1,n] = from [1,1] . from [1,n] */
static cublasStatus_t multiply(cublasHandle_t blas, const float *from, float *to, int n)
{
    const float one = 1;
    const float zero = 0;
    return cublasGemmEx(blas, CUBLAS_OP_N, CUBLAS_OP_N, 1, n, 1, &one, from, CUDA_R_32F, 1, from,
                        CUDA_R_32F, 1, &zero, to, CUDA_R_32F, 1, CUBLAS_COMPUTE_32F_PEDANTIC,
                        CUBLAS_GEMM_DEFAULT);
}

START_TEST(product_that_was_not_loaded_breaks_a_capture)
{
    cudaStream_t stream;
    cudaGraph_t graph;
    cublasHandle_t blas;
    float *from = new_zeros();
    float *to = new_zeros();
    OK(cudaStreamCreate(&stream));
    ck_assert_int_eq(cublasCreate(&blas), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasSetStream(blas, stream), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasSetWorkspace(blas, from, SAMPLE_BYTES), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(multiply(blas, from, to, 2), CUBLAS_STATUS_SUCCESS);
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    ck_assert_int_eq(multiply(blas, from, to, 2), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(multiply(blas, from, to, 1), CUBLAS_STATUS_EXECUTION_FAILED);
    ck_assert_int_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    ck_assert_int_eq(cublasDestroy(blas), CUBLAS_STATUS_SUCCESS);
    OK(cudaStreamDestroy(stream));
    OK(cudaFree(from));
    OK(cudaFree(to));
}
END_TEST

START_TEST(fork_that_does_not_join_is_refused)
{
    cudaStream_t stream;
    cudaStream_t side;
    cudaEvent_t fork;
    cudaGraph_t graph;
    float *place = new_zeros();
    OK(cudaStreamCreate(&stream));
    OK(cudaStreamCreate(&side));
    OK(cudaEventCreate(&fork));
    OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    OK(cudaEventRecord(fork, stream));
    OK(cudaStreamWaitEvent(side, fork, 0));
    OK(sample_increment(place, side));
    ck_assert_int_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureUnjoined);
    ck_assert_ptr_null(graph);
    OK(cudaEventDestroy(fork));
    OK(cudaStreamDestroy(side));
    OK(cudaStreamDestroy(stream));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cuda_host_graphs");
    TCase *cases = tcase_create("cuda_host_graphs");
    tcase_add_checked_fixture(cases, cuda_host_reset, NULL);
    tcase_add_test(cases, graph_replays_what_was_captured);
    tcase_add_test(cases, capture_forks_and_joins_by_events);
    tcase_add_test(cases, graph_replays_side_branches_as_early_and_as_late_as_may_be);
    tcase_add_loop_test(cases, waiting_and_allocating_break_a_capture, 0, 3);
    tcase_add_test(cases, product_that_was_not_loaded_breaks_a_capture);
    tcase_add_test(cases, fork_that_does_not_join_is_refused);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
