/* The file checkpoint in a run's directory: an engine's state at a step. A run that is resumed from
 * it has the same bits as one that was not interrupted. The file is one line of JSON, then the
 * state:
 *
 *   format        2
 *   epochs        epochs done, validated and logged
 *   iterations    updates done
 *   epoch         of the current epoch: steps, loss_sum (null if not finite), correct, samples,
 *                 training_seconds; absent between epochs
 *   state_bytes
 *   state_crc32   8 hexadecimal digits; zlib's CRC-32 of the state
 *
 * Format 1, of earlier versions, has no epoch. The event files that it names are ignored.
 *
 * It is replaced atomically and synced (file_replace.h), but only after the event files have been
 * synced. So a checkpoint never includes a point that is not on disk. */
#ifndef TRAINER_CHECKPOINT_H
#define TRAINER_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "file_presence.h"
#include "must_check.h"

#define CHECKPOINT_FILE "checkpoint"

typedef struct checkpoint {
    uint32_t epochs;     /* done */
    uint64_t iterations; /* updates done */
    epoch_sums under_way;
    void *state; /* [state_bytes], the checkpoint's own */
    size_t state_bytes;
} checkpoint;

/* Below, `fd` is open on the run's directory, which may have been moved since; `directory` is its
 * name in messages [MESSAGE_BYTES]. */

/* Replaces the checkpoint. 0, or -1 with a message and the old checkpoint unchanged. */
MUST_CHECK int checkpoint_write(const checkpoint *self, int fd, const char *directory,
                                char *message);

/* *out is empty unless it is FILE_READ. */
MUST_CHECK file_presence checkpoint_read(checkpoint *out, int fd, const char *directory,
                                         char *message);

/* Frees what it owns and empties it. */
void checkpoint_free(checkpoint *self);

#endif
