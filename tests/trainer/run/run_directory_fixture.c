#include "run_directory_fixture.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"

ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);
int __real_scandirat(int directory, const char *name, struct dirent ***names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_scandirat(int directory, const char *name, struct dirent ***names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **));

char message[MESSAGE_BYTES];
const char *unreadable;
bool reading_fails;
int passes;

const run_config config = {.batch_size = 4,
                           .epochs = 1,
                           .learning_rate = 1e-3,
                           .engine = "cpu",
                           .arithmetic = "none",
                           .precision = ENGINE_FP32,
                           .training_samples = 8,
                           .validation_samples = 8};

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
    if (reading_fails && passes-- <= 0) {
        errno = EIO;
        return -1;
    }
    return __real_read(fd, data, bytes);
}

int __wrap_scandirat(int directory, const char *name, struct dirent ***names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **))
{
    const size_t bytes = strlen(name);
    const size_t end_bytes = unreadable != NULL ? strlen(unreadable) : bytes + 1;
    if (end_bytes <= bytes && strcmp(name + bytes - end_bytes, unreadable) == 0) {
        errno = EIO;
        return -1;
    }
    return __real_scandirat(directory, name, names, filter, compare);
}

void write_run_in_state(run_state state)
{
    run_record record = {.state = state, .config = config};
    if (state == RUN_FINISHED) {
        ck_assert_int_eq(run_record_add_epoch(&record, &(epoch_figures){.loss = 1}), 0);
    }
    ck_assert_int_eq(run_record_add_event_file(&record, RUN_TRAINING_PART, TRAINING_EVENTS), 0);
    ck_assert_int_eq(run_record_add_event_file(&record, RUN_VALIDATION_PART, VALIDATION_EVENTS), 0);
    scratch_write(TRAINING_EVENTS, "events");
    scratch_write(VALIDATION_EVENTS, "events");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    run_record_free(&record);
}

void write_run(void)
{
    write_run_in_state(RUN_FINISHED);
}

run_directory_verdict judge(const char *name, run_directory_replace replace)
{
    message[0] = '\0';
    return run_directory_judge(scratch_path(name), &config, replace, message);
}

int open_replacing(run_directory **out, const char *name, run_directory_replace replace)
{
    return run_directory_open(out, scratch_path(name), &config, replace, message) ==
                   RUN_DIRECTORY_USABLE
               ? 0
               : -1;
}

void run_directory_set_up(void)
{
    scratch_make();
    reading_fails = false;
    unreadable = NULL;
    passes = 0;
}
