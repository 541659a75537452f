/* The bytes of stored numbers. They are written out here, so machines of both byte orders must make
 * the same. */
#include "little_endian.h"

#include "check_main.h"

START_TEST(whole_numbers_begin_with_their_lowest_byte)
{
    const uint8_t expected[] = {8, 7, 6, 5, 4, 3, 2, 1};
    for (size_t count = 1; count <= sizeof expected; count++) {
        uint8_t bytes[sizeof expected] = {0};
        little_endian_store(bytes, count, 0x0102030405060708u);
        ck_assert_mem_eq(bytes, expected, count);
        for (size_t i = count; i < sizeof bytes; i++) {
            ck_assert_uint_eq(bytes[i], 0);
        }
        const uint64_t all = 0x0102030405060708u;
        const uint64_t kept = count == 8 ? all : all & ((UINT64_C(1) << 8 * count) - 1);
        ck_assert_uint_eq(little_endian_load(expected, count), kept);
    }
}
END_TEST

START_TEST(floats_end_with_their_sign)
{
    const uint8_t minus_one_and_a_half[] = {0, 0, 0xc0, 0xbf};
    uint8_t bytes[4];
    little_endian_store_float(bytes, -1.5f);
    ck_assert_mem_eq(bytes, minus_one_and_a_half, sizeof bytes);
    ck_assert(little_endian_load_float(bytes) == -1.5f);
}
END_TEST

START_TEST(doubles_end_with_their_sign)
{
    const uint8_t minus_one_and_a_half[] = {0, 0, 0, 0, 0, 0, 0xf8, 0xbf};
    uint8_t bytes[8];
    little_endian_store_double(bytes, -1.5);
    ck_assert_mem_eq(bytes, minus_one_and_a_half, sizeof bytes);
    ck_assert(little_endian_load_double(bytes) == -1.5);
}
END_TEST

START_TEST(arrays_keep_the_order_of_their_numbers)
{
    const uint16_t shorts[] = {0x0102, 0x0304, 0x0506};
    const uint32_t words[] = {0x01020304, 0x05060708};
    const uint64_t longs[] = {0x0102030405060708, 0x090a0b0c0d0e0f10};
    const uint8_t expected_shorts[] = {2, 1, 4, 3, 6, 5};
    const uint8_t expected_words[] = {4, 3, 2, 1, 8, 7, 6, 5};
    const uint8_t expected_longs[] = {8, 7, 6, 5, 4, 3, 2, 1, 16, 15, 14, 13, 12, 11, 10, 9};
    uint8_t bytes[16];
    little_endian_store_array(bytes, shorts, sizeof shorts, sizeof *shorts);
    ck_assert_mem_eq(bytes, expected_shorts, sizeof expected_shorts);
    little_endian_store_array(bytes, words, sizeof words, sizeof *words);
    ck_assert_mem_eq(bytes, expected_words, sizeof expected_words);
    little_endian_store_array(bytes, longs, sizeof longs, sizeof *longs);
    ck_assert_mem_eq(bytes, expected_longs, sizeof expected_longs);
    little_endian_store_array(bytes, expected_shorts, sizeof expected_shorts, 1);
    ck_assert_mem_eq(bytes, expected_shorts, sizeof expected_shorts);
}
END_TEST

int main(void)
{
    return RUN_TESTS("little_endian", whole_numbers_begin_with_their_lowest_byte,
                     floats_end_with_their_sign, doubles_end_with_their_sign,
                     arrays_keep_the_order_of_their_numbers);
}
