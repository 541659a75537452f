/* Checks that the steps of a run's tags rise, as TensorBoard needs them (tblog.h, "Steps"). Reads
 * the events in TensorBoard's order, and keeps none. */
#ifndef TBLOG_CLI_STEP_ORDER_H
#define TBLOG_CLI_STEP_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "tblog/tblog.h"

/* How TensorBoard shows tags whose steps do not rise, as text for messages. */
#define STEPS_GO_BACK_EFFECT                                                                       \
    "TensorBoard's default loader drops the tag's earlier points at such a step and beyond"

/* The state of a run. All zero at its beginning. */
typedef struct run_starts {
    uint64_t count; /* of its session logs with START */
    int64_t step;   /* of the last of them */
} run_starts;

/* The state of a tag in the run. All zero without points. */
typedef struct tag_steps {
    bool any;
    int64_t last;
    uint64_t starts; /* of the run, at the last point */
} tag_steps;

/* Is the event a session log with START? */
bool is_session_start(const tblog_event *event);

/* Is the value of a kind of which TensorBoard shows only one: hyper-parameters, a layout, a Keras
 * graph? `plugin` is its tag's. */
bool is_setting(const char *plugin);

/* Notes an event. Call it before its points are noted. */
void run_starts_mind(run_starts *run, const tblog_event *event);

/* Notes a point. True if its step goes back or repeats without a restart. A restart is a START
 * other than the run's first: TensorBoard then drops the points at its step and above, so points
 * from there on are in order. */
bool tag_steps_go_back(tag_steps *tag, const run_starts *run, int64_t step);

#endif
