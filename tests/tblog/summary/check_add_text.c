#include <errno.h>
#include <stdio.h>

#include "check_add.h"
#include "reader_internal.h"

START_TEST(text_has_the_stock_bytes)
{
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 3, "*ho*"), TBLOG_OK);
    check_last_record(&f, golden_text);
}
END_TEST

START_TEST(a_table_has_the_stock_bytes)
{
    const char *const cells[] = {"a", "b", "", "d"};
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 3, cells, 2, 2), TBLOG_OK);
    check_last_record(&f, golden_text_table);
}
END_TEST

/* Checks the text of the last event. */
static void check_last_text(const char *expected)
{
    tblog_reader *reader;
    const tblog_event *event;
    char text[256] = "";
    ck_assert_int_eq(reader_open_on_source(&reader, memory_file_source(&f.file)), TBLOG_OK);
    while (tblog_reader_next(reader, &event) == TBLOG_OK) {
        const tblog_bytes *string = event->value_count == 1 ? event->values[0]->strings : NULL;
        if (string != NULL) {
            snprintf(text, sizeof text, "%.*s", (int)string->count, (const char *)string->data);
        }
    }
    tblog_reader_close(reader);
    ck_assert_str_eq(text, expected);
}

START_TEST(plain_text_is_one_line_of_preformatted_html)
{
    static const struct {
        const char *text;
        const char *html;
    } cases[] = {
        {"", "<pre><code></code></pre>"},
        {"*a* _b_ `c`  # d", "<pre><code>*a* _b_ `c`  # d</code></pre>"},
        {"<b>&amp;", "<pre><code>&lt;b&gt;&amp;amp;</code></pre>"},
        {"\ta\n\nb\n", "<pre><code>&#9;a&#10;&#10;b&#10;</code></pre>"},
        {"a\r\nb\rc\n\rd", "<pre><code>a&#10;b&#10;c&#10;&#10;d</code></pre>"},
        {"\x1b[1m\x7f", "<pre><code>\xef\xbf\xbd[1m\xef\xbf\xbd</code></pre>"},
        {"\xc3\xa9\xf0\x9f\x93\x88", "<pre><code>\xc3\xa9\xf0\x9f\x93\x88</code></pre>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(tblog_add_plain_text(f.writer, "t", 0, cases[i].text), TBLOG_OK);
        check_last_text(cases[i].html);
    }
}
END_TEST

START_TEST(empty_text_is_text)
{
    const size_t before = f.file.size;
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 0, ""), TBLOG_OK);
    ck_assert_uint_gt(f.file.size, before);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    ck_assert_int_eq(tblog_add_scalar(f.writer, "scalar", 0, 1.0), TBLOG_OK);
    const size_t before = f.file.size;
    const char *const cells[] = {"a", NULL, "\xff", "d"};
    ck_assert_int_eq(tblog_add_text(NULL, "t", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text(f.writer, NULL, 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text(f.writer, "", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text(f.writer, "\xff", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 0, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 0, "\xc0\x80"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text(f.writer, "scalar", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_plain_text(NULL, "t", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_plain_text(f.writer, "", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_plain_text(f.writer, "t", 0, NULL), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_plain_text(f.writer, "t", 0, "\xc0\x80"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_plain_text(f.writer, "scalar", 0, "x"), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 0, NULL, 1, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 0, cells, 0, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 0, cells, 1, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 0, cells, 2, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 0, cells + 2, 1, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_text_table(f.writer, "t", 0, cells, SIZE_MAX, 2), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
    f.now = 1.0 / 0.0;
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 0, "x"), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
    /* A refused tag may get values of any kind later. */
    f.now = GOLDEN_WALL_TIME;
    ck_assert_int_eq(tblog_add_scalar(f.writer, "t", 0, 1.0), TBLOG_OK);
}
END_TEST

START_TEST(an_event_that_could_not_be_written_leaves_its_tag_new)
{
    memory_file_fail(&f.file, f.file.calls, f.file.calls + 1, ENOSPC);
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 3, "*ho*"), TBLOG_IO);
    tblog_writer_clear_error(f.writer);
    ck_assert_int_eq(tblog_add_text(f.writer, "t", 3, "*ho*"), TBLOG_OK);
    check_last_record(&f, golden_text);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_text", text_has_the_stock_bytes, a_table_has_the_stock_bytes,
                         plain_text_is_one_line_of_preformatted_html, empty_text_is_text,
                         wrong_arguments_are_refused_and_write_nothing,
                         an_event_that_could_not_be_written_leaves_its_tag_new);
}
