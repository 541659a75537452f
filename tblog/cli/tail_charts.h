/* The charts of tblog tail on standard output, one below the other. */
#ifndef TBLOG_CLI_TAIL_CHARTS_H
#define TBLOG_CLI_TAIL_CHARTS_H

#include <stdbool.h>

#include "tag_map.h"
#include "tblog/tblog.h"

/* Prints a chart of each series, which it sorts (series.h). With `redrawn` a terminal shows nothing
 * else, so only as many are printed as fit. False with a message on standard error if printing
 * fails. */
TBLOG_MUST_CHECK bool tail_charts_print(tag_map *series, bool redrawn);

#endif
