/* The event files that a resumed run finds: some cannot be read, are damaged or missing, or are not
 * on the disk yet. System calls are wrapped, to observe them and make them fail. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_run.h"
#include "scratch.h"

typedef int entry_filter(const struct dirent *entry);
typedef int entry_order(const struct dirent **a, const struct dirent **b);

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_pread(int fd, void *data, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset);
int __real_scandir(const char *path, struct dirent ***out, entry_filter *filter,
                   entry_order *order);
int __wrap_scandir(const char *path, struct dirent ***out, entry_filter *filter,
                   entry_order *order);

/* A system call that fails if its file's path contains `path`. */
typedef struct failing_call {
    const char *name;
    const char *path;
    int error;
} failing_call;

static failing_call failing;
static char synced[64][PATH_MAX]; /* [synced_count], in their order */
static size_t synced_count;

static bool fails(const char *name, const char *path)
{
    errno = failing.error;
    return failing.name != NULL && strcmp(name, failing.name) == 0 &&
           strstr(path, failing.path) != NULL;
}

/* The path of an open file. */
static const char *path_of(int fd)
{
    static char path[PATH_MAX];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return path;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails("open", path) ? -1 : __real_open(path, flags, mode);
}

int __wrap_fsync(int fd)
{
    ck_assert_uint_lt(synced_count, sizeof synced / sizeof synced[0]);
    snprintf(synced[synced_count++], PATH_MAX, "%s", path_of(fd));
    return fails("fsync", path_of(fd)) ? -1 : __real_fsync(fd);
}

ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset)
{
    return fails("pread", path_of(fd)) ? -1 : __real_pread(fd, data, bytes, offset);
}

int __wrap_scandir(const char *path, struct dirent ***out, entry_filter *filter, entry_order *order)
{
    return fails("scandir", path) ? -1 : __real_scandir(path, out, filter, order);
}

static void set_up(void)
{
    fake_run_set_up();
    failing = (failing_call){0};
    synced_count = 0;
}

/* A run that failed in its third epoch, with a state after the second, and is to be resumed. */
static void make_past(void)
{
    fake_engine_plan_now.lost_at_step = 2 * STEPS + 3;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    fake_engine_plan_now.lost_at_step = 0;
    fake_run_resumes = true;
}

/* The first event file that the run names in a part, from the scratch directory. */
static const char *event_file(const char *part)
{
    static char path[RUN_RECORD_PATH_BYTES + 8];
    for (uint32_t i = 0; i < fake_run_record.event_file_count; i++) {
        if (strncmp(fake_run_record.event_files[i], part, strlen(part)) == 0) {
            snprintf(path, sizeof path, "run/%s", fake_run_record.event_files[i]);
            return path;
        }
    }
    ck_abort_msg("the run names no file in %s", part);
}

/* ---- What cannot be read ---- */

static const failing_call unreadable[] = {
    {"open", "run/train/events", EACCES},       {"open", "run/events", EIO},
    {"pread", "run/train/events", EIO},         {"pread", "run/events", EIO},
    {"pread", "run/validation/events", ESTALE}, {"scandir", "run/train", EACCES},
    {"scandir", "run/validation", EIO},         {"fsync", "run/train/events", EIO},
    {"fsync", "run/validation", EIO},
};

START_TEST(a_run_whose_event_files_cannot_be_read_is_not_resumed_nor_changed)
{
    make_past();
    char *before = scratch_read("run/run.json");
    failing = unreadable[_i];
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    failing.name = NULL;
    ck_assert_ptr_nonnull(strstr(fake_run_message, unreadable[_i].path));
    ck_assert_ptr_nonnull(strstr(fake_run_message, strerror(unreadable[_i].error)));
    char *after = scratch_read("run/run.json");
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(scratch_count("run/train"), 1);
    free(before);
    free(after);
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), EPOCHS);
}
END_TEST

/* The index of the path among the synced ones; SIZE_MAX if there is none. */
static size_t synced_at(const char *path)
{
    for (size_t i = 0; i < synced_count; i++) {
        if (strstr(synced[i], path) != NULL) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* The process that wrote the event files may have been killed before it synced them. */
START_TEST(what_is_there_is_on_disk_before_a_state_is_saved)
{
    static const char *const parts[] = {"train/", "validation/", "events"};
    char files[3][RUN_RECORD_PATH_BYTES + 8];
    make_past();
    for (size_t i = 0; i < 3; i++) {
        snprintf(files[i], sizeof files[i], "%s", event_file(parts[i]));
    }
    synced_count = 0;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    const size_t saved_at = synced_at("run/checkpoint");
    ck_assert_uint_ne(saved_at, SIZE_MAX);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(synced_at(files[i]) < saved_at, "%s", files[i]);
    }
}
END_TEST

/* ---- What is damaged or missing ---- */

/* Resumes the run to its end. The caller frees the returned output. */
static char *resume(void)
{
    char *output = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&output, &size);
    progress_init(&fake_run_display, out, PROGRESS_LINES);
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    fclose(out);
    return output;
}

static void assert_has(const char *output, const char *part_of_a_line)
{
    ck_assert_msg(strstr(output, part_of_a_line) != NULL, "%s", output);
}

START_TEST(a_run_whose_event_files_are_whole_is_resumed_without_a_note)
{
    make_past();
    char *output = resume();
    ck_assert_msg(strstr(output, "Note") == NULL, "%s", output);
    free(output);
}
END_TEST

/* A killed process may leave one. */
START_TEST(a_torn_last_record_is_no_damage)
{
    make_past();
    FILE *file = fopen(scratch_path(event_file("train/")), "a");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fputc(1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
    char *output = resume();
    ck_assert_msg(strstr(output, "Note") == NULL, "%s", output);
    free(output);
}
END_TEST

START_TEST(a_missing_event_file_is_noted_with_the_tags_that_end_before_the_state)
{
    char note[RUN_RECORD_PATH_BYTES + 64];
    make_past();
    const char *path = event_file("train/");
    snprintf(note, sizeof note, "%s: it is missing; its points may be lost\n", path);
    ck_assert_int_eq(unlink(scratch_path(path)), 0);
    char *output = resume();
    assert_has(output, note);
    assert_has(output, "run: the state is after step 12, but train/batch_loss has no point, "
                       "train/epoch_loss has no point; points between are lost\n");
    free(output);
}
END_TEST

START_TEST(a_part_that_is_missing_is_noted)
{
    make_past();
    ck_assert_int_eq(unlink(scratch_path(event_file("validation/"))), 0);
    ck_assert_int_eq(rmdir(scratch_path("run/validation")), 0);
    char *output = resume();
    assert_has(output, ": it is missing; its points may be lost\n");
    assert_has(output, "validation/evaluation_loss_vs_iterations has no point, "
                       "validation/epoch_loss has no point; points between are lost\n");
    free(output);
}
END_TEST

/* A point in a training part's file. */
typedef struct sought_point {
    const char *tag;
    int64_t step;
    uint64_t offset; /* where its event begins; 0 until it is found */
} sought_point;

static void take_offset(const tblog_event *event, void *context)
{
    sought_point *sought = context;
    if (event->value_count > 0 && strcmp(event->values[0]->tag, sought->tag) == 0 &&
        event->step == sought->step) {
        sought->offset = event->offset;
    }
}

/* Flips a bit of the point's event. */
static void damage_point(const char *tag, int64_t step)
{
    sought_point sought = {.tag = tag, .step = step};
    fake_run_read("run/train", take_offset, &sought);
    FILE *file = fopen(scratch_path(event_file("train/")), "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(sought.offset, 0);
    ck_assert_int_eq(fseek(file, (long)sought.offset + 20, SEEK_SET), 0);
    const int byte = fgetc(file);
    ck_assert_int_eq(fseek(file, -1, SEEK_CUR), 0);
    ck_assert_int_eq(fputc(byte ^ 1, file), byte ^ 1);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_damaged_event_file_is_noted_with_the_tags_that_end_before_the_state)
{
    char note[RUN_RECORD_PATH_BYTES + 64];
    make_past();
    damage_point("batch_loss", STEPS + 3);
    snprintf(note, sizeof note, "%s: at byte ", event_file("train/"));
    char *output = resume();
    assert_has(output, note);
    assert_has(output, "the state is after step 12, but train/batch_loss ends at step 8, "
                       "train/epoch_loss ends at step 0; points between are lost\n");
    free(output);
}
END_TEST

/* The last step's means are in two events. If the first is lost, so is the second. */
START_TEST(lost_points_at_samples_are_noted_with_those_at_steps)
{
    make_past();
    damage_point("batch_loss_vs_samples", 2 * TRAINING_SAMPLES);
    char *output = resume();
    assert_has(output, "the state is after step 12, but train/batch_loss ends at step 11, ");
    free(output);
}
END_TEST

/* A training part's file, and a copy of it as a trainer without the samples axis wrote it. */
typedef struct older_copy {
    FILE *whole;
    FILE *copy;
} older_copy;

static void copy_unless_samples(const tblog_event *event, void *context)
{
    const older_copy *self = context;
    char record[65536];
    uint64_t payload_bytes;
    ck_assert_int_eq(fseek(self->whole, (long)event->offset, SEEK_SET), 0);
    ck_assert_uint_eq(fread(&payload_bytes, sizeof payload_bytes, 1, self->whole), 1);
    const size_t bytes = 16 + (size_t)payload_bytes; /* with its length and two checksums */
    ck_assert_uint_le(bytes, sizeof record);
    ck_assert_int_eq(fseek(self->whole, (long)event->offset, SEEK_SET), 0);
    ck_assert_uint_eq(fread(record, 1, bytes, self->whole), bytes);
    if (event->value_count == 0 || strstr(event->values[0]->tag, "_vs_samples") == NULL) {
        ck_assert_uint_eq(fwrite(record, 1, bytes, self->copy), bytes);
    }
}

static void drop_points_at_samples(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_path(event_file("train/")));
    older_copy older = {fopen(path, "r"), fopen(scratch_path("older"), "w")};
    ck_assert_ptr_nonnull(older.whole);
    ck_assert_ptr_nonnull(older.copy);
    fake_run_read("run/train", copy_unless_samples, &older);
    ck_assert_int_eq(fclose(older.whole), 0);
    ck_assert_int_eq(fclose(older.copy), 0);
    ck_assert_int_eq(rename(scratch_path("older"), path), 0);
}

START_TEST(a_run_older_than_the_samples_axis_has_it_from_where_it_is_resumed)
{
    make_past();
    drop_points_at_samples();
    char *output = resume();
    ck_assert_msg(strstr(output, "Note") == NULL, "%s", output);
    free(output);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "batch_loss_vs_samples"), STEPS);
    ck_assert(isfinite(
        points_value(&training, "batch_loss_vs_samples", 2 * TRAINING_SAMPLES + BATCH_SIZE)));
}
END_TEST

/* Steps that are trained again are logged again if their points are lost. */
START_TEST(damage_after_the_state_is_noted_and_loses_nothing_more)
{
    make_past();
    damage_point("batch_loss", 2 * STEPS + 1);
    char *output = resume();
    assert_has(output, ": at byte ");
    ck_assert_msg(strstr(output, "the state is after") == NULL, "%s", output);
    free(output);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_past");
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, set_up, fake_run_tear_down);
    tcase_add_loop_test(reading, a_run_whose_event_files_cannot_be_read_is_not_resumed_nor_changed,
                        0, sizeof unreadable / sizeof unreadable[0]);
    tcase_add_test(reading, what_is_there_is_on_disk_before_a_state_is_saved);
    tcase_add_test(reading, a_run_whose_event_files_are_whole_is_resumed_without_a_note);
    tcase_add_test(reading, a_torn_last_record_is_no_damage);
    tcase_add_test(reading, a_missing_event_file_is_noted_with_the_tags_that_end_before_the_state);
    tcase_add_test(reading, a_part_that_is_missing_is_noted);
    tcase_add_test(reading, a_damaged_event_file_is_noted_with_the_tags_that_end_before_the_state);
    tcase_add_test(reading, lost_points_at_samples_are_noted_with_those_at_steps);
    tcase_add_test(reading, a_run_older_than_the_samples_axis_has_it_from_where_it_is_resumed);
    tcase_add_test(reading, damage_after_the_state_is_noted_and_loses_nothing_more);
    suite_add_tcase(suite, reading);
    return run_suite(suite);
}
