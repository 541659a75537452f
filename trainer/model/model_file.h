/* A trained network (model.h) as a file.
 *
 * A run leaves one in its directory as MODEL_FILE, with each checkpoint and at its end, and with
 * --save-best one as MODEL_BEST_FILE. The files are safetensors (safetensors.h) with PyTorch's
 * names and layouts (torch_layout.h), so that other programs load them as they are. */
#ifndef TRAINER_MODEL_FILE_H
#define TRAINER_MODEL_FILE_H

#include <stdbool.h>

#include "model.h"
#include "model_files.h"
#include "must_check.h"

/* Reads the model at `path`: a safetensors file, or a run's directory, of which it is the last one
 * kept or, with `best`, the best; no file has a best one. 0, or -1 with a message [MESSAGE_BYTES]
 * that names the file and what is wrong with it, and nothing held. Whatever the file holds, some
 * 40 MB of memory at most are taken on the way; a good one takes 18. */
MUST_CHECK int model_load(model *out, const char *path, bool best, char *message);

typedef enum model_presence {
    MODEL_READ,      /* *out is for the caller to free */
    MODEL_ABSENT,    /* *out is empty; so below */
    MODEL_DAMAGED,   /* the message says why */
    MODEL_UNREADABLE /* the system failed; the message says how, and it may well be whole */
} model_presence;

/* The same of the file `name` in the directory that `fd` is open on; `directory` is what messages
 * [MESSAGE_BYTES] call that. */
MUST_CHECK model_presence model_read(model *out, int fd, const char *name, const char *directory,
                                     char *message);

/* Replaces the file `name` in the directory that `fd` is open on, and syncs it; `directory` is what
 * messages call that. 0, or -1 with a message [MESSAGE_BYTES] and the old file whole. */
MUST_CHECK int model_write(const model *self, int fd, const char *name, const char *directory,
                           char *message);

#endif
