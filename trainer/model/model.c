#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_read.h"
#include "message.h"
#include "model_facts.h"
#include "run_record.h"
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

static const char *read_error_text(int cause)
{
    return cause == 0       ? "it is not a regular file"
           : cause == EFBIG ? "it is too large for a model of this network"
                            : strerror(cause);
}

/* Reads the file `name`, as openat finds it from `directory`; `path` is what messages call it. -1
 * with errno, which is 0 if it could be read and is no model. */
static int load(model *out, int directory, const char *name, const char *path, char *message)
{
    char *content = NULL;
    size_t bytes = 0;
    if (file_read_up_to(directory, name, SAFETENSORS_MOST_BYTES, &content, &bytes) != 0) {
        const int cause = errno;
        message_set(message, "%s cannot be read: %s", path, read_error_text(cause));
        errno = cause;
        return -1;
    }
    int status = parse(out, content, bytes, message);
    if (status != 0) {
        status = message_set(message, "%s: %s", path, message);
        errno = 0;
    }
    free(content);
    return status;
}

/* Why the run's directory `path` has no model. */
static int say_why_none(const char *path, bool best, char *message)
{
    char other[PATH_MAX];
    char damage[MESSAGE_BYTES];
    run_record run;
    const run_record_presence presence = run_record_read(&run, path, damage);
    const uint32_t epochs = run.epoch_count;
    run_record_free(&run);
    if (presence == RUN_RECORD_ABSENT && run_search_below(path, other)) {
        return message_set(message, "%s is not a run's directory: name a run in it, such as %s/%s",
                           path, path, other);
    }
    if (presence == RUN_RECORD_ABSENT) {
        return message_set(message, "%s holds neither a run nor a " MODEL_FILE, path);
    }
    if (best) {
        return message_set(message,
                           "%s has no " MODEL_BEST_FILE ": only a run with --save-best keeps the "
                           "best epoch's network",
                           path);
    }
    return message_set(message,
                       epochs == 0
                           ? "%s has no " MODEL_FILE " yet: it is first written after an epoch"
                           : "%s has no " MODEL_FILE ": the run was trained with --no-model or by "
                             "an earlier version, or has no checkpoint yet",
                       path);
}

static int load_from_directory(model *out, int directory, const char *path, bool best,
                               char *message)
{
    const char *name = best ? MODEL_BEST_FILE : MODEL_FILE;
    char file[PATH_MAX];
    if (message_join_path(file, sizeof file, path, name, message) != 0) {
        return -1;
    }
    const int status = load(out, directory, name, file, message);
    return status != 0 && errno == ENOENT ? say_why_none(path, best, message) : status;
}

int model_load(model *out, const char *path, bool best, char *message)
{
    *out = (model){0};
    const int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 && errno == ENOTDIR && best) {
        return message_set(message, "%s is a file, not a run's directory with a best epoch", path);
    }
    if (directory < 0) {
        return load(out, AT_FDCWD, path, path, message);
    }
    const int status = load_from_directory(out, directory, path, best, message);
    close(directory);
    return status;
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

void model_free(model *self)
{
    free(self->parameters);
    *self = (model){0};
}
