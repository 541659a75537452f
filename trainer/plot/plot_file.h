/* Writes a figure as SVG, PNG or PDF, by the ending of the file's name. With the same cairo and
 * fonts the same figure gives the same bytes. */
#ifndef TRAINER_PLOT_FILE_H
#define TRAINER_PLOT_FILE_H

#include <stdbool.h>

#include "figure.h"
#include "must_check.h"
#include "theme.h"

/* Does the name end in .svg, .png or .pdf? */
bool plot_file_is_known(const char *path);

/* Writes the file, or replaces an existing one, atomically. plot_file_is_known(path) must hold. 0,
 * or -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int plot_file_write(const figure *picture, const theme *look, const char *path,
                               char *message);

#endif
