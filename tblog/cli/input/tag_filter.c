#include "tag_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *tag_filter_add(tag_filter *filter, const char *expression)
{
    static char message[128];
    regex_t *expressions = realloc(filter->expressions, (filter->count + 1) * sizeof *expressions);
    if (expressions == NULL) {
        return strerror(ENOMEM);
    }
    filter->expressions = expressions;
    regex_t *added = &expressions[filter->count];
    const int failure = regcomp(added, expression, REG_EXTENDED | REG_NOSUB);
    if (failure != 0) {
        regerror(failure, added, message, sizeof message);
        return message;
    }
    filter->count++;
    return NULL;
}

bool tag_filter_chooses(const tag_filter *filter, const char *tag)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (regexec(&filter->expressions[i], tag, 0, NULL, 0) == 0) {
            return true;
        }
    }
    return filter->count == 0;
}

void tag_filter_free(tag_filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        regfree(&filter->expressions[i]);
    }
    free(filter->expressions);
    *filter = (tag_filter){0};
}
