#include "step_order.h"

#include <string.h>

bool is_session_start(const tblog_event *event)
{
    enum { STATE_START = 1 };
    return strcmp(event->content, "session_log") == 0 && event->state == STATE_START;
}

bool is_setting(const char *plugin)
{
    static const char *const settings[] = {"hparams", "custom_scalars", "graph_keras_model"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(plugin, settings[i]) == 0) {
            return true;
        }
    }
    return false;
}

void run_starts_mind(run_starts *run, const tblog_event *event)
{
    if (is_session_start(event)) {
        run->count++;
        run->step = event->step;
    }
}

bool tag_steps_go_back(tag_steps *tag, const run_starts *run, int64_t step)
{
    const bool restarted = run->count > 1 && run->count > tag->starts && run->step <= step;
    const bool goes_back = tag->any && step <= tag->last && !restarted;
    *tag = (tag_steps){.any = true, .last = step, .starts = run->count};
    return goes_back;
}
