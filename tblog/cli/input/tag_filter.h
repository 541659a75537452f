/* The tags that a command's --tag options choose: POSIX extended regular expressions, any of which
 * must match somewhere in the tag. Without expressions every tag is chosen. */
#ifndef TBLOG_CLI_TAG_FILTER_H
#define TBLOG_CLI_TAG_FILTER_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "tblog/tblog.h"

/* All zero is a filter without expressions. */
typedef struct tag_filter {
    regex_t *expressions;
    size_t count;
} tag_filter;

/* NULL, or what is wrong with the expression; good until the next call. */
TBLOG_MUST_CHECK const char *tag_filter_add(tag_filter *filter, const char *expression);

bool tag_filter_chooses(const tag_filter *filter, const char *tag);

void tag_filter_free(tag_filter *filter);

#endif
