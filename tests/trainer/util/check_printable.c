/* Untrusted text: for any input the copy is UTF-8 without control characters. */
#include <check.h>
#include <string.h>

#include "check_main.h"
#include "message.h"
#include "printable.h"

#define UNKNOWN "\xef\xbf\xbd"

static const struct {
    const char *from;
    const char *to;
} copies[] = {
    {"", ""},
    {"plain ~ text", "plain ~ text"},
    {"\u00e9 \u00a0 \u20ac \ue000 \U0001f600 \U0010ffff",
     "\u00e9 \u00a0 \u20ac \ue000 \U0001f600 \U0010ffff"},
    {"a\tb\nc\x1b[2J\x7f", "a?b?c?[2J?"},
    {"caf\xe9!", "caf" UNKNOWN "!"},
    {"\xc2\x9b"
     "2J",
     UNKNOWN UNKNOWN "2J"},                                /* a control character of 8 bits */
    {"\xc0\xaf", UNKNOWN UNKNOWN},                         /* an overlong encoding */
    {"\xe0\x9f\xbf", UNKNOWN UNKNOWN UNKNOWN},             /* likewise */
    {"\xed\xa0\x80", UNKNOWN UNKNOWN UNKNOWN},             /* half of a surrogate pair */
    {"\xf4\x90\x80\x80", UNKNOWN UNKNOWN UNKNOWN UNKNOWN}, /* beyond U+10FFFF */
    {"cut \xe2\x82", "cut " UNKNOWN UNKNOWN},
};
enum { COPIES = sizeof copies / sizeof copies[0] };

START_TEST(what_is_copied_is_utf_8_without_control_characters)
{
    char out[64];
    printable_copy(out, sizeof out, copies[_i].from);
    ck_assert_str_eq(out, copies[_i].to);
}
END_TEST

START_TEST(text_is_cut_between_characters)
{
    char out[6];
    printable_copy(out, sizeof out, "abcd\u20ac");
    ck_assert_str_eq(out, "abcd");
    printable_copy(out, sizeof out, "ab\u20ac");
    ck_assert_str_eq(out, "ab\u20ac");
    printable_copy(out, sizeof out, "abc\xff");
    ck_assert_str_eq(out, "abc");
    printable_copy(out, 1, "a");
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(messages_are_fit_for_a_terminal)
{
    char message[MESSAGE_BYTES];
    char name[2 * MESSAGE_BYTES] = "";
    ck_assert_int_eq(message_set(message, "%s: gone", "run\x1b[2J\xff"), -1);
    ck_assert_str_eq(message, "run?[2J" UNKNOWN ": gone");
    for (size_t i = 0; i + 2 < sizeof name; i += 2) {
        memcpy(name + i, "\u00e9", 3);
    }
    message_set(message, "%s", name);
    ck_assert_uint_eq(strlen(message), MESSAGE_BYTES - 2); /* a letter needs two bytes */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("printable");
    TCase *cases = tcase_create("printable");
    tcase_add_loop_test(cases, what_is_copied_is_utf_8_without_control_characters, 0, COPIES);
    tcase_add_test(cases, text_is_cut_between_characters);
    tcase_add_test(cases, messages_are_fit_for_a_terminal);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
