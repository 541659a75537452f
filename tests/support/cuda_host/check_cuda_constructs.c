/* The constructs of device.cuh do on the host what its comments say, in every order of threads.
 * Roundings and products of matrices are not here: the checks of the kernels compare them with
 * an oracle, and tests/ptx compares their bits with those of nvcc's code. */
#include <check.h>
#include <string.h>

#include "check_main.h"
#include "philox.h"
#include "sample_kernels.h"
#include "sample_memory.h"
#include "sample_orders.h"

START_TEST(block_sums_are_right)
{
    begin(_i);
    float in[3 * 256];
    for (int i = 0; i < 3 * 256; i++) {
        in[i] = (float)i;
    }
    float out[3];
    float *from = device_bytes(in, sizeof in);
    float *to = device_bytes(NULL, sizeof out);
    ck_assert_int_eq(sample_block_sums(from, to, 3, NULL), cudaSuccess);
    read_and_free(out, to, sizeof out);
    read_and_free(NULL, from, 0);
    for (int b = 0; b < 3; b++) {
        ck_assert_float_eq(out[b], (float)(256 * 256 * b + 255 * 128));
    }
}
END_TEST

START_TEST(copies_arrive_where_they_are_awaited)
{
    begin(_i);
    float in[256];
    float out[256];
    for (int i = 0; i < 256; i++) {
        in[i] = (float)(i + 1);
    }
    float *from = device_bytes(in, sizeof in);
    float *to = device_bytes(NULL, sizeof out);
    const unsigned count = _i % 2 == 0 ? 256 : 72;
    ck_assert_int_eq(sample_reverse(from, to, count, NULL), cudaSuccess);
    read_and_free(out, to, sizeof out);
    read_and_free(NULL, from, 0);
    for (unsigned i = 0; i < 256; i++) {
        ck_assert_float_eq(out[255 - i], i < count ? in[i] : 0.0f);
    }
}
END_TEST

START_TEST(atomics_count)
{
    begin(_i);
    uint8_t in[512];
    uint32_t expected[65] = {0};
    uint32_t out[65];
    for (unsigned i = 0; i < 512; i++) {
        in[i] = (uint8_t)(philox(1, PHILOX_ORDER, 0, i).word[0] % 64);
        expected[in[i]]++;
    }
    expected[64] = 512;
    uint8_t *from = device_bytes(in, sizeof in);
    uint32_t *to = device_bytes(NULL, sizeof out);
    ck_assert_int_eq(sample_count(from, to, NULL), cudaSuccess);
    read_and_free(out, to, sizeof out);
    read_and_free(NULL, from, 0);
    ck_assert_mem_eq(out, expected, sizeof out);
}
END_TEST

START_TEST(neighbouring_bytes_are_no_race)
{
    begin(_i);
    uint8_t in[256];
    uint8_t out[256];
    for (int i = 0; i < 256; i++) {
        in[i] = (uint8_t)(7 * i);
    }
    uint8_t *from = device_bytes(in, sizeof in);
    uint8_t *to = device_bytes(NULL, sizeof out);
    ck_assert_int_eq(sample_bytes(from, to, NULL), cudaSuccess);
    read_and_free(out, to, sizeof out);
    read_and_free(NULL, from, 0);
    ck_assert_mem_eq(out, in, sizeof out);
}
END_TEST

/* What the CUDA C++ Programming Guide says of each, lane by lane. */
static uint32_t expected_shuffle(uint32_t i, int which)
{
    const uint32_t lane = i % 32;
    const uint32_t warp = i - lane;
    switch (which) {
    case 0:
        return warp + (lane ^ 5);
    case 1:
        return 2 * (warp + 31 - lane) + 1;
    case 2:
        return warp == 0 ? 0x49249249u : 0x92492492u;
    default:
        return lane < 16 ? i ^ 8 : i ^ 4;
    }
}

START_TEST(shuffles_and_votes_are_those_of_the_guide)
{
    begin(_i);
    uint32_t out[64 * 4];
    uint32_t *to = device_bytes(NULL, sizeof out);
    ck_assert_int_eq(sample_shuffles(to, NULL), cudaSuccess);
    read_and_free(out, to, sizeof out);
    for (uint32_t i = 0; i < 64; i++) {
        for (int which = 0; which < 4; which++) {
            ck_assert_msg(out[4 * i + (uint32_t)which] == expected_shuffle(i, which),
                          "thread %u, shuffle %d: %x", i, which, out[4 * i + (uint32_t)which]);
        }
    }
}
END_TEST

START_TEST(warp_barriers_order_shared_memory)
{
    begin(_i);
    uint32_t in[64];
    uint32_t out[64];
    for (uint32_t i = 0; i < 64; i++) {
        in[i] = i;
    }
    uint32_t *from = device_bytes(in, sizeof in);
    uint32_t *to = device_bytes(NULL, sizeof out);
    ck_assert_int_eq(sample_rotate(from, to, 5, NULL), cudaSuccess);
    read_and_free(out, to, sizeof out);
    read_and_free(NULL, from, 0);
    for (uint32_t i = 0; i < 64; i++) {
        ck_assert_uint_eq(out[i], i / 32 * 32 + (i + 5) % 32);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("CUDA constructs");
    TCase *cases = tcase_create("CUDA constructs");
    tcase_add_loop_test(cases, block_sums_are_right, 0, ORDERS);
    tcase_add_loop_test(cases, copies_arrive_where_they_are_awaited, 0, ORDERS);
    tcase_add_loop_test(cases, atomics_count, 0, ORDERS);
    tcase_add_loop_test(cases, neighbouring_bytes_are_no_race, 0, ORDERS);
    tcase_add_loop_test(cases, shuffles_and_votes_are_those_of_the_guide, 0, ORDERS);
    tcase_add_loop_test(cases, warp_barriers_order_shared_memory, 0, ORDERS);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
