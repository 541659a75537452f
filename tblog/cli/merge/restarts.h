/* Finds the points of a run that later restarts make obsolete. A restart is a session log with
 * START: points from its step on, of all tags, that were logged before it are obsolete.
 *
 * TensorBoard's Python loader does not treat the run's first START as a restart. Here it applies
 * only to earlier files: PyTorch and tensorboardX write a START only if a run is resumed, but
 * TensorFlow's Supervisor wrote the first one after points had been logged.
 *
 * Places rise in the order in which the run was logged. */
#ifndef TBLOG_CLI_RESTARTS_H
#define TBLOG_CLI_RESTARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"

typedef struct restart {
    int64_t step;
    uint64_t place; /* points before it are obsolete */
} restart;

/* All zero is a run without restarts. */
typedef struct restarts {
    restart *at; /* rising by place and by step: those that a later one covers are removed */
    size_t count;
    size_t capacity;
    bool any_start;
} restarts;

/* Adds a START. `file_place` is where its file begins. False without memory. */
TBLOG_MUST_CHECK bool restarts_add(restarts *all, int64_t step, uint64_t place,
                                   uint64_t file_place);

/* Is a point obsolete? Call it after all restarts were added. */
bool restarts_take_back(const restarts *all, int64_t step, uint64_t place);

void restarts_free(restarts *all);

#endif
