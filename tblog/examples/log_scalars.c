/* Logs a hundred steps of a made-up training.
 *
 *     cc log_scalars.c $(pkg-config --cflags --libs tblog) -lm -o log_scalars
 *     ./log_scalars logs/example-c && tensorboard --logdir logs */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tblog/tblog.h>

static tblog_status log_steps(tblog_writer *writer)
{
    tblog_status status = TBLOG_OK;
    for (int64_t step = 0; step < 100 && status == TBLOG_OK; step++) {
        const double loss = exp(-0.05 * (double)step);
        /* One event for all of a step's metrics. */
        const tblog_scalar metrics[] = {{"train/loss", loss}, {"train/accuracy", 1 - loss / 2}};
        status = tblog_add_scalars(writer, step, metrics, sizeof metrics / sizeof metrics[0]);
        if (status == TBLOG_OK && step % 10 == 0) {
            status = tblog_add_scalar(writer, "learning_rate", step, 1e-3);
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    const char *run = argc > 1 ? argv[1] : "logs/example-c";
    tblog_writer *writer;
    if (tblog_writer_open(&writer, run, NULL) != TBLOG_OK) {
        fprintf(stderr, "%s: %s\n", run, strerror(errno));
        return 1;
    }
    const tblog_status status = log_steps(writer);
    if (status != TBLOG_OK) {
        fprintf(stderr, "%s: %s\n", run, tblog_status_string(status));
    }
    /* Events that earlier calls kept in memory may fail to be written now. */
    const tblog_status closed = tblog_writer_close(writer);
    if (status == TBLOG_OK && closed != TBLOG_OK) {
        fprintf(stderr, "%s: %s\n", run, strerror(errno));
    }
    return status != TBLOG_OK || closed != TBLOG_OK;
}
