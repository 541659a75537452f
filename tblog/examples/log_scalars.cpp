// Logs a hundred steps of a made-up training, from C++17.
//
//     c++ -std=c++17 log_scalars.cpp $(pkg-config --cflags --libs tblog) -o log_scalars
//     ./log_scalars logs/example-cpp && tensorboard --logdir logs
#include <cmath>
#include <cstdio>
#include <tblog/tblog.hpp>

namespace
{

void log_steps(tblog::writer &log)
{
    for (int step = 0; step < 100; step++) {
        const double loss = std::exp(-0.05 * step);
        // One event for all of a step's metrics.
        log.add_scalars(step, {{"train/loss", loss}, {"train/accuracy", 1 - loss / 2}});
        if (step % 10 == 0) {
            log.add_scalar("learning_rate", step, 1e-3);
        }
    }
}

} // namespace

int main(int argc, char **argv)
{
    tblog::options options;
    options.flush_interval_ms = 200;
    // A full disk does not end the training, but is reported immediately.
    options.on_error = [](tblog_status, const char *message) {
        std::fprintf(stderr, "warning: %s\n", message);
    };
    try {
        tblog::writer log(argc > 1 ? argv[1] : "logs/example-cpp", options);
        log_steps(log);
        log.close();
    } catch (const tblog::error &error) {
        std::fprintf(stderr, "the log is not complete: %s\n", error.what());
        return 1;
    }
    return 0;
}
