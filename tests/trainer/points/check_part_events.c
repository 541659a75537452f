/* Which of a part's event files are read, in which order, and which of their faults are notes,
 * errors or neither: for a run that is only read, and for one that is resumed. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "made_part.h"
#include "message.h"
#include "part_events.h"
#include "scratch.h"

enum { MOST_POINTS = 32 };

static run_record run; /* names no event files unless a test adds some */
static char message[MESSAGE_BYTES];
static char notes[4 * MESSAGE_BYTES]; /* notes of the last reading, one per line: "PATH: PROBLEM" */
static int64_t steps[MOST_POINTS];    /* [step_count], as they were read */
static size_t step_count;

static void set_up(void)
{
    scratch_make();
    scratch_make_directory("run");
    run = (run_record){.state = RUN_INTERRUPTED};
}

static void tear_down(void)
{
    run_record_free(&run);
    scratch_remove();
}

static int take_event(void *context, const tblog_event *event)
{
    (void)context;
    if (event->value_count > 0) {
        ck_assert_uint_lt(step_count, MOST_POINTS);
        steps[step_count++] = event->step;
    }
    return 0;
}

static void take_note(void *context, const char *path, const char *problem)
{
    (void)context;
    const size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s: %s\n", path, problem);
}

static int read_part(bool continues)
{
    const part_events_reader reader = {
        .take = take_event, .note = take_note, .continues = continues};
    notes[0] = '\0';
    message[0] = '\0';
    step_count = 0;
    return part_events_read(&reader, made_part_run(), MADE_PART, &run, message);
}

static void assert_steps(int64_t first, int64_t last)
{
    ck_assert_uint_eq(step_count, (size_t)(last - first + 1));
    for (size_t i = 0; i < step_count; i++) {
        ck_assert_int_eq(steps[i], first + (int64_t)i);
    }
}

START_TEST(files_are_read_in_the_order_of_their_names)
{
    made_part_write(MADE_PART_FILE("2"), "loss", 4, 6);
    made_part_write(MADE_PART_FILE("3"), "loss", 7, 9);
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 3);
    ck_assert_int_eq(read_part(false), 0);
    assert_steps(1, 9);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(other_programs_files_are_not_read)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 3);
    made_part_write("notes.txt", "loss", 4, 6);
    ck_assert_int_eq(read_part(true), 0);
    assert_steps(1, 3);
    made_part_write(MADE_PART_FILE("2"), "loss", 4, 6); /* named like ours, but not in run.json */
    ck_assert_int_eq(run_record_add_event_file(&run, MADE_PART, MADE_PART_FILE("1")), 0);
    ck_assert_int_eq(read_part(true), 0);
    assert_steps(1, 3);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(a_file_of_another_part_is_not_missing_here)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 3);
    ck_assert_int_eq(run_record_add_event_file(&run, MADE_PART, MADE_PART_FILE("1")), 0);
    ck_assert_int_eq(run_record_add_event_file(&run, "validation", MADE_PART_FILE("2")), 0);
    ck_assert_int_eq(run_record_add_event_file(&run, "", MADE_PART_FILE("3")), 0);
    ck_assert_int_eq(read_part(true), 0);
    ck_assert_str_eq(notes, "");
}
END_TEST

START_TEST(a_torn_record_is_noted_only_at_the_end_of_a_run_at_rest)
{
    static const struct {
        const char *torn;
        run_state state;
        bool continues;
        bool noted;
    } cases[] = {
        {MADE_PART_FILE("2"), RUN_INTERRUPTED, false, true},
        {MADE_PART_FILE("2"), RUN_RUNNING, false, false}, /* it is being written */
        {MADE_PART_FILE("2"), RUN_INTERRUPTED, true, false},
        {MADE_PART_FILE("1"), RUN_INTERRUPTED, false, false}, /* of a process that was killed */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made_part_write(MADE_PART_FILE("1"), "loss", 1, 3);
        made_part_write(MADE_PART_FILE("2"), "loss", 4, 6);
        made_part_tear(cases[i].torn, 3);
        run.state = cases[i].state;
        ck_assert_int_eq(read_part(cases[i].continues), 0);
        ck_assert_uint_eq(step_count, 5);
        ck_assert_msg((strstr(notes, cases[i].torn) != NULL) == cases[i].noted, "case %zu: %s", i,
                      notes);
    }
}
END_TEST

START_TEST(damage_is_noted_always_and_ends_its_file_alone)
{
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 3);
    made_part_write(MADE_PART_FILE("2"), "loss", 3, 5);
    made_part_damage(MADE_PART_FILE("1"), 6); /* in the payload of step 3 */
    for (int continues = 0; continues < 2; continues++) {
        run.state = continues ? RUN_INTERRUPTED : RUN_RUNNING;
        ck_assert_int_eq(read_part(continues != 0), 0);
        assert_steps(1, 5);
        ck_assert_msg(strncmp(notes, MADE_PART "/" MADE_PART_FILE("1") ": ",
                              strlen(MADE_PART "/" MADE_PART_FILE("1") ": ")) == 0,
                      "%s", notes);
    }
}
END_TEST

/* If a resumed run skipped it, its points would be logged twice. */
START_TEST(a_file_that_cannot_be_read_is_an_error_only_if_the_run_is_continued)
{
    made_part_write(MADE_PART_FILE("2"), "loss", 1, 3);
    ck_assert_int_eq(symlink("nowhere", scratch_path("run/train/" MADE_PART_FILE("1"))), 0);
    ck_assert_int_eq(read_part(false), 0);
    assert_steps(1, 3);
    ck_assert_str_eq(notes, MADE_PART "/" MADE_PART_FILE("1") ": No such file or directory\n");
    ck_assert_int_eq(read_part(true), -1);
    ck_assert_msg(strstr(message, MADE_PART_FILE("1") " cannot be read: No such file or "
                                                      "directory; without it points would be "
                                                      "logged twice") != NULL,
                  "%s", message);
}
END_TEST

START_TEST(a_part_that_is_no_directory_is_an_error_only_if_the_run_is_continued)
{
    ck_assert_int_eq(read_part(true), 0); /* without the part nothing can be logged twice */
    scratch_write("run/" MADE_PART, "");
    ck_assert_int_eq(read_part(false), 0);
    ck_assert_str_eq(notes, MADE_PART ": Not a directory\n");
    ck_assert_int_eq(read_part(true), -1);
}
END_TEST

static int refuse_event(void *context, const tblog_event *event)
{
    (void)context;
    (void)event;
    return -1;
}

START_TEST(a_reader_without_memory_ends_the_reading)
{
    const part_events_reader reader = {.take = refuse_event, .note = take_note};
    made_part_write(MADE_PART_FILE("1"), "loss", 1, 3);
    ck_assert_int_eq(part_events_read(&reader, made_part_run(), MADE_PART, &run, message), -1);
    ck_assert_msg(strstr(message, MADE_PART_FILE("1") ": no memory to read it") != NULL, "%s",
                  message);
}
END_TEST

int main(void)
{
    return RUN_TESTS_BETWEEN(
        set_up, tear_down, "part_events", files_are_read_in_the_order_of_their_names,
        other_programs_files_are_not_read, a_file_of_another_part_is_not_missing_here,
        a_torn_record_is_noted_only_at_the_end_of_a_run_at_rest,
        damage_is_noted_always_and_ends_its_file_alone,
        a_file_that_cannot_be_read_is_an_error_only_if_the_run_is_continued,
        a_part_that_is_no_directory_is_an_error_only_if_the_run_is_continued,
        a_reader_without_memory_ends_the_reading);
}
