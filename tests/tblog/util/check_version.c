#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "tblog/tblog.h"

enum { A_PATCH = 1, A_MINOR = 1000, A_MAJOR = 1000000 };

START_TEST(the_text_and_the_numbers_are_of_one_version)
{
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR,
             TBLOG_VERSION_PATCH);
    ck_assert_str_eq(tblog_version(), text);
    ck_assert_int_eq(tblog_version_number(), TBLOG_VERSION_NUMBER);
    ck_assert_int_eq(TBLOG_VERSION_NUMBER, TBLOG_VERSION_MAJOR * A_MAJOR +
                                               TBLOG_VERSION_MINOR * A_MINOR + TBLOG_VERSION_PATCH);
}
END_TEST

START_TEST(the_preprocessor_can_ask_for_a_version)
{
#if !TBLOG_AT_LEAST(0, 2, 0) || TBLOG_AT_LEAST(1000, 0, 0)
    ck_abort_msg("TBLOG_AT_LEAST is wrong");
#endif
    ck_assert(TBLOG_AT_LEAST(TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR, TBLOG_VERSION_PATCH));
    ck_assert(!TBLOG_AT_LEAST(TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR, TBLOG_VERSION_PATCH + 1));
    ck_assert(!TBLOG_AT_LEAST(TBLOG_VERSION_MAJOR, TBLOG_VERSION_MINOR + 1, 0));
}
END_TEST

START_TEST(a_library_serves_the_header_that_it_came_with)
{
    ck_assert_int_eq(tblog_check_version(), TBLOG_OK);
    ck_assert_str_eq(tblog_writer_message(NULL), "");
}
END_TEST

START_TEST(a_program_of_a_later_patch_or_of_another_interface_is_refused)
{
    const int others[] = {TBLOG_VERSION_NUMBER + A_PATCH, TBLOG_VERSION_NUMBER + A_MINOR,
                          TBLOG_VERSION_NUMBER - A_MINOR, TBLOG_VERSION_NUMBER + A_MAJOR, 0};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(tblog_check_version_of(others[i]), TBLOG_INVALID);
    }
    ck_assert_int_eq(tblog_check_version_of(34 * A_MAJOR + 5 * A_MINOR + 6), TBLOG_INVALID);
    char expected[128];
    snprintf(expected, sizeof expected,
             "the program was compiled with tblog 34.5.6, but the library is %s", tblog_version());
    ck_assert_str_eq(tblog_writer_message(NULL), expected);
    ck_assert_int_eq(tblog_check_version(), TBLOG_OK);
    ck_assert_str_eq(tblog_writer_message(NULL), "");
}
END_TEST

int main(void)
{
    return RUN_TESTS("version", the_text_and_the_numbers_are_of_one_version,
                     the_preprocessor_can_ask_for_a_version,
                     a_library_serves_the_header_that_it_came_with,
                     a_program_of_a_later_patch_or_of_another_interface_is_refused);
}
