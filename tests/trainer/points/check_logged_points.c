/* The points that a resumed run does not log again: those found for each tag in a part's event
 * files. The files may be whole, truncated, damaged, from another program, or overlap. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "logged_points.h"
#include "made_part.h"
#include "message.h"
#include "run_tags.h"
#include "scratch.h"

static run_record past; /* names no event files unless a test adds some */
static logged_points logged;
static char notes[4 * MESSAGE_BYTES]; /* notes of the last reading, one per line */

static void set_up(void)
{
    scratch_make();
    scratch_make_directory("run");
    past = (run_record){.state = RUN_INTERRUPTED};
    logged = (logged_points){0};
}

static void tear_down(void)
{
    logged_points_free(&logged);
    run_record_free(&past);
    scratch_remove();
}

static void take_note(void *context, const char *line)
{
    (void)context;
    const size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s\n", line);
}

static void read_part(void)
{
    const note_printer note = {.print = take_note};
    char message[MESSAGE_BYTES] = "";
    notes[0] = '\0';
    ck_assert_msg(logged_points_read(&logged, made_part_run(), MADE_PART, &past, &note, message) ==
                      0,
                  "%s", message);
}

static void own(const char *name)
{
    ck_assert_int_eq(run_record_add_event_file(&past, MADE_PART, name), 0);
}

START_TEST(a_part_that_was_never_made_has_no_points)
{
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), -1);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(each_tag_has_its_own_last_step)
{
    tblog_writer *file = made_part_open();
    made_part_add(file, "loss", 1, 0.5);
    made_part_add(file, "accuracy", 1, 0.5);
    made_part_add(file, "loss", 2, 0.25);
    made_part_close(file, MADE_PART_FILE("1"));
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 2);
    ck_assert_int_eq(logged_points_last_step(&logged, "accuracy"), 1);
    ck_assert_int_eq(logged_points_last_step(&logged, "los"), -1);
    ck_assert_str_eq(notes, "");
}
END_TEST

/* A killed process may leave a torn record. No reader has seen its point. */
START_TEST(a_torn_last_record_has_no_point)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 5);
    made_part_tear(MADE_PART_FILE("1"), 3);
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 4);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(a_file_without_tags_has_no_points_and_hides_none)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 5);
    made_part_close(made_part_open(), MADE_PART_FILE("2"));
    read_part();
    ck_assert_uint_eq(logged.tag_count, 1);
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 5);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(a_file_that_the_run_does_not_own_has_none_of_its_points)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 5);
    made_part_write(MADE_PART_FILE("2"), "loss", 1, 50);
    own(MADE_PART_FILE("1"));
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 5);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(of_files_that_overlap_the_highest_step_counts)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 9);
    made_part_write(MADE_PART_FILE("2"), "loss", 4, 6);
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 9);
    logged_points_free(&logged);
    made_part_write(MADE_PART_FILE("3"), "loss", 8, 12);
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 12);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(a_damaged_file_counts_up_to_its_damage_and_is_noted)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 5);
    made_part_write(MADE_PART_FILE("2"), "accuracy", 1, 5);
    made_part_damage(MADE_PART_FILE("1"), 6); /* in the payload of step 5 */
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 4);
    ck_assert_int_eq(logged_points_last_step(&logged, "accuracy"), 5);
    ck_assert_msg(strstr(notes, "run/" MADE_PART "/" MADE_PART_FILE("1") ": ") != NULL, "%s",
                  notes);
    ck_assert_ptr_nonnull(strstr(notes, "; its points may be lost\n"));
    ck_assert_ptr_null(strstr(notes, MADE_PART_FILE("2")));
}
END_TEST

START_TEST(a_file_that_is_gone_is_noted)
{
    made_part_write(MADE_PART_FILE("2"), "loss", 1, 5);
    own(MADE_PART_FILE("1"));
    own(MADE_PART_FILE("2"));
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, "loss"), 5);
    ck_assert_msg(strstr(notes, MADE_PART_FILE("1") ": it is missing") != NULL, "%s", notes);
}
END_TEST

static void write_text(const char *name, int64_t step, const char *text)
{
    tblog_writer *file = made_part_open();
    ck_assert_int_eq(tblog_add_text(file, "configuration", step, text), TBLOG_OK);
    made_part_close(file, name);
}

START_TEST(a_text_is_kept_as_at_its_last_step)
{
    write_text(MADE_PART_FILE("1"), 1, "old");
    write_text(MADE_PART_FILE("2"), 3, "new");
    write_text(MADE_PART_FILE("3"), 2, "between");
    made_part_write(MADE_PART_FILE("4"), "loss", 1, 5);
    read_part();
    ck_assert_str_eq(logged_points_last_text(&logged, "configuration"), "new");
    ck_assert_ptr_null(logged_points_last_text(&logged, "loss"));
    ck_assert_ptr_null(logged_points_last_text(&logged, "none"));
}
END_TEST

START_TEST(a_graph_counts_although_it_has_no_tag)
{
    static const uint8_t graph[] = {0x0a, 0x00}; /* a node without a name */
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, LOGGED_GRAPH), -1);
    tblog_writer *file = made_part_open();
    ck_assert_int_eq(tblog_add_graph_def(file, graph, sizeof graph), TBLOG_OK);
    made_part_close(file, MADE_PART_FILE("1"));
    read_part();
    ck_assert_int_eq(logged_points_last_step(&logged, LOGGED_GRAPH), 0);
}
END_TEST

START_TEST(the_pace_of_each_epoch_is_that_of_the_last_file)
{
    tblog_writer *file = made_part_open();
    made_part_add(file, RUN_TAG_STEPS_PER_SECOND, 0, 10);
    made_part_add(file, RUN_TAG_STEPS_PER_SECOND, 2, 30);
    made_part_close(file, MADE_PART_FILE("1"));
    file = made_part_open();
    made_part_add(file, RUN_TAG_STEPS_PER_SECOND, 2, 40);
    made_part_close(file, MADE_PART_FILE("2"));
    read_part();
    ck_assert_double_eq(logged_points_steps_per_second(&logged, 0), 10);
    ck_assert_double_eq(logged_points_steps_per_second(&logged, 1), 0);
    ck_assert_double_eq(logged_points_steps_per_second(&logged, 2), 40);
    ck_assert_double_eq(logged_points_steps_per_second(&logged, 3), 0);
}
END_TEST

/* The file may be damaged or from another program, so its steps must not decide the size of an
 * array. */
START_TEST(the_pace_of_an_epoch_that_no_run_has_is_ignored)
{
    tblog_writer *file = made_part_open();
    made_part_add(file, RUN_TAG_STEPS_PER_SECOND, RUN_CONFIG_MAX_EPOCHS, 10);
    made_part_add(file, RUN_TAG_STEPS_PER_SECOND, -1, 10);
    made_part_close(file, MADE_PART_FILE("1"));
    read_part();
    ck_assert_uint_eq(logged.epoch_count, 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS_BETWEEN(
        set_up, tear_down, "logged_points", a_part_that_was_never_made_has_no_points,
        each_tag_has_its_own_last_step, a_torn_last_record_has_no_point,
        a_file_without_tags_has_no_points_and_hides_none,
        a_file_that_the_run_does_not_own_has_none_of_its_points,
        of_files_that_overlap_the_highest_step_counts,
        a_damaged_file_counts_up_to_its_damage_and_is_noted, a_file_that_is_gone_is_noted,
        a_text_is_kept_as_at_its_last_step, a_graph_counts_although_it_has_no_tag,
        the_pace_of_each_epoch_is_that_of_the_last_file,
        the_pace_of_an_epoch_that_no_run_has_is_ignored);
}
