/* A figure as a file: SVG, PNG or PDF, by the end of its name. The same figure gives the same
 * bytes, as long as cairo and the fonts are the same. */
#ifndef TRAINER_PLOT_FILE_H
#define TRAINER_PLOT_FILE_H

#include <stdbool.h>

#include "figure.h"
#include "must_check.h"
#include "theme.h"

/* Does the name end in .svg, .png or .pdf? */
bool plot_file_is_known(const char *path);

/* Writes the file, whole or not at all; one that is there is replaced. The name must be known. 0,
 * or -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int plot_file_write(const figure *picture, const theme *look, const char *path,
                               char *message);

#endif
