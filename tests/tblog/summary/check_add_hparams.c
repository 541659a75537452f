#include <math.h>

#include "check_add.h"

static const tblog_hparam good_hparams[] = {
    {.name = "adam", .type = TBLOG_HPARAM_BOOL, .boolean = false},
    {.name = "name", .type = TBLOG_HPARAM_STRING, .string = "LeNet"},
    {.name = "rate", .type = TBLOG_HPARAM_NUMBER, .number = 0.001}};
static const tblog_metric_info good_metrics[] = {
    {.tag = "loss", .group = "validation", .display_name = "Loss", .description = "cross-entropy"},
    {.tag = "acc"}};

START_TEST(a_session_start_has_the_stock_bytes)
{
    ck_assert_int_eq(tblog_add_session_start(f.writer, "group", good_hparams, 3), TBLOG_OK);
    check_last_record(&f, golden_session_start);
}
END_TEST

START_TEST(a_session_end_has_the_stock_bytes)
{
    ck_assert_int_eq(tblog_add_session_end(f.writer, TBLOG_SESSION_FAILED), TBLOG_OK);
    check_last_record(&f, golden_session_end);
}
END_TEST

START_TEST(an_experiment_has_the_stock_bytes)
{
    static const tblog_hparam batches[] = {{.type = TBLOG_HPARAM_NUMBER, .number = 16.0},
                                           {.type = TBLOG_HPARAM_NUMBER, .number = 32.0}};
    static const tblog_hparam choices[] = {{.type = TBLOG_HPARAM_BOOL, .boolean = false},
                                           {.type = TBLOG_HPARAM_BOOL, .boolean = true}};
    static const tblog_hparam names[] = {{.type = TBLOG_HPARAM_STRING, .string = "a"},
                                         {.type = TBLOG_HPARAM_STRING, .string = "b"}};
    static const tblog_hparam_info infos[] = {
        {.name = "batch",
         .display_name = "Batch size",
         .description = "*samples*",
         .type = TBLOG_HPARAM_NUMBER,
         .values = batches,
         .value_count = 2},
        {.name = "rate", .type = TBLOG_HPARAM_NUMBER, .minimum = 0.0, .maximum = 0.5},
        {.name = "adam", .type = TBLOG_HPARAM_BOOL, .values = choices, .value_count = 2},
        {.name = "name", .type = TBLOG_HPARAM_STRING, .values = names, .value_count = 2}};
    const tblog_experiment experiment = {
        .hparams = infos, .hparam_count = 4, .metrics = good_metrics, .metric_count = 2};
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_OK);
    check_last_record(&f, golden_experiment);
}
END_TEST

START_TEST(each_is_accepted_once)
{
    static const tblog_hparam_info info = {.name = "rate"};
    const tblog_experiment experiment = {
        .hparams = &info, .hparam_count = 1, .metrics = good_metrics, .metric_count = 1};
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_OK);
    ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, good_hparams, 3), TBLOG_OK);
    ck_assert_int_eq(tblog_add_session_end(f.writer, TBLOG_SESSION_SUCCEEDED), TBLOG_OK);
    const size_t before = f.file.size;
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, good_hparams, 3), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_end(f.writer, TBLOG_SESSION_FAILED), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
}
END_TEST

START_TEST(wrong_sessions_are_refused_and_write_nothing)
{
    const size_t before = f.file.size;
    static const tblog_hparam bad[] = {
        {.name = "", .type = TBLOG_HPARAM_NUMBER},
        {.name = NULL, .type = TBLOG_HPARAM_NUMBER},
        {.name = "\xff", .type = TBLOG_HPARAM_NUMBER},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .number = NAN},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .number = INFINITY},
        {.name = "x", .type = TBLOG_HPARAM_STRING},
        {.name = "x", .type = TBLOG_HPARAM_STRING, .string = "\x80"},
        {.name = "x", .type = (tblog_hparam_type)3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, &bad[i], 1), TBLOG_INVALID);
    }
    const tblog_hparam twice[] = {good_hparams[0], good_hparams[1], good_hparams[0]};
    ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, twice, 3), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_start(NULL, NULL, good_hparams, 3), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_start(f.writer, "\xff", good_hparams, 3), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, NULL, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, good_hparams, 0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_end(NULL, TBLOG_SESSION_FAILED), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_end(f.writer, (tblog_session_result)0), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_session_end(f.writer, (tblog_session_result)3), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
    ck_assert_int_eq(tblog_add_session_start(f.writer, NULL, good_hparams, 3), TBLOG_OK);
}
END_TEST

START_TEST(wrong_experiments_are_refused_and_write_nothing)
{
    const size_t before = f.file.size;
    static const tblog_hparam text = {.type = TBLOG_HPARAM_STRING, .string = "a"};
    static const tblog_hparam nan = {.type = TBLOG_HPARAM_NUMBER, .number = NAN};
    static const tblog_hparam_info bad_infos[] = {
        {.name = NULL},
        {.name = ""},
        {.name = "x", .display_name = "\xff"},
        {.name = "x", .description = "\xff"},
        {.name = "x", .type = (tblog_hparam_type)9},
        {.name = "x", .value_count = 1},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .values = &text, .value_count = 1},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .values = &nan, .value_count = 1},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .minimum = 2.0, .maximum = 1.0},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .minimum = 0.0, .maximum = INFINITY},
        {.name = "x", .type = TBLOG_HPARAM_NUMBER, .minimum = NAN, .maximum = 1.0},
        {.name = "x", .type = TBLOG_HPARAM_STRING, .minimum = 0.0, .maximum = 1.0},
        {.name = "x",
         .type = TBLOG_HPARAM_STRING,
         .values = &text,
         .value_count = 1,
         .minimum = 0.0,
         .maximum = 1.0}};
    for (size_t i = 0; i < sizeof bad_infos / sizeof bad_infos[0]; i++) {
        const tblog_experiment experiment = {.hparams = &bad_infos[i],
                                             .hparam_count = 1,
                                             .metrics = good_metrics,
                                             .metric_count = 1};
        ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    }
    static const tblog_hparam_info infos[] = {{.name = "x"}, {.name = "y"}, {.name = "x"}};
    static const tblog_metric_info bad_metrics[] = {{.tag = NULL},
                                                    {.tag = ""},
                                                    {.tag = "\xff"},
                                                    {.tag = "a", .group = "\xff"},
                                                    {.tag = "a", .display_name = "\xff"},
                                                    {.tag = "a", .description = "\xff"}};
    for (size_t i = 0; i < sizeof bad_metrics / sizeof bad_metrics[0]; i++) {
        const tblog_experiment experiment = {
            .hparams = infos, .hparam_count = 1, .metrics = &bad_metrics[i], .metric_count = 1};
        ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    }
    tblog_experiment experiment = {
        .hparams = infos, .hparam_count = 3, .metrics = good_metrics, .metric_count = 1};
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    experiment.hparam_count = 0;
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    experiment.hparam_count = 2;
    experiment.metric_count = 0;
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    experiment.metric_count = 1;
    experiment.description = "\xff";
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_INVALID);
    experiment.description = NULL;
    ck_assert_int_eq(tblog_add_experiment(NULL, &experiment), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_experiment(f.writer, NULL), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
    ck_assert_int_eq(tblog_add_experiment(f.writer, &experiment), TBLOG_OK);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_hparams", a_session_start_has_the_stock_bytes,
                         a_session_end_has_the_stock_bytes, an_experiment_has_the_stock_bytes,
                         each_is_accepted_once, wrong_sessions_are_refused_and_write_nothing,
                         wrong_experiments_are_refused_and_write_nothing);
}
