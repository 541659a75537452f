/* What is wrong with a file, and what to do. */
#include "dataset_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataset.h"
#include "message.h"
#include "repository.h"

int dataset_fail(char *message, const char *name, const char *format, ...)
{
    char wrong[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wrong, sizeof wrong, format, arguments);
    va_end(arguments);
    return message_set(message, "%s: %s", name, wrong);
}

static bool has_mnist(const char *folder)
{
    char name[DATASET_FILE_NAME_BYTES];
    for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
        if (!dataset_name_find(name, folder, 0, place)) {
            return false;
        }
    }
    return true;
}

const char *dataset_advice(char out[MESSAGE_BYTES])
{
    char path[PATH_MAX];
    if (repository_path(path, DATASET_DEFAULT_PATH) && has_mnist(path)) {
        message_set(out, " (--data '%s' has MNIST)", path);
    } else if (repository_path(path, "scripts/fetch_mnist.sh")) {
        message_set(out, " (%s fetches MNIST)", path);
    } else {
        message_set(out,
                    " (--data takes a folder with MNIST's four IDX files, or Keras' mnist.npz)");
    }
    return out;
}

int dataset_fail_system(char *message, const char *name, int cause)
{
    char buffer[MESSAGE_BYTES];
    const char *advice = "";
    if (cause == ENOENT) {
        advice = dataset_advice(buffer);
    } else if (cause == EACCES) {
        advice = " (chmod a+rX on it and on the folders above it allows reading, or give a copy)";
    }
    return dataset_fail(message, name, "%s%s", strerror(cause), advice);
}
