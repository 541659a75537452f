#include "model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_read.h"
#include "message.h"
#include "model_facts.h"
#include "run_record_file.h"
#include "run_search.h"
#include "safetensors.h"

/* Reads the content of a file into *out, which is empty. The message names no file. */
static int parse(model *out, const char *content, size_t bytes, char *message)
{
    json_t *facts = NULL;
    out->parameters = malloc(LENET_PARAMETERS * sizeof *out->parameters);
    if (out->parameters == NULL) {
        return message_set(message, "no memory to read it");
    }
    int status = safetensors_parse(content, bytes, out->parameters, &facts, message);
    if (status == 0) {
        status = model_facts_read(out, facts, message);
    }
    json_decref(facts);
    if (status != 0) {
        model_free(out);
    }
    return status;
}

static file_presence read_failed(int cause, const char *path, char *message)
{
    const bool is_too_large = cause == EFBIG;
    message_set(message, "%s cannot be read: %s", path,
                is_too_large ? "it is too large for a model of this network"
                             : file_read_reason(cause));
    return is_too_large ? FILE_DAMAGED : file_presence_of(cause);
}

/* `path` is what messages call the file. */
static file_presence read_model(model *out, int directory, const char *name, const char *path,
                                char *message)
{
    char *content = NULL;
    size_t bytes = 0;
    *out = (model){0};
    if (file_read_up_to(directory, name, SAFETENSORS_MOST_BYTES, &content, &bytes) != 0) {
        return read_failed(errno, path, message);
    }
    const int status = parse(out, content, bytes, message);
    free(content);
    if (status != 0) {
        message_set(message, "%s: %s", path, message);
        return FILE_DAMAGED;
    }
    return FILE_READ;
}

file_presence model_read(model *out, int fd, const char *name, const char *directory, char *message)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return read_model(out, fd, name, path, message);
}

/* Why the run's directory `path` has no model. */
static int say_why_none(const char *path, bool best, char *message)
{
    const char *name = best ? MODEL_BEST_FILE : MODEL_FILE;
    char other[PATH_MAX];
    char damage[MESSAGE_BYTES];
    run_record run;
    const file_presence presence = run_record_read(&run, path, damage);
    const uint32_t epochs = run.epoch_count;
    const bool diverged = run.state == RUN_DIVERGED;
    run_record_free(&run);
    if (presence == FILE_ABSENT && run_search_below(path, other, damage) == RUN_SEARCH_FOUND) {
        return message_set(message, "%s is not a run's directory: name a run in it, such as %s/%s",
                           path, path, other);
    }
    if (presence == FILE_ABSENT) {
        return message_set(message, "%s holds neither a run nor a %s", path, name);
    }
    if (presence != FILE_READ) {
        return message_set(message, "%s has no %s, and %s", path, name, damage);
    }
    if (best) {
        return message_set(message,
                           "%s has no " MODEL_BEST_FILE ": only a run with --save-best keeps the "
                           "best epoch's network",
                           path);
    }
    return message_set(
        message,
        epochs == 0 ? "%s has no " MODEL_FILE " yet: it is first written with a checkpoint"
        : diverged  ? "%s has no " MODEL_FILE ": the run diverged before a checkpoint"
                    : "%s has no " MODEL_FILE ": the run was trained with --no-model or by "
                      "an earlier version, or has no checkpoint yet",
        path);
}

int model_load(model *out, const char *path, bool best, char *message)
{
    const int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *out = (model){0};
    if (directory < 0 && errno == ENOTDIR && best) {
        return message_set(message, "%s is a file, not a run's directory with a best epoch", path);
    }
    if (directory < 0) {
        return read_model(out, AT_FDCWD, path, path, message) == FILE_READ ? 0 : -1;
    }
    const char *name = best ? MODEL_BEST_FILE : MODEL_FILE;
    const file_presence presence = model_read(out, directory, name, path, message);
    close(directory);
    if (presence == FILE_ABSENT) {
        return say_why_none(path, best, message);
    }
    return presence == FILE_READ ? 0 : -1;
}

int model_write(const model *self, int fd, const char *name, const char *directory, char *message)
{
    json_t *facts = model_facts(self);
    if (facts == NULL) {
        return message_set(message, "%s/%s: no memory to write it", directory, name);
    }
    const int status = safetensors_write(fd, name, self->parameters, facts);
    if (status != 0) {
        message_set(message, "%s/%s cannot be written: %s", directory, name, strerror(errno));
    }
    json_decref(facts);
    return status;
}
