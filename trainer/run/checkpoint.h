/* The file checkpoint in a run's directory: an engine's whole state after an epoch, from which
 * training continues exactly as it would have. It is one line of JSON, then the state:
 *
 *   format        1
 *   epochs        epochs done
 *   iterations    updates done
 *   event_files   the run's event files as they were then: {name, bytes}; what follows these bytes
 *                 was logged later
 *   state_bytes
 *   state_crc32   8 hexadecimal digits; zlib's CRC-32 of the state
 *
 * It is replaced whole (file_replace.h). It is not synced: the checksum finds what a power failure
 * has damaged. */
#ifndef TRAINER_CHECKPOINT_H
#define TRAINER_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "must_check.h"
#include "run_record.h"

#define CHECKPOINT_FILE "checkpoint"

typedef struct checkpoint {
    uint32_t epochs;                                                     /* done */
    uint64_t iterations;                                                 /* updates done */
    char event_files[RUN_RECORD_MAX_EVENT_FILES][RUN_RECORD_PATH_BYTES]; /* as in run_record */
    uint64_t event_bytes[RUN_RECORD_MAX_EVENT_FILES];                    /* their lengths */
    uint32_t event_file_count;
    void *state; /* [state_bytes], the checkpoint's own */
    size_t state_bytes;
} checkpoint;

/* In all that follows `fd` is open on the run's directory, wherever that is by now; `directory` is
 * what messages [MESSAGE_BYTES] call it. */

/* Notes the record's event files and how long they are now. 0, or -1 with a message if one is not
 * there. */
MUST_CHECK int checkpoint_note_files(checkpoint *out, const run_record *record, int fd,
                                     const char *directory, char *message);

/* Replaces the checkpoint. 0, or -1 with a message and the old one whole. */
MUST_CHECK int checkpoint_write(const checkpoint *self, int fd, const char *directory,
                                char *message);

typedef enum checkpoint_presence {
    CHECKPOINT_READ,   /* *out is for the caller to free */
    CHECKPOINT_ABSENT, /* *out is empty */
    CHECKPOINT_DAMAGED /* the message says why; *out is empty */
} checkpoint_presence;

MUST_CHECK checkpoint_presence checkpoint_read(checkpoint *out, int fd, const char *directory,
                                               char *message);

/* Cuts the event files back to what they were. 0, or -1 with a message if one is gone or
 * shorter. */
MUST_CHECK int checkpoint_rewind_files(const checkpoint *self, int fd, const char *directory,
                                       char *message);

/* Frees what it owns and empties it. */
void checkpoint_free(checkpoint *self);

#endif
