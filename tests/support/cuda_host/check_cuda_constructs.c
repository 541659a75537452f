/* What kernels are written with (device.cuh) does what it says: on the host, in every order of
 * threads; and, built with ON_DEVICE, the same on a device, which is what shows that the host's
 * idea of a device is right. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "philox.h"
#include "sample_kernels.h"
#include "sample_memory.h"
#ifndef ON_DEVICE
#include "cuda_host.h"
#endif

enum { WORDS = 4096 };

#ifdef ON_DEVICE
enum { ORDERS = 2 };

static void begin(int order)
{
    (void)order;
}
#else
enum { ORDERS = 6 };

/* Ascending, descending, then shuffled by that seed. */
static void begin(int order)
{
    cuda_host_reset();
    cuda_host_set_order(order == 0   ? CUDA_HOST_ASCENDING
                        : order == 1 ? CUDA_HOST_DESCENDING
                                     : CUDA_HOST_SHUFFLED,
                        (uint64_t)order);
}
#endif

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

/* The nearest value with `bits` bits of mantissa behind the point, by arithmetic in double, which
 * is exact here: ties away from zero, or to even. */
static double rounded(float value, int bits, bool away)
{
    int exponent;
    frexp((double)value, &exponent);
    const double unit = ldexp(1.0, (exponent - 1 < -126 ? -126 : exponent - 1) - bits);
    const double quotient = (double)value / unit;
    return (away ? round(quotient) : nearbyint(quotient)) * unit;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

START_TEST(rounding_is_to_nearest)
{
    begin(0);
    static float in[WORDS];
    static uint32_t tf32[WORDS];
    static uint32_t bf16[WORDS];
    for (uint32_t i = 0; i < WORDS; i++) {
        uint32_t word = philox(3, PHILOX_ORDER, 0, i).word[0];
        if (i % 4 == 1) {
            word = (word & 0xffffe000u) | 0x1000u; /* ties of tf32 */
        }
        if (i % 4 == 2) {
            word = (word & 0xffff0000u) | 0x8000u; /* ties of bf16 */
        }
        if (i % 64 == 3) {
            word &= 0x807fffffu; /* subnormal */
        }
        in[i] = float_of(word);
        if (!isfinite(in[i])) {
            in[i] = 1.0f;
        }
    }
    in[0] = 0.0f;
    in[1] = INFINITY;
    float *from = device_bytes(in, sizeof in);
    uint32_t *to_a = device_bytes(NULL, sizeof tf32);
    uint32_t *to_b = device_bytes(NULL, sizeof bf16);
    ck_assert_int_eq(sample_round(from, to_a, to_b, WORDS, NULL), cudaSuccess);
    read_and_free(tf32, to_a, sizeof tf32);
    read_and_free(bf16, to_b, sizeof bf16);
    read_and_free(NULL, from, 0);
    ck_assert_uint_eq(tf32[1], 0x7f800000u);
    ck_assert_uint_eq(bf16[1], 0xff807f80u);
    for (int i = 2; i < WORDS; i++) {
        ck_assert_uint_eq(tf32[i] & 0x1fffu, 0);
        ck_assert_float_eq(float_of(tf32[i]), (float)rounded(in[i], 10, true));
        ck_assert_float_eq(float_of(bf16[i] << 16), (float)rounded(in[i], 7, false));
        ck_assert_float_eq(float_of(bf16[i] & 0xffff0000u), -(float)rounded(in[i], 7, false));
    }
}
END_TEST

/* All lanes of each product, against the plain product of the rounded operands, whose products are
 * exact in float. The host sums in the same order, from d on, so that the bits are equal. A device
 * may cut off each of the 3 * 16 sums, which stay below 64. */
START_TEST(products_are_those_of_the_rounded_operands)
{
    const int product = _i % SAMPLE_PRODUCTS;
    begin(_i / SAMPLE_PRODUCTS);
    const bool tf32 = product == SAMPLE_TF32;
    const int inner = tf32 ? 8 : 16;
    float a[16 * 16];
    float b[16 * 8];
    float d[16 * 8];
    float expected[16 * 8];
    for (uint32_t i = 0; i < 16 * 16; i++) {
        a[i] = philox_symmetric(philox(5, PHILOX_WEIGHTS, 0, i).word[_i % 4]);
    }
    for (uint32_t i = 0; i < 16 * 8; i++) {
        b[i] = philox_symmetric(philox(6, PHILOX_WEIGHTS, 0, i).word[_i % 4]);
        d[i] = expected[i] = philox_symmetric(philox(7, PHILOX_WEIGHTS, 0, i).word[_i % 4]);
    }
    float *a_place = device_bytes(a, sizeof a);
    float *b_place = device_bytes(b, sizeof b);
    float *d_place = device_bytes(d, sizeof d);
    ck_assert_int_eq(sample_multiply((sample_product)product, a_place, b_place, d_place, 3, NULL),
                     cudaSuccess);
    read_and_free(d, d_place, sizeof d);
    read_and_free(NULL, a_place, 0);
    read_and_free(NULL, b_place, 0);
    for (int times = 0; times < 3; times++) {
        for (int row = 0; row < 16; row++) {
            for (int column = 0; column < 8; column++) {
                for (int k = 0; k < inner; k++) {
                    const double x = rounded(a[row * inner + k], tf32 ? 10 : 7, tf32);
                    const double y = rounded(b[k * 8 + column], tf32 ? 10 : 7, tf32);
                    expected[row * 8 + column] += (float)(x * y);
                }
            }
        }
    }
#ifdef ON_DEVICE
    const float tolerance = 3 * 16 * 64 * FLT_EPSILON;
#else
    const float tolerance = 0;
#endif
    for (int i = 0; i < 16 * 8; i++) {
        ck_assert_msg(fabsf(d[i] - expected[i]) <= tolerance, "%d: %a, not %a", i, (double)d[i],
                      (double)expected[i]);
    }
}
END_TEST

int main(void)
{
#ifdef ON_DEVICE
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        puts("skipped: there is no device");
        return 77;
    }
#endif
    Suite *suite = suite_create("CUDA constructs");
    TCase *cases = tcase_create("CUDA constructs");
    tcase_add_loop_test(cases, block_sums_are_right, 0, ORDERS);
    tcase_add_loop_test(cases, copies_arrive_where_they_are_awaited, 0, ORDERS);
    tcase_add_loop_test(cases, atomics_count, 0, ORDERS);
    tcase_add_loop_test(cases, neighbouring_bytes_are_no_race, 0, ORDERS);
    tcase_add_loop_test(cases, shuffles_and_votes_are_those_of_the_guide, 0, ORDERS);
    tcase_add_loop_test(cases, warp_barriers_order_shared_memory, 0, ORDERS);
    tcase_add_test(cases, rounding_is_to_nearest);
    tcase_add_loop_test(cases, products_are_those_of_the_rounded_operands, 0, 3 * SAMPLE_PRODUCTS);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
