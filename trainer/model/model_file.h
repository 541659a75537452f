/* A trained network (model.h) as a file.
 *
 * A run saves its network in its directory as MODEL_FILE, with each checkpoint and at its end, and
 * with --save-best the best one as MODEL_BEST_FILE. The files are safetensors (safetensors.h) with
 * PyTorch's names and layouts (torch_layout.h), so other programs can load them directly. */
#ifndef TRAINER_MODEL_FILE_H
#define TRAINER_MODEL_FILE_H

#include <stdbool.h>

#include "file_presence.h"
#include "model.h"
#include "model_files.h"
#include "must_check.h"

/* Reads the model at `path`: a safetensors file, or a run's directory with its MODEL_FILE, or with
 * `best` its MODEL_BEST_FILE. `best` is an error for a file. 0, or -1 with a message
 * [MESSAGE_BYTES] that names the file and what is wrong with it, and nothing allocated. Takes at
 * most some 40 MB meanwhile, for any file; 18 MB for a valid one. */
MUST_CHECK int model_load(model *out, const char *path, bool best, char *message);

/* The same for the file `name` in the directory that `fd` is open on; `directory` is its name in
 * messages [MESSAGE_BYTES]. *out is empty unless it is FILE_READ. */
MUST_CHECK file_presence model_read(model *out, int fd, const char *name, const char *directory,
                                    char *message);

/* Replaces the file `name` in the directory that `fd` is open on, and syncs it; `directory` is its
 * name in messages. 0, or -1 with a message [MESSAGE_BYTES] and the old file unchanged. */
MUST_CHECK int model_write(const model *self, int fd, const char *name, const char *directory,
                           char *message);

#endif
