/* The tags that a command's --tag options select: POSIX extended regular expressions, one of which
 * must match anywhere in the tag. Without expressions every tag is selected. */
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

/* NULL, or an error text about the expression, valid until the next call. */
TBLOG_MUST_CHECK const char *tag_filter_add(tag_filter *filter, const char *expression);

bool tag_filter_chooses(const tag_filter *filter, const char *tag);

void tag_filter_free(tag_filter *filter);

#endif
