#include "run_record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file_read.h"
#include "file_replace.h"
#include "message.h"
#include "printable.h"
#include "real_to_json.h"
#include "run_config_json.h"

enum { LOAD_TRIES = 5 };

/* NULL (left out) if the run does not measure the gradient noise scale. */
static json_t *noise_to_json(const run_record *record, double value)
{
    return record->config.noise_scale ? real_to_json(value) : NULL;
}

static json_t *epoch_to_json(const run_record *record, const epoch_figures *epoch)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:f, s:f, s:o*, s:o*, s:o*}",                //
                     "loss", real_to_json(epoch->loss),                                 //
                     "accuracy", real_to_json(epoch->accuracy),                         //
                     "val_loss", real_to_json(epoch->val_loss),                         //
                     "val_accuracy", real_to_json(epoch->val_accuracy),                 //
                     "training_seconds", epoch->training_seconds,                       //
                     "validation_seconds", epoch->validation_seconds,                   //
                     "gradient_variance", noise_to_json(record, epoch->noise.variance), //
                     "gradient_square", noise_to_json(record, epoch->noise.square),     //
                     "noise_scale", noise_to_json(record, epoch->noise.scale));
}

static json_t *memory_to_json(const engine_memory *memory)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",               //
                     "data", (json_int_t)memory->data,               //
                     "parameters", (json_int_t)memory->parameters,   //
                     "optimizer", (json_int_t)memory->optimizer,     //
                     "gradients", (json_int_t)memory->gradients,     //
                     "activations", (json_int_t)memory->activations, //
                     "workspace", (json_int_t)memory->workspace);
}

/* The last epoch with the seconds of all; NULL (left out) before the first. */
static json_t *results_to_json(const run_record *record)
{
    if (record->epoch_count == 0) {
        return NULL;
    }
    epoch_figures results = record->epochs[record->epoch_count - 1];
    for (uint32_t i = 0; i + 1 < record->epoch_count; i++) {
        results.training_seconds += record->epochs[i].training_seconds;
        results.validation_seconds += record->epochs[i].validation_seconds;
    }
    return epoch_to_json(record, &results);
}

/* NULL (left out) for a run that has not diverged. */
static json_t *divergence_to_json(const run_record *record)
{
    return record->diverged_at_step > 0 ? json_integer((json_int_t)record->diverged_at_step) : NULL;
}

/* NULL (left out) if there are none. */
static json_t *event_files_to_json(const run_record *record)
{
    json_t *files = record->event_file_count > 0 ? json_array() : NULL;
    for (uint32_t i = 0; i < record->event_file_count; i++) {
        if (json_array_append_new(files, json_string(record->event_files[i])) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

static json_t *record_to_json(const run_record *record)
{
    json_t *epochs = json_array();
    for (uint32_t i = 0; i < record->epoch_count; i++) {
        if (json_array_append_new(epochs, epoch_to_json(record, &record->epochs[i])) != 0) {
            json_decref(epochs);
            return NULL;
        }
    }
    const char *host = record->host[0] != '\0' ? record->host : NULL;
    json_t *process = record->process != 0 ? json_integer((json_int_t)record->process) : NULL;
    return json_pack(
        "{s:i, s:s, s:s, s:o*, s:o, s:s, s:s*, s:o*, s:I, s:I, s:o, s:o, s:o*, s:o*}", //
        "format", 1,                                                                   //
        "program", "trainer " TRAINER_VERSION,                                         //
        "state", run_state_name(record->state),                                        //
        "diverged_at_step", divergence_to_json(record),                                //
        "configuration", run_config_to_json(&record->config),                          //
        "hardware", record->hardware,                                                  //
        "host", host,                                                                  //
        "process", process,                                                            //
        "runs_at_once", (json_int_t)record->runs_at_once,                              //
        "peak_bytes", (json_int_t)record->memory.total,                                //
        "memory", memory_to_json(&record->memory),                                     //
        "epochs", epochs,                                                              //
        "event_files", event_files_to_json(record),                                    //
        "results", results_to_json(record));
}

int run_record_write(const run_record *record, int fd, const char *directory, char *message)
{
    json_t *root = record_to_json(record);
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (text == NULL) {
        return message_set(message, "%s/" RUN_RECORD_FILE ": no memory to write it", directory);
    }
    const file_piece piece = {text, strlen(text)};
    const int status = file_replace(fd, RUN_RECORD_FILE, &piece, 1, true);
    if (status != 0) {
        message_set(message, "%s/" RUN_RECORD_FILE " cannot be written: %s", directory,
                    strerror(errno));
    }
    free(text);
    return status;
}

static double real_or_nan(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static uint64_t count_or_zero(const json_t *object, const char *key)
{
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static int read_state(run_state *out, const json_t *root, char *message)
{
    const char *name = json_string_value(json_object_get(root, "state"));
    for (run_state state = RUN_RUNNING; name != NULL && state <= RUN_DIVERGED; state++) {
        if (strcmp(name, run_state_name(state)) == 0) {
            *out = state;
            return 0;
        }
    }
    return message_set(message, "state \"%.60s\" is not running, finished, interrupted or diverged",
                       name != NULL ? name : "");
}

static bool is_duration(double seconds)
{
    return seconds >= 0 && seconds <= 1e9; /* 31 years */
}

static file_presence damaged(char *message, const char *how)
{
    message_set(message, "%s", how);
    return FILE_DAMAGED;
}

static file_presence without_memory(char *message)
{
    message_set(message, "no memory");
    return FILE_UNREADABLE;
}

static file_presence read_epochs(run_record *record, const json_t *root, char *message)
{
    const json_t *epochs = json_object_get(root, "epochs");
    size_t index;
    json_t *item;
    if (!json_is_array(epochs) || json_array_size(epochs) > record->config.epochs) {
        message_set(message, "epochs is not an array of at most %u",
                    (unsigned)record->config.epochs);
        return FILE_DAMAGED;
    }
    json_array_foreach(epochs, index, item)
    {
        const epoch_figures epoch = {
            .loss = real_or_nan(item, "loss"),
            .accuracy = real_or_nan(item, "accuracy"),
            .val_loss = real_or_nan(item, "val_loss"),
            .val_accuracy = real_or_nan(item, "val_accuracy"),
            .training_seconds = real_or_nan(item, "training_seconds"),
            .validation_seconds = real_or_nan(item, "validation_seconds"),
            .noise = {real_or_nan(item, "gradient_variance"), real_or_nan(item, "gradient_square"),
                      real_or_nan(item, "noise_scale")},
        };
        if (!is_duration(epoch.training_seconds) || !is_duration(epoch.validation_seconds)) {
            message_set(message, "epoch %zu has no seconds from 0 to 1e9", index + 1);
            return FILE_DAMAGED;
        }
        if (!run_record_has_accuracies(&epoch)) {
            message_set(message, "epoch %zu has no accuracies from 0 to 1", index + 1);
            return FILE_DAMAGED;
        }
        if (run_record_add_epoch(record, &epoch) != 0) {
            return without_memory(message);
        }
    }
    return FILE_READ;
}

/* Earlier versions called every run finished, even if its loss was not finite. */
static void find_divergence(run_record *record)
{
    for (uint32_t i = 0; record->state == RUN_FINISHED && i < record->epoch_count; i++) {
        if (isnan(record->epochs[i].loss) || isnan(record->epochs[i].val_loss)) {
            record->state = RUN_DIVERGED;
        }
    }
}

/* Is this the path of an event file in a part of the run, and of nothing outside? */
static bool is_event_path(const char *path)
{
    const char *slash = strchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const size_t part_bytes = (size_t)(name - path);
    return strlen(path) < RUN_RECORD_PATH_BYTES && slash != path && path[0] != '.' &&
           part_bytes < RUN_RECORD_PATH_BYTES - NAME_MAX && strchr(name, '/') == NULL &&
           strstr(name, "tfevents") != NULL;
}

static file_presence read_event_files(run_record *record, const json_t *root, char *message)
{
    const json_t *files = json_object_get(root, "event_files");
    size_t index;
    json_t *item;
    if (files == NULL) {
        return FILE_READ;
    }
    if (!json_is_array(files) || json_array_size(files) == 0) {
        return damaged(message, "event_files is not an array of names");
    }
    json_array_foreach(files, index, item)
    {
        const char *path = json_string_value(item);
        if (path == NULL || !is_event_path(path)) {
            return damaged(message, "event_files has an entry that is no event file's name");
        }
        if (run_record_add_event_path(record, path) != 0) {
            return without_memory(message);
        }
    }
    return FILE_READ;
}

/* Unless it is FILE_READ the message does not name the file. */
static file_presence read_record(run_record *record, const json_t *root, char *message)
{
    const char *hardware = json_string_value(json_object_get(root, "hardware"));
    const char *host = json_string_value(json_object_get(root, "host"));
    const json_t *memory = json_object_get(root, "memory");
    if (json_integer_value(json_object_get(root, "format")) != 1) {
        return damaged(message, "format is not 1");
    }
    if (read_state(&record->state, root, message) != 0 ||
        run_config_from_json(&record->config, json_object_get(root, "configuration"), message) !=
            0) {
        return FILE_DAMAGED;
    }
    printable_copy(record->hardware, sizeof record->hardware, hardware != NULL ? hardware : "");
    printable_copy(record->host, sizeof record->host, host != NULL ? host : "");
    record->process = count_or_zero(root, "process");
    const uint64_t at_once = count_or_zero(root, "runs_at_once");
    record->runs_at_once = at_once > 0 && at_once <= UINT32_MAX ? (uint32_t)at_once : 1;
    record->memory = (engine_memory){
        .data = count_or_zero(memory, "data"),
        .parameters = count_or_zero(memory, "parameters"),
        .optimizer = count_or_zero(memory, "optimizer"),
        .gradients = count_or_zero(memory, "gradients"),
        .activations = count_or_zero(memory, "activations"),
        .workspace = count_or_zero(memory, "workspace"),
        .total = count_or_zero(root, "peak_bytes"),
    };
    record->diverged_at_step = count_or_zero(root, "diverged_at_step");
    file_presence presence = read_event_files(record, root, message);
    if (presence == FILE_READ) {
        presence = read_epochs(record, root, message);
    }
    find_divergence(record);
    return presence;
}

/* The place of run.json: `name` relative to the descriptor `fd`, as for openat. */
typedef struct record_place {
    int fd;
    const char *name;
    const char *path; /* what messages call it */
} record_place;

/* Parses run.json. NULL with *presence and a message; otherwise *presence is unchanged. */
static json_t *load_once(const record_place *place, file_presence *presence, char *message)
{
    char *text = NULL;
    size_t bytes = 0;
    json_error_t error;
    if (file_read_up_to(place->fd, place->name, RUN_RECORD_MOST_BYTES, &text, &bytes) != 0) {
        const int cause = errno;
        *presence = file_presence_of(cause);
        message_set(message, "%s cannot be read: %s", place->path, file_read_reason(cause));
        return NULL;
    }
    json_t *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (root == NULL && json_error_code(&error) == json_error_out_of_memory) {
        *presence = FILE_UNREADABLE;
        message_set(message, "%s cannot be read: no memory", place->path);
    } else if (root == NULL) {
        *presence = FILE_DAMAGED;
        message_set(message, "%s is damaged: %s", place->path, error.text);
    }
    return root;
}

/* While the file is replaced, another mount than the writer's may show it cut off for a moment. So
 * a file that is not JSON is read again. */
static json_t *load(const record_place *place, file_presence *presence, char *message)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    json_t *root = load_once(place, presence, message);
    for (int tries = 1; root == NULL && *presence == FILE_DAMAGED && tries < LOAD_TRIES; tries++) {
        nanosleep(&pause, NULL);
        root = load_once(place, presence, message);
    }
    return root;
}

static file_presence read_from(run_record *out, const record_place *place, char *message)
{
    char detail[MESSAGE_BYTES];
    file_presence presence = FILE_READ;
    *out = (run_record){0};
    json_t *root = load(place, &presence, message);
    if (root == NULL) {
        return presence;
    }
    presence = read_record(out, root, detail);
    json_decref(root);
    if (presence != FILE_READ) {
        run_record_free(out);
        message_set(message, "%s %s: %.200s", place->path,
                    presence == FILE_DAMAGED ? "is damaged" : "cannot be read", detail);
    }
    return presence;
}

file_presence run_record_read(run_record *out, const char *directory, char *message)
{
    return run_record_read_at(out, AT_FDCWD, directory, message);
}

file_presence run_record_read_at(run_record *out, int fd, const char *directory, char *message)
{
    char path[PATH_MAX];
    if (message_join_path(path, sizeof path, directory, RUN_RECORD_FILE, message) != 0) {
        *out = (run_record){0};
        return FILE_UNREADABLE;
    }
    const record_place place = {fd, fd == AT_FDCWD ? path : RUN_RECORD_FILE, path};
    return read_from(out, &place, message);
}
