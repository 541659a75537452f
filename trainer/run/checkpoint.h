/* checkpoint: an engine's whole state after an epoch, from which training goes on exactly as it
 * would have. The file of that name in a run's directory is one line of JSON and the state behind
 * it:
 *
 *   format        1
 *   epochs        epochs done
 *   iterations    updates done
 *   event_files   the run's event files as they were then: {name, bytes}; what is behind these
 * bytes was logged later state_bytes, state_crc32 (8 hexadecimal digits, that of zlib)
 *
 * It is replaced whole by rename, so that a reader and a crash see either the old or the new one.
 * What a power failure takes with it is found by the checksum. */
#ifndef TRAINER_CHECKPOINT_H
#define TRAINER_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "must_check.h"
#include "run_record.h"

#define CHECKPOINT_FILE "checkpoint"

typedef struct checkpoint {
    uint32_t epochs;
    uint64_t iterations;
    char event_files[RUN_RECORD_MAX_EVENT_FILES][RUN_RECORD_PATH_BYTES]; /* relative paths */
    uint64_t event_bytes[RUN_RECORD_MAX_EVENT_FILES];
    uint32_t event_file_count;
    void *state;
    size_t state_bytes;
} checkpoint;

/* Notes the record's event files and how long they are now, in the directory that `fd` is open on,
 * which messages call `directory`. -1 with a message [MESSAGE_BYTES] where one is not there. */
MUST_CHECK int checkpoint_note_files(checkpoint *out, const run_record *record, int fd,
                                     const char *directory, char *message);

/* Replaces the checkpoint in the directory that `fd` is open on, 0, or
 * -1 with a message and the old one whole. */
MUST_CHECK int checkpoint_write(const checkpoint *self, int fd, const char *directory,
                                char *message);

typedef enum checkpoint_presence {
    CHECKPOINT_READ,   /* *out is the caller's to free */
    CHECKPOINT_ABSENT, /* *out is empty */
    CHECKPOINT_DAMAGED /* the message says why; *out is empty */
} checkpoint_presence;

checkpoint_presence checkpoint_read(checkpoint *out, int fd, const char *directory, char *message);

/* Cuts the event files back to what they were. 0, or -1 with a message where one is gone or
 * shorter. */
MUST_CHECK int checkpoint_rewind_files(const checkpoint *self, int fd, const char *directory,
                                       char *message);

/* Frees what it owns and empties it. */
void checkpoint_free(checkpoint *self);

#endif
