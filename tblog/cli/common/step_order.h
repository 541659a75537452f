/* Do the steps of a run's tags rise, as TensorBoard wants them (tblog.h, "Steps")? Looks at one
 * event after the other, in the order in which TensorBoard reads them, and keeps none. */
#ifndef TBLOG_CLI_STEP_ORDER_H
#define TBLOG_CLI_STEP_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "tblog/tblog.h"

/* What TensorBoard makes of it, for people. */
#define STEPS_GO_BACK_EFFECT                                                                       \
    "TensorBoard's default loader drops the tag's earlier points at such a step and beyond"

/* Of a run. All zero is one that begins. */
typedef struct run_starts {
    uint64_t count; /* of its session logs with START */
    int64_t step;   /* of the last of them */
} run_starts;

/* Of a tag in the run. All zero is one without points. */
typedef struct tag_steps {
    bool any;
    int64_t last;
    uint64_t starts; /* of the run, at the last point */
} tag_steps;

/* Is the event a session log with START? */
bool is_session_start(const tblog_event *event);

/* Is the value none of a series, but something that TensorBoard shows one of: hyper-parameters, a
 * layout, a Keras graph? `plugin` is its tag's. */
bool is_setting(const char *plugin);

/* Minds an event. To be called before the event's points are minded. */
void run_starts_mind(run_starts *run, const tblog_event *event);

/* Minds a point. True if its step goes back or repeats, and no restart told TensorBoard so. A
 * restart is a START but the run's first: TensorBoard takes the points at its step and beyond back,
 * so that points from there on are as they should be. */
bool tag_steps_go_back(tag_steps *tag, const run_starts *run, int64_t step);

#endif
