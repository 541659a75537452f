#include "check_add.h"

static const char *const lines[] = {"loss", "acc.*"};
static const char *const other[] = {"x"};
static const tblog_band bands[] = {{"m", "l", "u"}, {"m2", "l2", "u2"}};

START_TEST(a_layout_has_the_stock_bytes)
{
    const tblog_chart first[] = {{.title = "lines", .tags = lines, .tag_count = 2},
                                 {.bands = bands, .band_count = 2}};
    const tblog_chart second[] = {{.tags = other, .tag_count = 1}};
    const tblog_category categories[] = {{.title = "first", .charts = first, .chart_count = 2},
                                         {.charts = second, .chart_count = 1, .closed = true}};
    ck_assert_int_eq(tblog_add_custom_scalars(f.writer, categories, 2), TBLOG_OK);
    check_last_record(&f, golden_layout);
    ck_assert_int_eq(tblog_add_custom_scalars(f.writer, categories, 2), TBLOG_INVALID);
    check_last_record(&f, golden_layout);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    const size_t before = f.file.size;
    static const char *const empty_tag[] = {"a", ""};
    static const char *const null_tag[] = {"a", NULL};
    static const tblog_band no_lower[] = {{"m", NULL, "u"}};
    static const tblog_band bad_upper[] = {{"m", "l", "\xff"}};
    static const tblog_chart bad[] = {
        {.title = "neither lines nor bands"},
        {.tags = other, .tag_count = 1, .bands = bands, .band_count = 1},
        {.title = "\xff", .tags = other, .tag_count = 1},
        {.tags = NULL, .tag_count = 1},
        {.bands = NULL, .band_count = 1},
        {.tags = empty_tag, .tag_count = 2},
        {.tags = null_tag, .tag_count = 2},
        {.bands = no_lower, .band_count = 1},
        {.bands = bad_upper, .band_count = 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const tblog_category category = {.charts = &bad[i], .chart_count = 1};
        ck_assert_int_eq(tblog_add_custom_scalars(f.writer, &category, 1), TBLOG_INVALID);
    }
    const tblog_chart good = {.tags = other, .tag_count = 1};
    const tblog_category categories[] = {{.charts = &good, .chart_count = 1},
                                         {.charts = &good, .chart_count = 0},
                                         {.charts = NULL, .chart_count = 1},
                                         {.title = "\x80", .charts = &good, .chart_count = 1}};
    ck_assert_int_eq(tblog_add_custom_scalars(NULL, categories, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_custom_scalars(f.writer, NULL, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_custom_scalars(f.writer, categories, 0), TBLOG_INVALID);
    for (size_t i = 1; i < 4; i++) {
        ck_assert_int_eq(tblog_add_custom_scalars(f.writer, &categories[i], 1), TBLOG_INVALID);
    }
    ck_assert_uint_eq(f.file.size, before);
    ck_assert_int_eq(tblog_add_custom_scalars(f.writer, categories, 1), TBLOG_OK);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_custom_scalars", a_layout_has_the_stock_bytes,
                         wrong_arguments_are_refused_and_write_nothing);
}
