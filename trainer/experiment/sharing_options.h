/* The options by which several processes, on any machines, share the runs of a sweep. */
#ifndef TRAINER_SHARING_OPTIONS_H
#define TRAINER_SHARING_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "task_share.h"

typedef struct sharing_options {
    bool list;   /* print the list of runs and train none */
    bool format; /* was the list's format given? */
    bool json;   /* it is JSON */
    task_share task;
    bool join;    /* with other processes that train the same list */
    bool no_wait; /* for runs that these hold; only with join */
} sharing_options;

/* A child of sweep's parser, whose input is a sharing_options of zeros. */
extern const struct argp sharing_options_parser;

#endif
