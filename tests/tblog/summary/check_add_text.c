#include <errno.h>

#include "check_add.h"

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
    /* A refused tag may become one of any kind. */
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
                         empty_text_is_text, wrong_arguments_are_refused_and_write_nothing,
                         an_event_that_could_not_be_written_leaves_its_tag_new);
}
