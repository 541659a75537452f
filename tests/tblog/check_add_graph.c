#include "check_main.h"
#include "golden_events.h"
#include "writer_fixture.h"

START_TEST(a_keras_graph_has_the_stock_bytes)
{
    writer_fixture f;
    writer_fixture_open_golden(&f);
    ck_assert_int_eq(tblog_add_keras_graph(f.writer, "keras", 0, "{\"a\": 1}"), TBLOG_OK);
    check_last_record(&f, golden_keras_graph);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(a_graph_def_has_the_stock_bytes)
{
    writer_fixture f;
    writer_fixture_open_golden(&f);
    const uint8_t graph[] = {0, 1, 2};
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, sizeof graph), TBLOG_OK);
    check_last_record(&f, golden_graph_def);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    writer_fixture f;
    writer_fixture_open_golden(&f);
    size_t before = f.file.size;
    const uint8_t graph[] = {0};
    ck_assert_int_eq(tblog_add_graph_def(NULL, graph, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, NULL, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_graph_def(f.writer, graph, SIZE_MAX), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
    ck_assert_int_eq(tblog_writer_close(f.writer), TBLOG_OK);
    writer_fixture_free(&f);
}
END_TEST

int main(void)
{
    return RUN_TESTS("add_graph", a_keras_graph_has_the_stock_bytes,
                     a_graph_def_has_the_stock_bytes,
                     wrong_arguments_are_refused_and_write_nothing);
}
