/* The arguments that commands share: PATH... or FILE, --tag, --output. Each command's argp parser
 * passes other arguments to arguments_parse. */
#ifndef TBLOG_CLI_ARGUMENTS_H
#define TBLOG_CLI_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>

#include "tag_filter.h"

typedef struct arguments {
    bool one_file;     /* FILE in place of PATH...; set by the command */
    bool needs_output; /* likewise */
    char **paths;      /* ends with NULL; never empty */
    tag_filter filter;
    const char *output; /* NULL if it is optional and missing */
} arguments;

#define ARGUMENTS_TAG_OPTION      {"tag", 't', "REGEX", 0, "Only tags that match; may be repeated", 0}
#define ARGUMENTS_NEW_FILE_OPTION {"output", 'o', "OUT", 0, "The new file; it must not exist", 0}

/* An argp parser: EINVAL after one line on standard error for wrong usage. */
error_t arguments_parse(int key, char *argument, struct argp_state *state, arguments *all);

void arguments_free(arguments *all);

#endif
