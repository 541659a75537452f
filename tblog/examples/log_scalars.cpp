// Logs a hundred steps of a made-up training, from C++.
//
//     c++ log_scalars.cpp $(pkg-config --cflags --libs tblog) -o log_scalars
//     ./log_scalars logs/example-cpp && tensorboard --logdir logs
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <tblog/tblog.h>

namespace
{

// For every way out but the good one, which closes the writer itself.
struct closer {
    void operator()(tblog_writer *writer) const
    {
        if (tblog_writer_close(writer) != TBLOG_OK) {
            std::perror("closing the event file");
        }
    }
};
using writer_handle = std::unique_ptr<tblog_writer, closer>;

tblog_status log_steps(tblog_writer *writer)
{
    for (int step = 0; step < 100; step++) {
        const double loss = std::exp(-0.05 * step);
        const tblog_scalar metrics[] = {{"train/loss", loss}, {"train/accuracy", 1 - loss / 2}};
        const tblog_status status = tblog_add_scalars(writer, step, metrics, 2);
        if (status != TBLOG_OK) {
            return status;
        }
    }
    return TBLOG_OK;
}

} // namespace

int main(int argc, char **argv)
{
    const char *run = argc > 1 ? argv[1] : "logs/example-cpp";
    tblog_writer_options options;
    tblog_writer_options_init(&options);
    options.flush_interval_ms = 200;

    tblog_writer *opened;
    tblog_status status = tblog_writer_open(&opened, run, &options);
    writer_handle writer(opened);
    if (status == TBLOG_OK) {
        status = log_steps(writer.get());
    }
    if (status == TBLOG_OK) {
        status = tblog_writer_close(writer.release());
    }
    if (status != TBLOG_OK) {
        std::fprintf(stderr, "%s: %s (%s)\n", run, tblog_status_string(status),
                     std::strerror(errno));
    }
    return status == TBLOG_OK ? 0 : 1;
}
