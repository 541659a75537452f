#include "model_export.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "file_content.h"
#include "file_replace.h"
#include "keras_file.h"
#include "message.h"
#include "model_file.h"
#include "npz_file.h"
#include "onnx_file.h"
#include "output_path.h"

struct export_format {
    const char *ending;
    const char *title;
    int (*make)(file_content *out, const model *from, char *message); /* NULL: as a run keeps it */
};

static const export_format formats[] = {
    {".onnx", "ONNX", onnx_file_make},
    {".safetensors", "safetensors", NULL},
    {".keras", "a Keras model", keras_file_make},
    {".npz", "NumPy arrays", npz_file_make},
};

const char *const model_export_endings = ".onnx, .safetensors, .keras or .npz";

const export_format *export_format_of(const char *path)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const size_t ending = strlen(formats[i].ending);
        if (length > ending && strcmp(path + length - ending, formats[i].ending) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

const char *export_format_title(const export_format *format)
{
    return format->title;
}

/* Writes the file `name` in `directory`; `path` is what messages call it. */
static int write_made(const model *from, const export_format *format, int directory,
                      const char *name, const char *path, char *message)
{
    file_content content = {0};
    int status = format->make(&content, from, message);
    if (status != 0) {
        message_set(message, "%s: %s", path, message);
    } else {
        const file_piece piece = {content.data, content.bytes};
        status = file_replace(directory, name, &piece, 1, true);
        if (status != 0) {
            message_set(message, "%s cannot be written: %s", path, strerror(errno));
        }
    }
    file_content_free(&content);
    return status;
}

int model_export(const model *from, const export_format *format, const char *path, char *message)
{
    char directory[PATH_MAX];
    const char *name;
    const int fd = output_path_open_directory(path, directory, &name);
    if (fd < 0) {
        return message_set(message, "%s cannot be written: %s", path, strerror(errno));
    }
    const int status = format->make == NULL ? model_write(from, fd, name, directory, message)
                                            : write_made(from, format, fd, name, path, message);
    close(fd);
    return status;
}
