#include "check_add.h"

START_TEST(a_keras_graph_has_the_stock_bytes)
{
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, "{\"a\": 1}"), TBLOG_OK);
    check_last_record(&f, golden_keras_graph);
}
END_TEST

START_TEST(a_graph_def_has_the_stock_bytes)
{
    const uint8_t graph[] = {0, 1, 2};
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, sizeof graph), TBLOG_OK);
    check_last_record(&f, golden_graph_def);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    const size_t before = f.file.size;
    const uint8_t graph[] = {0};
    ck_assert_int_eq(tblog_add_graph_def(NULL, graph, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, NULL, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, SIZE_MAX), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_graph", a_keras_graph_has_the_stock_bytes,
                         a_graph_def_has_the_stock_bytes,
                         wrong_arguments_are_refused_and_write_nothing);
}
