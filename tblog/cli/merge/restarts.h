/* Which points of a run the restarts after them take back. A restart is a session log with START:
 * the points from its step on, of all tags, that were logged before it count no longer.
 *
 * TensorBoard's Python loader does not take the run's first START for a restart. Here that one
 * takes back what is in earlier files, but nothing of its own file: PyTorch and tensorboardX write
 * a START only where a run is resumed, TensorFlow's Supervisor wrote the first one while points
 * came already.
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
    uint64_t place; /* points before it are taken back */
} restart;

/* All zero is a run without restarts. */
typedef struct restarts {
    restart *at; /* rising by place and by step: those that a later one covers are left out */
    size_t count;
    size_t capacity;
    bool any_start;
} restarts;

/* Adds a START. `file_place` is where its file begins. False without memory. */
TBLOG_MUST_CHECK bool restarts_add(restarts *all, int64_t step, uint64_t place,
                                   uint64_t file_place);

/* Is a point taken back? To be asked once all restarts are there. */
bool restarts_take_back(const restarts *all, int64_t step, uint64_t place);

void restarts_free(restarts *all);

#endif
