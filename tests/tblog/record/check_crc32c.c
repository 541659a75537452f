#include "crc32c.h"

#include <stdlib.h>
#include <string.h>

#include "check_main.h"

typedef uint32_t (*crc_function)(const void *, size_t);

/* The test vectors of RFC 3720, appendix B.4. */
static void check_known_values(crc_function crc)
{
    uint8_t data[32];
    memset(data, 0, sizeof data);
    ck_assert_uint_eq(crc(data, sizeof data), 0x8a9136aau);
    memset(data, 0xff, sizeof data);
    ck_assert_uint_eq(crc(data, sizeof data), 0x62a8ab43u);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)i;
    }
    ck_assert_uint_eq(crc(data, sizeof data), 0x46dd794eu);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(31 - i);
    }
    ck_assert_uint_eq(crc(data, sizeof data), 0x113fdb5cu);
    ck_assert_uint_eq(crc("123456789", 9), 0xe3069283u);
    ck_assert_uint_eq(crc(NULL, 0), 0u);
}

START_TEST(tables_give_the_known_values)
{
    check_known_values(crc32c_by_table);
}
END_TEST

START_TEST(the_instruction_is_there_when_it_is_demanded)
{
    ck_assert(crc32c_has_instruction() || getenv("TBLOG_DEMAND_INSTRUCTION") == NULL);
}
END_TEST

START_TEST(the_instruction_gives_the_known_values)
{
    if (crc32c_has_instruction()) {
        check_known_values(crc32c_by_instruction);
    }
}
END_TEST

START_TEST(both_ways_agree_at_every_length_and_alignment)
{
    if (!crc32c_has_instruction()) {
        return;
    }
    uint8_t data[300];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = (uint8_t)(state >> 24);
    }
    for (size_t start = 0; start < 16; start++) {
        for (size_t bytes = 0; bytes + start <= sizeof data; bytes++) {
            ck_assert_uint_eq(crc32c_by_instruction(data + start, bytes),
                              crc32c_by_table(data + start, bytes));
        }
    }
}
END_TEST

START_TEST(masked_values_are_those_of_other_writers)
{
    ck_assert_uint_eq(crc32c_masked("\x1a\x11"
                                    "CRC test, one two",
                                    19),
                      0x5794d08au);
    const uint8_t length[8] = {24};
    ck_assert_uint_eq(crc32c_masked(length, sizeof length), 0x224b7fa3u);
    ck_assert_uint_eq(crc32c_masked(NULL, 0), 0xa282ead8u);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "crc32c", tables_give_the_known_values, the_instruction_is_there_when_it_is_demanded,
        the_instruction_gives_the_known_values, both_ways_agree_at_every_length_and_alignment,
        masked_values_are_those_of_other_writers);
}
