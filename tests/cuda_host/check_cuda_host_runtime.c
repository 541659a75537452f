/* The fake runtime: memory, streams, events, graphs, and errors made to order. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cublas_v2.h"
#include "cuda_host.h"
#include "sample_kernels.h"

#define OK(call) ck_assert_int_eq(call, cudaSuccess)

enum { BYTES = 64 * sizeof(float) };

static float *new_zeros(void)
{
    float *place = NULL;
    OK(cudaMalloc((void **)&place, BYTES));
    OK(cudaMemset(place, 0, BYTES));
    return place;
}

static float first_of(const float *place)
{
    float value;
    OK(cudaMemcpy(&value, place, sizeof value, cudaMemcpyDeviceToHost));
    return value;
}

START_TEST(new_memory_is_not_a_number)
{
    float values[64];
    float *place = NULL;
    OK(cudaMalloc((void **)&place, BYTES));
    OK(cudaMemcpy(values, place, BYTES, cudaMemcpyDeviceToHost));
    for (int i = 0; i < 64; i++)
        ck_assert(isnan(values[i]));
    OK(cudaFree(place));
}
END_TEST

START_TEST(memory_has_a_limit)
{
    cuda_host_set_memory(1000);
    size_t available = 0;
    size_t total = 0;
    void *first = NULL;
    void *second = NULL;
    OK(cudaMalloc(&first, 600));
    OK(cudaMemGetInfo(&available, &total));
    ck_assert_uint_eq(available, 400);
    ck_assert_uint_eq(total, 1000);
    ck_assert_int_eq(cudaMalloc(&second, 401), cudaErrorMemoryAllocation);
    ck_assert_ptr_null(second);
    ck_assert_int_eq(cudaGetLastError(), cudaErrorMemoryAllocation);
    ck_assert_int_eq(cudaGetLastError(), cudaSuccess);
    OK(cudaMalloc(&second, 400));
    OK(cudaMallocHost(&first, 600)); /* pinned memory is the host's */
    ck_assert_uint_eq(cuda_host_memory_used(), 1000);
    OK(cudaFree(second));
    ck_assert_uint_eq(cuda_host_memory_used(), 600);
    ck_assert_int_eq(cudaFree(first), cudaErrorInvalidValue);
    OK(cudaFreeHost(first));
}
END_TEST

START_TEST(copies_out_of_bounds_are_found)
{
    static float host[65];
    float *place = new_zeros();
    cuda_host_keep_findings(true);
    if (_i == 0)
        ck_assert_int_eq(cudaMemcpy(place, host, BYTES + 1, cudaMemcpyHostToDevice),
                         cudaErrorLaunchFailure);
    if (_i == 1)
        ck_assert_int_eq(cudaMemcpy(host, place + 1, BYTES, cudaMemcpyDeviceToHost),
                         cudaErrorLaunchFailure);
    if (_i == 2)
        ck_assert_int_eq(cudaMemcpy(host, place, BYTES, cudaMemcpyHostToDevice),
                         cudaErrorLaunchFailure);
    if (_i == 3)
        ck_assert_int_eq(cudaMemset(place + 64, 0, 1), cudaErrorLaunchFailure);
    ck_assert_ptr_nonnull(strstr(cuda_host_finding(), " reaches for "));
}
END_TEST

START_TEST(launches_out_of_range_are_refused)
{
    float *place = new_zeros();
    float *out = new_zeros();
    ck_assert_int_eq(sample_block_sums(place, out, 0, NULL), cudaErrorInvalidConfiguration);
    ck_assert_int_eq(sample_grid_sums(place, place, out, 132 * 32 + 1, NULL),
                     cudaErrorCooperativeLaunchTooLarge);
    ck_assert_uint_eq(cuda_host_launches(), 0);
}
END_TEST

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
    OK(cudaMemcpyAsync(copy, place, BYTES, cudaMemcpyDeviceToDevice, stream));
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

/* place + 1 on the main stream and its copy on the side: behind it where the side waits for it a
 * second time, else anyhow. */
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
    OK(cudaMemcpyAsync(copy, place, BYTES, cudaMemcpyDeviceToDevice, side));
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
    if (_i == 0)
        ck_assert_int_eq(cudaMalloc(&place, 1), cudaErrorStreamCaptureUnsupported);
    if (_i == 1)
        ck_assert_int_eq(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
    if (_i == 2)
        ck_assert_int_eq(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
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
    ck_assert_int_eq(cublasSetWorkspace(blas, from, BYTES), CUBLAS_STATUS_SUCCESS);
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

START_TEST(late_stream_does_nothing_before_somebody_waits)
{
    cudaStream_t stream;
    cudaEvent_t event;
    float *pinned = NULL;
    float *place = new_zeros();
    cuda_host_set_late(true);
    OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    OK(cudaMallocHost((void **)&pinned, BYTES));
    OK(sample_increment(place, stream));
    OK(cudaEventRecord(event, stream));
    OK(cudaMemcpyAsync(pinned, place, BYTES, cudaMemcpyDeviceToHost, stream));
    ck_assert(isnan(pinned[0]));
    ck_assert_uint_eq(cuda_host_launches(), 0);
    ck_assert_int_eq(cudaEventQuery(event), cudaErrorNotReady);
    ck_assert_uint_eq(cuda_host_launches(), 1);
    OK(cudaEventSynchronize(event));
    ck_assert(isnan(pinned[0]));
    OK(cudaStreamSynchronize(stream));
    ck_assert_float_eq(pinned[0], 1.0f);
    OK(cudaFreeHost(pinned));
    OK(cudaEventDestroy(event));
    OK(cudaStreamDestroy(stream));
}
END_TEST

/* What a second stream reads of a place that the first one increments before an event, and again
 * behind it. */
static float read_beside(bool wait)
{
    cudaStream_t first;
    cudaStream_t second;
    cudaEvent_t event;
    float out = 0;
    float *place = new_zeros();
    OK(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    OK(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    OK(cudaEventCreate(&event));
    OK(sample_increment(place, first));
    OK(cudaEventRecord(event, first));
    OK(sample_increment(place, first));
    if (wait)
        OK(cudaStreamWaitEvent(second, event, 0));
    OK(cudaMemcpyAsync(&out, place, sizeof out, cudaMemcpyDeviceToHost, second));
    OK(cudaStreamSynchronize(second));
    OK(cudaDeviceSynchronize());
    ck_assert_float_eq(first_of(place), 2.0f);
    OK(cudaEventDestroy(event));
    OK(cudaStreamDestroy(second));
    OK(cudaStreamDestroy(first));
    OK(cudaFree(place));
    return out;
}

START_TEST(late_streams_run_beside_each_other_as_early_and_as_late_as_may_be)
{
    bool seen[2][3] = {{false}};
    cuda_host_set_late(true);
    cuda_host_set_order(CUDA_HOST_ASCENDING, 0);
    ck_assert_float_eq(read_beside(false), 2.0f);
    ck_assert_float_eq(read_beside(true), 2.0f);
    cuda_host_set_order(CUDA_HOST_DESCENDING, 0);
    ck_assert_float_eq(read_beside(false), 0.0f);
    ck_assert_float_eq(read_beside(true), 1.0f);
    for (uint64_t seed = 0; seed < 64; seed++) {
        cuda_host_set_order(CUDA_HOST_SHUFFLED, seed);
        seen[0][(int)read_beside(false)] = true;
        seen[1][(int)read_beside(true)] = true;
    }
    ck_assert(seen[0][0] && seen[0][1] && seen[0][2]);
    ck_assert(!seen[1][0] && seen[1][1] && seen[1][2]);
}
END_TEST

/* Each waits for the one before it, and nobody for any but the last. */
START_TEST(late_streams_that_wait_for_each_other_run_in_turn)
{
    enum { STREAMS = 4 };
    cudaStream_t streams[STREAMS];
    cudaEvent_t event;
    float *place = new_zeros();
    cuda_host_set_late(true);
    cuda_host_set_order((cuda_host_order)_i, 3);
    OK(cudaEventCreate(&event));
    for (int i = 0; i < STREAMS; i++) {
        OK(cudaStreamCreateWithFlags(&streams[i], cudaStreamNonBlocking));
        if (i > 0)
            OK(cudaStreamWaitEvent(streams[i], event, 0));
        if (i == STREAMS - 1)
            OK(cudaMemsetAsync(place, 0, BYTES, streams[i]));
        OK(sample_increment(place, streams[i]));
        OK(cudaEventRecord(event, streams[i]));
    }
    OK(cudaEventSynchronize(event));
    ck_assert_float_eq(first_of(place), 1.0f);
    OK(cudaEventDestroy(event));
    for (int i = 0; i < STREAMS; i++)
        OK(cudaStreamDestroy(streams[i]));
    OK(cudaFree(place));
}
END_TEST

START_TEST(late_copies_read_pinned_memory_late_and_other_memory_at_once)
{
    cudaStream_t stream;
    float plain = 1.0f;
    float *pinned = NULL;
    float *place = new_zeros();
    cuda_host_set_late(true);
    OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    OK(cudaMallocHost((void **)&pinned, sizeof *pinned));
    *pinned = 1.0f;
    const float *from = _i == 0 ? &plain : pinned;
    OK(cudaMemcpyAsync(place, from, sizeof *from, cudaMemcpyHostToDevice, stream));
    plain = *pinned = 2.0f;
    OK(cudaStreamSynchronize(stream));
    ck_assert_float_eq(first_of(place), _i == 0 ? 1.0f : 2.0f);
    OK(cudaStreamDestroy(stream));
}
END_TEST

START_TEST(any_call_fails_when_told_to)
{
    float *place = new_zeros();
    cuda_host_fail_call(2, cudaErrorMemoryAllocation);
    const uint64_t calls = cuda_host_calls();
    OK(sample_increment(place, NULL));
    ck_assert_int_eq(sample_increment(place, NULL), cudaErrorMemoryAllocation);
    OK(sample_increment(place, NULL));
    ck_assert_uint_eq(cuda_host_calls() - calls, 3);
    ck_assert_uint_eq(cuda_host_launches(), 2);
    ck_assert_float_eq(first_of(place), 2.0f);
}
END_TEST

START_TEST(lost_device_stays_lost_and_frees)
{
    float *place = new_zeros();
    cuda_host_fail_call(1, cudaErrorIllegalAddress);
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    ck_assert_int_eq(sample_increment(place, NULL), cudaErrorIllegalAddress);
    ck_assert_int_eq(cudaGetLastError(), cudaErrorIllegalAddress);
    ck_assert_int_eq(cudaGetLastError(), cudaErrorIllegalAddress);
    ck_assert_int_eq(cudaFree(place), cudaErrorIllegalAddress);
    ck_assert_uint_eq(cuda_host_memory_used(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cuda_host_runtime");
    TCase *cases = tcase_create("cuda_host_runtime");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, cuda_host_reset, NULL);
    tcase_add_test(cases, new_memory_is_not_a_number);
    tcase_add_test(cases, memory_has_a_limit);
    tcase_add_loop_test(cases, copies_out_of_bounds_are_found, 0, 4);
    tcase_add_test(cases, launches_out_of_range_are_refused);
    tcase_add_test(cases, graph_replays_what_was_captured);
    tcase_add_test(cases, capture_forks_and_joins_by_events);
    tcase_add_test(cases, graph_replays_side_branches_as_early_and_as_late_as_may_be);
    tcase_add_loop_test(cases, waiting_and_allocating_break_a_capture, 0, 3);
    tcase_add_test(cases, product_that_was_not_loaded_breaks_a_capture);
    tcase_add_test(cases, fork_that_does_not_join_is_refused);
    tcase_add_test(cases, late_stream_does_nothing_before_somebody_waits);
    tcase_add_test(cases, late_streams_run_beside_each_other_as_early_and_as_late_as_may_be);
    tcase_add_loop_test(cases, late_streams_that_wait_for_each_other_run_in_turn, 0, 3);
    tcase_add_loop_test(cases, late_copies_read_pinned_memory_late_and_other_memory_at_once, 0, 2);
    tcase_add_test(cases, any_call_fails_when_told_to);
    tcase_add_test(cases, lost_device_stays_lost_and_frees);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
