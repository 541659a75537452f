#include "run_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "printable.h"

#define EVENT_FILE_PREFIX "events.out.tfevents."

const char *const run_parts[RUN_PARTS] = {"", RUN_TRAINING_PART, RUN_VALIDATION_PART};

static const char *const state_names[] = {"running", "finished", "interrupted", "diverged"};

const char *run_state_name(run_state state)
{
    return state_names[state];
}

run_state run_record_state_at_rest(const run_record *record)
{
    if (record->state != RUN_RUNNING) {
        return record->state;
    }
    return record->diverged_at_step > 0 ? RUN_DIVERGED : RUN_INTERRUPTED;
}

void run_record_format_divergence(char out[RUN_RECORD_DIVERGENCE_BYTES], const run_record *record)
{
    char step[RUN_CONFIG_STEP_BYTES];
    if (record->diverged_at_step == 0) {
        snprintf(out, RUN_RECORD_DIVERGENCE_BYTES, "diverged");
        return;
    }
    run_config_format_step(step, &record->config, record->diverged_at_step);
    snprintf(out, RUN_RECORD_DIVERGENCE_BYTES, "diverged at %s", step);
}

/* Makes room for one more element in an array of `count` elements, which grows at each power of
 * two. Returns the array, which may have moved; NULL without memory, and the array is unchanged. */
static void *make_room(void *array, size_t count, size_t element_bytes)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    return realloc(array, (count == 0 ? 1 : 2 * count) * element_bytes);
}

int run_record_add_epoch(run_record *record, const epoch_figures *epoch)
{
    epoch_figures *epochs = make_room(record->epochs, record->epoch_count, sizeof *epochs);
    if (epochs == NULL) {
        return -1;
    }
    record->epochs = epochs;
    record->epochs[record->epoch_count++] = *epoch;
    return 0;
}

void run_record_name_process(run_record *record)
{
    char host[sizeof record->host];
    if (gethostname(host, sizeof host) != 0) {
        host[0] = '\0';
    }
    host[sizeof host - 1] = '\0'; /* a name that was cut off may have no end */
    printable_copy(record->host, sizeof record->host, host);
    record->process = (uint64_t)getpid();
}

static void name_event_file(run_record_path out, const char *part, const char *name)
{
    snprintf(out, RUN_RECORD_PATH_BYTES, "%s%s%s", part, part[0] != '\0' ? "/" : "", name);
}

int run_record_add_event_path(run_record *record, const char *path)
{
    run_record_path *files =
        make_room(record->event_files, record->event_file_count, sizeof *files);
    if (files == NULL) {
        return -1;
    }
    record->event_files = files;
    snprintf(files[record->event_file_count++], RUN_RECORD_PATH_BYTES, "%s", path);
    return 0;
}

int run_record_add_event_file(run_record *record, const char *part, const char *path)
{
    run_record_path relative;
    const char *slash = strrchr(path, '/');
    name_event_file(relative, part, slash != NULL ? slash + 1 : path);
    return run_record_add_event_path(record, relative);
}

bool run_record_owns(const run_record *record, const char *part, const char *name)
{
    run_record_path path;
    if (record->event_file_count == 0) {
        return strncmp(name, EVENT_FILE_PREFIX, strlen(EVENT_FILE_PREFIX)) == 0;
    }
    name_event_file(path, part, name);
    for (uint32_t i = 0; i < record->event_file_count; i++) {
        if (strcmp(record->event_files[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_accuracy(double accuracy)
{
    return isnan(accuracy) || (accuracy >= 0 && accuracy <= 1);
}

bool run_record_has_accuracies(const epoch_figures *epoch)
{
    return is_accuracy(epoch->accuracy) && is_accuracy(epoch->val_accuracy);
}

void run_record_free(run_record *record)
{
    free(record->event_files);
    free(record->epochs);
    *record = (run_record){0};
}
