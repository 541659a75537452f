/* Device memory of the harness' own tests, whose calls must succeed. */
#ifndef SAMPLE_MEMORY_H
#define SAMPLE_MEMORY_H

#include <check.h>
#include <cuda_runtime.h>
#include <stddef.h>

#define OK(call) ck_assert_int_eq(call, cudaSuccess)

/* What sample_increment works on: 64 floats. */
enum { SAMPLE_BYTES = 64 * sizeof(float) };

/* New memory with a copy of `values`, or without one (NULL). */
static inline void *device_bytes(const void *values, size_t bytes)
{
    void *place = NULL;
    OK(cudaMalloc(&place, bytes));
    if (values != NULL) {
        OK(cudaMemcpy(place, values, bytes, cudaMemcpyHostToDevice));
    }
    return place;
}

static inline float *new_zeros(void)
{
    float *place = device_bytes(NULL, SAMPLE_BYTES);
    OK(cudaMemset(place, 0, SAMPLE_BYTES));
    return place;
}

static inline float first_of(const float *place)
{
    float value;
    OK(cudaMemcpy(&value, place, sizeof value, cudaMemcpyDeviceToHost));
    return value;
}

/* `out` may be NULL: only frees. */
static inline void read_and_free(void *out, void *place, size_t bytes)
{
    if (out != NULL) {
        OK(cudaMemcpy(out, place, bytes, cudaMemcpyDeviceToHost));
    }
    OK(cudaFree(place));
}

#endif
