#include "keras_log.h"

#include "batch_size_hparam.h"
#include "part_events.h"

static int take_hparams(void *context, const tblog_event *event)
{
    keras_log *log = context;
    for (size_t i = 0; i < event->value_count && log->batch_size == 0; i++) {
        log->batch_size = batch_size_hparam(event->values[i]);
    }
    return 0;
}

/* Problems of the files are noted when the curves are read. */
static void note_nothing(void *context, const char *path, const char *problem)
{
    (void)context;
    (void)path;
    (void)problem;
}

int keras_log_read(keras_log *out, const char *directory, char *message)
{
    /* It names no event files, so all files belong to it. */
    const run_record any = {.state = RUN_RUNNING, .config.epochs = RUN_CONFIG_MAX_EPOCHS};
    const part_events_reader reader = {.take = take_hparams, .note = note_nothing, .context = out};
    *out = (keras_log){0};
    if (run_reader_read(&out->curves, directory, &any, message) != 0) {
        return -1;
    }
    for (size_t i = 0; i < RUN_PARTS && out->batch_size == 0; i++) {
        if (part_events_read(&reader, directory, run_parts[i], &any, message) != 0) {
            keras_log_free(out);
            return -1;
        }
    }
    return 0;
}

void keras_log_free(keras_log *log)
{
    run_curves_free(&log->curves);
    *log = (keras_log){0};
}
