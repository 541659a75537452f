/* The file checkpoint in a run's directory: an engine's whole state at a step, from which training
 * continues exactly as it would have. It is one line of JSON, then the state:
 *
 *   format        2
 *   epochs        epochs done, validated and logged
 *   iterations    updates done
 *   epoch         of the epoch under way: steps, loss_sum (null if it is not finite), correct, samples,
 *                 training_seconds; absent between epochs
 *   state_bytes
 *   state_crc32   8 hexadecimal digits; zlib's CRC-32 of the state
 *
 * Format 1, of earlier versions, has no epoch, and names event files, which are not needed.
 *
 * It is replaced whole and synced (file_replace.h), and only after the event files have been
 * synced: a checkpoint never knows of a point that is not on disk. */
#ifndef TRAINER_CHECKPOINT_H
#define TRAINER_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "must_check.h"

#define CHECKPOINT_FILE "checkpoint"

typedef struct checkpoint {
    uint32_t epochs;     /* done */
    uint64_t iterations; /* updates done */
    epoch_sums under_way;
    void *state; /* [state_bytes], the checkpoint's own */
    size_t state_bytes;
} checkpoint;

/* In what follows `fd` is open on the run's directory, wherever that is by now; `directory` is what
 * messages [MESSAGE_BYTES] call it. */

/* Replaces the checkpoint. 0, or -1 with a message and the old one whole. */
MUST_CHECK int checkpoint_write(const checkpoint *self, int fd, const char *directory,
                                char *message);

typedef enum checkpoint_presence {
    CHECKPOINT_READ,      /* *out is for the caller to free */
    CHECKPOINT_ABSENT,    /* *out is empty; so below */
    CHECKPOINT_DAMAGED,   /* the message says why */
    CHECKPOINT_UNREADABLE /* the system failed; the message says how, and it may well be whole */
} checkpoint_presence;

MUST_CHECK checkpoint_presence checkpoint_read(checkpoint *out, int fd, const char *directory,
                                               char *message);

/* Frees what it owns and empties it. */
void checkpoint_free(checkpoint *self);

#endif
