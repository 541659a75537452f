/* A zip archive whose members are stored, not deflated, since weights hardly compress. */
#ifndef TRAINER_ZIP_ARCHIVE_H
#define TRAINER_ZIP_ARCHIVE_H

#include <stddef.h>

#include "file_content.h"
#include "must_check.h"

typedef struct zip_member {
    const char *name;
    const void *data;
    size_t bytes;
} zip_member;

/* Appends the archive of members[count] to an empty content. The same members give the same bytes:
 * all are dated 1 January 1980, the earliest date of the zip format. 0, or -1 with a message
 * [MESSAGE_BYTES]. */
MUST_CHECK int zip_archive_make(file_content *out, const zip_member *members, size_t count,
                                const char *comment, char *message);

#endif
