/* The progress display: its text, that it never wraps, and how often it draws. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "progress.h"

static char text[512];

static progress_view some_view(void)
{
    return (progress_view){.epoch = 2,
                           .epochs = 15,
                           .step = 469,
                           .steps = 938,
                           .figures = {.loss = 0.12345,
                                       .accuracy = 0.98765,
                                       .val_loss = 0.0345,
                                       .val_accuracy = 0.9896,
                                       .training_seconds = 6.1,
                                       .validation_seconds = 1.3}};
}

static progress_view done_view(void)
{
    progress_view view = some_view();
    view.step = view.steps;
    return view;
}

START_TEST(a_running_epoch_shows_steps_bar_time_left_and_means)
{
    const progress_view view = some_view();
    progress_format_running(text, sizeof text, &view, 100);
    ck_assert_str_eq(text, "469/938 [==============>.............] ETA 6s - loss: 0.1235 - "
                           "accuracy: 0.9877");
}
END_TEST

START_TEST(the_first_line_has_no_time_to_go_by)
{
    progress_view view = some_view();
    view.step = 0;
    view.figures.training_seconds = 0;
    view.figures.loss = view.figures.accuracy = NAN;
    progress_format_running(text, sizeof text, &view, 100);
    ck_assert_ptr_nonnull(strstr(text, "  0/938 [>"));
    ck_assert_ptr_nonnull(strstr(text, "ETA 0s"));
}
END_TEST

START_TEST(a_diverging_loss_is_plain_and_short)
{
    static const struct {
        double loss;
        const char *shown;
    } cases[] = {{-NAN, " - loss: nan - "},
                 {INFINITY, " - loss: inf - "},
                 {9999.5, " - loss: 9999.5000 - "},
                 {12345.678, " - loss: 1.235e+04 - "},
                 {1.23456e30, " - loss: 1.235e+30 - "}};
    progress_view view = done_view();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        view.figures.loss = view.figures.val_loss = cases[i].loss;
        progress_format_running(text, sizeof text, &view, 100);
        ck_assert_msg(strstr(text, cases[i].shown) != NULL, "%s", text);
        progress_format_done(text, sizeof text, &view, 0);
        ck_assert_msg(strstr(text, cases[i].shown) != NULL, "%s", text);
        ck_assert_msg(strstr(strstr(text, "val_loss"), cases[i].shown + strlen(" - loss: ")) !=
                          NULL,
                      "%s", text);
    }
}
END_TEST

START_TEST(long_times_are_in_minutes_and_hours)
{
    progress_view view = some_view();
    view.figures.training_seconds = 75;
    progress_format_running(text, sizeof text, &view, 100);
    ck_assert_ptr_nonnull(strstr(text, "ETA 1:15 "));
    view.figures.training_seconds = 7267;
    progress_format_running(text, sizeof text, &view, 100);
    ck_assert_ptr_nonnull(strstr(text, "ETA 2:01:07 "));
}
END_TEST

START_TEST(a_running_line_is_never_wider_than_it_may_be)
{
    const progress_view view = some_view();
    for (unsigned width = 1; width <= 200; width++) {
        progress_format_running(text, sizeof text, &view, width);
        ck_assert_uint_le(strlen(text), width);
        ck_assert_ptr_null(strchr(text, '\n'));
    }
}
END_TEST

START_TEST(a_done_epoch_is_one_line_where_there_is_room)
{
    const progress_view view = done_view();
    progress_format_done(text, sizeof text, &view, 130);
    ck_assert_str_eq(text, "938/938 [============================] 7s 6.5ms/step - loss: 0.1235 - "
                           "accuracy: 0.9877 - val_loss: 0.0345 - val_accuracy: 0.9896");
}
END_TEST

/* Extreme values of an epoch of this network: the most steps, hours, and long losses. */
START_TEST(a_done_epoch_is_one_line_in_eighty_columns)
{
    progress_view view = done_view();
    progress_format_done(text, sizeof text, &view, 79);
    ck_assert_str_eq(text, "938/938 7s 6.5ms/step loss 0.1235 acc 0.9877 val_loss 0.0345 val_acc "
                           "0.9896");
    view.step = view.steps = 60000;
    view.figures.training_seconds = 7200;
    progress_format_done(text, sizeof text, &view, 79);
    ck_assert_str_eq(text, "60000/60000 2:00:01 loss 0.1235 acc 0.9877 val_loss 0.0345 val_acc "
                           "0.9896");
    view.figures.loss = view.figures.val_loss = 1.23456e30;
    progress_format_done(text, sizeof text, &view, 79);
    ck_assert_ptr_null(strchr(text, '\n'));
}
END_TEST

START_TEST(a_done_epoch_in_a_narrow_window_breaks_before_the_validation)
{
    progress_view view = done_view();
    view.step = view.steps = 3750;
    progress_format_done(text, sizeof text, &view, 59);
    ck_assert_str_eq(text, "3750/3750 7s loss 0.1235 acc 0.9877\n"
                           "val_loss 0.0345 val_acc 0.9896");
}
END_TEST

START_TEST(a_running_line_shows_all_its_figures_in_sixty_columns)
{
    progress_view view = some_view();
    view.step = 20000;
    view.steps = 60000;
    view.figures.training_seconds = 3600;
    progress_format_running(text, sizeof text, &view, 57);
    ck_assert_str_eq(text, "20000/60000 ETA 2:00:00 - loss: 0.1235 - accuracy: 0.9877");
}
END_TEST

START_TEST(a_done_epoch_loses_no_figure_and_no_line_is_too_wide)
{
    static const char *const full[] = {"loss: 0.1235", "accuracy: 0.9877", "val_loss: 0.0345",
                                       "val_accuracy: 0.9896"};
    static const char *const brief[] = {"loss 0.1235", "acc 0.9877", "val_loss 0.0345",
                                        "val_acc 0.9896"};
    const progress_view view = done_view();
    for (unsigned width = 24; width <= 200; width++) {
        char *rest = text;
        progress_format_done(text, sizeof text, &view, width);
        const char *const *figures = strstr(text, "accuracy: ") != NULL ? full : brief;
        for (size_t i = 0; i < 4; i++) {
            ck_assert_msg(strstr(text, figures[i]) != NULL, "%s", text);
        }
        for (char *line = strtok_r(rest, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            ck_assert_uint_le(strlen(line), width);
        }
    }
}
END_TEST

START_TEST(without_a_terminal_an_epoch_is_one_line_with_its_number)
{
    const progress_view view = done_view();
    progress_format_done(text, sizeof text, &view, 0);
    ck_assert_str_eq(text, "Epoch  2/15 - 938/938 - 7s 6.5ms/step - loss: 0.1235 - accuracy: "
                           "0.9877 - val_loss: 0.0345 - val_accuracy: 0.9896");
}
END_TEST

START_TEST(step_times_have_a_fitting_unit)
{
    progress_view view = done_view();
    const struct {
        double seconds;
        const char *shown;
    } cases[] = {{9.38e-2, " 100us/step"}, {9.38, " 10ms/step"}, {938 * 1.5, " 1.50s/step"}};
    for (size_t i = 0; i < 3; i++) {
        view.figures.training_seconds = cases[i].seconds;
        progress_format_done(text, sizeof text, &view, 0);
        ck_assert_msg(strstr(text, cases[i].shown) != NULL, "%s", text);
    }
}
END_TEST

/* Everything that a display in this mode prints for one epoch of `steps` steps, a hundredth of a
 * second each. The caller frees it. */
static char *display_epoch(progress_mode mode, uint32_t steps)
{
    char *output = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&output, &size);
    progress display;
    progress_view view = some_view();
    view.steps = steps;
    progress_init(&display, out, mode);
    progress_say(&display, "head %d", 1);
    progress_epoch_begin(&display, 2, 15);
    for (view.step = 1; view.step <= steps; view.step++) {
        progress_update(&display, &view, 100 + 0.01 * view.step);
    }
    view.step = steps;
    progress_epoch_end(&display, &view);
    fclose(out);
    return output;
}

static unsigned count(const char *output, char wanted)
{
    unsigned found = 0;
    for (; *output != '\0'; output++) {
        found += *output == wanted;
    }
    return found;
}

START_TEST(a_terminal_is_redrawn_at_most_ten_times_a_second)
{
    char *output = display_epoch(PROGRESS_REDRAW, 500); /* five seconds */
    ck_assert_uint_ge(count(output, '\r'), 40);
    ck_assert_uint_le(count(output, '\r'), 53); /* ten a second, the last step, the end */
    ck_assert_ptr_nonnull(strstr(output, "head 1\nEpoch 2/15\n\r"));
    ck_assert_int_eq(output[strlen(output) - 1], '\n');
    free(output);
}
END_TEST

START_TEST(a_line_that_is_broken_off_is_erased)
{
    char *output = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&output, &size);
    progress display;
    const progress_view view = some_view();
    progress_init(&display, out, PROGRESS_REDRAW);
    progress_update(&display, &view, 100);
    progress_break(&display);
    progress_break(&display); /* nothing is left to erase */
    fputs("stopped", out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(output, "accuracy: 0.9877\033[K\r\033[Kstopped"));
    free(output);
}
END_TEST

START_TEST(elsewhere_there_is_nothing_to_redraw)
{
    char *output = display_epoch(PROGRESS_LINES, 500);
    ck_assert_uint_eq(count(output, '\r'), 0);
    ck_assert_uint_eq(count(output, '\033'), 0);
    ck_assert_uint_eq(count(output, '\n'), 2);
    free(output);
}
END_TEST

START_TEST(quiet_says_nothing)
{
    char *output = display_epoch(PROGRESS_QUIET, 500);
    ck_assert_str_eq(output, "");
    free(output);
}
END_TEST

START_TEST(a_file_is_no_terminal)
{
    FILE *file = tmpfile();
    ck_assert_int_eq(progress_mode_for(file, false), PROGRESS_LINES);
    ck_assert_int_eq(progress_mode_for(file, true), PROGRESS_QUIET);
    fclose(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *display = tcase_create("display");
    tcase_add_test(display, a_running_epoch_shows_steps_bar_time_left_and_means);
    tcase_add_test(display, the_first_line_has_no_time_to_go_by);
    tcase_add_test(display, a_diverging_loss_is_plain_and_short);
    tcase_add_test(display, long_times_are_in_minutes_and_hours);
    tcase_add_test(display, a_running_line_is_never_wider_than_it_may_be);
    tcase_add_test(display, a_done_epoch_is_one_line_where_there_is_room);
    tcase_add_test(display, a_done_epoch_is_one_line_in_eighty_columns);
    tcase_add_test(display, a_done_epoch_in_a_narrow_window_breaks_before_the_validation);
    tcase_add_test(display, a_running_line_shows_all_its_figures_in_sixty_columns);
    tcase_add_test(display, a_done_epoch_loses_no_figure_and_no_line_is_too_wide);
    tcase_add_test(display, without_a_terminal_an_epoch_is_one_line_with_its_number);
    tcase_add_test(display, step_times_have_a_fitting_unit);
    tcase_add_test(display, a_terminal_is_redrawn_at_most_ten_times_a_second);
    tcase_add_test(display, a_line_that_is_broken_off_is_erased);
    tcase_add_test(display, elsewhere_there_is_nothing_to_redraw);
    tcase_add_test(display, quiet_says_nothing);
    tcase_add_test(display, a_file_is_no_terminal);
    suite_add_tcase(suite, display);
    return run_suite(suite);
}
