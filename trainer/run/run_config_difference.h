/* How two runs' configurations differ, in words. */
#ifndef TRAINER_RUN_CONFIG_DIFFERENCE_H
#define TRAINER_RUN_CONFIG_DIFFERENCE_H

#include <stddef.h>

#include "run_config.h"

/* Describes the differences in text[text_bytes], such as "epochs 15 instead of 3"; "" if there are
 * none. Returns their number. log_every is compared only if an epoch has as many steps in both. */
unsigned run_config_difference(const run_config *there, const run_config *here, char *text,
                               size_t text_bytes);

#endif
