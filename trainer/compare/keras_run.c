#include "keras_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "keras_log.h"
#include "message.h"

/* N of the last BatchSize=N in the path; 0 without one. */
static uint32_t batch_size_of(const char *path)
{
    static const char name[] = "BatchSize=";
    const char *last = NULL;
    while ((path = strstr(path, name)) != NULL) {
        path += sizeof name - 1;
        last = path;
    }
    const unsigned long size = last != NULL ? strtoul(last, NULL, 10) : 0;
    return size <= UINT32_MAX ? (uint32_t)size : 0;
}

static epoch_figures figures_of(const run_curves *curves, uint32_t epoch)
{
    const run_point *point = &curves->points[epoch];
    return (epoch_figures){
        .loss = point->loss,
        .accuracy = point->accuracy,
        .val_loss = point->val_loss,
        .val_accuracy = point->val_accuracy,
        .training_seconds =
            epoch > 0 ? point->wall_time - curves->points[epoch - 1].wall_time : NAN,
    };
}

/* The first epoch (from 0) with an accuracy outside 0 to 1; the number of epochs if there is
 * none. */
static uint32_t first_wrong_epoch(const run_curves *curves)
{
    uint32_t i = 0;
    while (i < curves->epochs) {
        const epoch_figures figures = figures_of(curves, i);
        if (!run_record_has_accuracies(&figures)) {
            break;
        }
        i++;
    }
    return i;
}

/* -1 without memory; then the record is empty. */
static int make_record(run_record *out, const run_curves *curves, uint32_t batch_size)
{
    *out = (run_record){
        .state = RUN_FINISHED,
        .config = {.batch_size = batch_size, .epochs = curves->epochs, .engine = "keras"},
        .runs_at_once = 1};
    for (uint32_t i = 0; i < curves->epochs; i++) {
        const epoch_figures figures = figures_of(curves, i);
        if (!isfinite(figures.loss) || !isfinite(figures.val_loss)) {
            out->state = RUN_DIVERGED;
        }
        if (run_record_add_epoch(out, &figures) != 0) {
            run_record_free(out);
            return -1;
        }
    }
    return 0;
}

keras_run_presence keras_run_read(run_record *out, const char *directory, char *message)
{
    keras_log log;
    keras_run_presence presence = KERAS_RUN_ABSENT;
    *out = (run_record){0};
    if (keras_log_read(&log, directory, message) != 0) {
        return KERAS_RUN_FAILED;
    }
    const uint32_t batch_size = log.batch_size > 0 ? log.batch_size : batch_size_of(directory);
    const uint32_t wrong = first_wrong_epoch(&log.curves);
    if (log.curves.epochs == 0) {
        message_set(message,
                    "%s: its event files have no epoch_loss and epoch_accuracy of training and "
                    "validation, as Keras logs them",
                    directory);
    } else if (batch_size == 0) {
        message_set(message,
                    "%s: its batch size is not known: neither is there a hyper-parameter "
                    "batch_size nor BatchSize=N in its name",
                    directory);
    } else if (wrong < log.curves.epochs) {
        message_set(message, "%s: its epoch_accuracy of epoch %u is not from 0 to 1", directory,
                    (unsigned)wrong + 1);
    } else if (make_record(out, &log.curves, batch_size) != 0) {
        presence = KERAS_RUN_FAILED;
        message_set(message, "%s: no memory for its epochs", directory);
    } else {
        presence = KERAS_RUN_READ;
        message_set(message, "%s", log.curves.note);
    }
    keras_log_free(&log);
    return presence;
}
