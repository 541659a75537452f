/* The charts of tblog tail on standard output, one below the other. */
#ifndef TBLOG_CLI_TAIL_CHARTS_H
#define TBLOG_CLI_TAIL_CHARTS_H

#include <stdbool.h>

#include "tag_map.h"
#include "tblog/tblog.h"

/* Prints a chart of each of the series, which it sorts (series.h). With `redrawn` a terminal shows
 * nothing else, and so no more of them than have room. False with a message on standard error if
 * standard output takes no more. */
TBLOG_MUST_CHECK bool tail_charts_print(tag_map *series, bool redrawn);

#endif
