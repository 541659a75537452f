/* Writes a small run for check_stock.py: write_run DIRECTORY. */
#include <math.h>
#include <stdio.h>

#include "tblog/tblog.h"

static const char model[] =
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"small\", \"layers\": ["
    "{\"class_name\": \"Conv2D\", \"config\": {\"name\": \"conv\", \"dtype\": \"float32\"}},"
    "{\"class_name\": \"Dense\", \"config\": {\"name\": \"dense\", \"dtype\": \"float32\"}}"
    "]}}";

static tblog_status write_events(tblog_writer *writer)
{
    tblog_status status = tblog_add_keras_graph(writer, "keras", 0, model);
    for (int64_t step = 0; step < 20 && status == TBLOG_OK; step++) {
        const tblog_scalar scalars[] = {{"loss", 1.0 / (double)(step + 1)},
                                        {"zero", 0.0},
                                        {"\xce\xb1/\xf0\x9f\x93\x88 \"quoted\"", (double)-step}};
        status = tblog_add_scalars(writer, step, scalars, 3);
    }
    if (status == TBLOG_OK) {
        status = tblog_add_scalar(writer, "special", 1, INFINITY);
    }
    if (status == TBLOG_OK) {
        status = tblog_add_scalar(writer, "special", 2, NAN);
    }
    return status;
}

int main(int argc, char **argv)
{
    tblog_writer *writer;
    if (argc != 2 || tblog_writer_open(&writer, argv[1], NULL) != TBLOG_OK) {
        fprintf(stderr, "write_run: no run could be made\n");
        return 1;
    }
    const tblog_status status = write_events(writer);
    const tblog_status closed = tblog_writer_close(writer);
    return status == TBLOG_OK && closed == TBLOG_OK ? 0 : 1;
}
