/* The fake runtime: memory, late streams, and errors on demand. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "check_main.h"
#include "cuda_host.h"
#include "sample_kernels.h"
#include "sample_memory.h"

START_TEST(new_memory_is_not_a_number)
{
    float values[64];
    float *place = NULL;
    OK(cudaMalloc((void **)&place, SAMPLE_BYTES));
    OK(cudaMemcpy(values, place, SAMPLE_BYTES, cudaMemcpyDeviceToHost));
    for (int i = 0; i < 64; i++) {
        ck_assert(isnan(values[i]));
    }
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
    if (_i == 0) {
        ck_assert_int_eq(cudaMemcpy(place, host, SAMPLE_BYTES + 1, cudaMemcpyHostToDevice),
                         cudaErrorLaunchFailure);
    }
    if (_i == 1) {
        ck_assert_int_eq(cudaMemcpy(host, place + 1, SAMPLE_BYTES, cudaMemcpyDeviceToHost),
                         cudaErrorLaunchFailure);
    }
    if (_i == 2) {
        ck_assert_int_eq(cudaMemcpy(host, place, SAMPLE_BYTES, cudaMemcpyHostToDevice),
                         cudaErrorLaunchFailure);
    }
    if (_i == 3) {
        ck_assert_int_eq(cudaMemset(place + 64, 0, 1), cudaErrorLaunchFailure);
    }
    ck_assert_ptr_nonnull(strstr(cuda_host_finding(), " reaches for "));
}
END_TEST

START_TEST(launches_out_of_range_are_refused)
{
    float *place = new_zeros();
    float *out = new_zeros();
    ck_assert_int_eq(sample_block_sums(place, out, 0, NULL), cudaErrorInvalidConfiguration);
    ck_assert_uint_eq(cuda_host_launches(), 0);
}
END_TEST

START_TEST(a_kernel_that_nothing_loaded_is_named)
{
    float *place = new_zeros();
    ck_assert_ptr_null(cuda_host_unloaded());
    OK(sample_increment(place, NULL));
    ck_assert_str_eq(cuda_host_unloaded(), "increment");
    OK(cudaFree(place));
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
    OK(cudaMallocHost((void **)&pinned, SAMPLE_BYTES));
    OK(sample_increment(place, stream));
    OK(cudaEventRecord(event, stream));
    OK(cudaMemcpyAsync(pinned, place, SAMPLE_BYTES, cudaMemcpyDeviceToHost, stream));
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

/* What a second stream reads from a place that the first one increments before and after an
 * event. */
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
    if (wait) {
        OK(cudaStreamWaitEvent(second, event, 0));
    }
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

/* Each waits for the one before it; the host waits only for the last. */
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
        if (i > 0) {
            OK(cudaStreamWaitEvent(streams[i], event, 0));
        }
        if (i == STREAMS - 1) {
            OK(cudaMemsetAsync(place, 0, SAMPLE_BYTES, streams[i]));
        }
        OK(sample_increment(place, streams[i]));
        OK(cudaEventRecord(event, streams[i]));
    }
    OK(cudaEventSynchronize(event));
    ck_assert_float_eq(first_of(place), 1.0f);
    OK(cudaEventDestroy(event));
    for (int i = 0; i < STREAMS; i++) {
        OK(cudaStreamDestroy(streams[i]));
    }
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
    tcase_add_checked_fixture(cases, cuda_host_reset, NULL);
    tcase_add_test(cases, new_memory_is_not_a_number);
    tcase_add_test(cases, memory_has_a_limit);
    tcase_add_loop_test(cases, copies_out_of_bounds_are_found, 0, 4);
    tcase_add_test(cases, launches_out_of_range_are_refused);
    tcase_add_test(cases, a_kernel_that_nothing_loaded_is_named);
    tcase_add_test(cases, late_stream_does_nothing_before_somebody_waits);
    tcase_add_test(cases, late_streams_run_beside_each_other_as_early_and_as_late_as_may_be);
    tcase_add_loop_test(cases, late_streams_that_wait_for_each_other_run_in_turn, 0, 3);
    tcase_add_loop_test(cases, late_copies_read_pinned_memory_late_and_other_memory_at_once, 0, 2);
    tcase_add_test(cases, any_call_fails_when_told_to);
    tcase_add_test(cases, lost_device_stays_lost_and_frees);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
