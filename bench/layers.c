/* Times each kernel of the CPU engine within real training steps, and compares it with this
 * machine's peak rates. This shows what to improve next. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "cpu_state.h"
#include "engine_options.h"
#include "kernel_meter.h"
#include "peak_rates.h"

enum { WARM_UP = 10, TIMED_STEPS = 10 };

enum { OPTION_WORK = 1024, OPTION_PEAK };

typedef struct options {
    engine_options engine;
    bool work;
    bool peak;
} options;

static error_t parse(int key, char *text, struct argp_state *state)
{
    (void)text;
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->engine;
        break;
    case OPTION_WORK:
        o->work = true;
        break;
    case OPTION_PEAK:
        o->peak = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option argp_options[] = {
    {"work", OPTION_WORK, NULL, 0,
     "Time nothing: print the MFLOP per sample of the engine's products in the first steps (a "
     "multiply-add counts as 2)",
     0},
    {"peak", OPTION_PEAK, NULL, 0, "Only measure and print the machine's peak rates", 0},
    {0},
};

static const struct argp_child argp_children[] = {{&engine_options_argp, 0, NULL, 0}, {0}};

/* Trains `steps` steps, and returns their seconds. */
static double train(engine *e, unsigned steps, meter_mode mode)
{
    const double began = seconds_now();
    meter_set_mode(mode);
    engine_options_train(e, steps, 1);
    meter_set_mode(METER_OFF);
    return seconds_now() - began;
}

static void print_work(engine *e, const engine_options *o)
{
    train(e, o->steps, METER_COUNT);
    double multiply_adds = 0;
    for (int k = 0; k < METER_KERNELS; k++) {
        multiply_adds += meter_read((meter_kernel)k).multiply_adds;
    }
    printf("%.3f MFLOP a sample\n",
           2e-6 * multiply_adds / ((double)o->steps * o->config.batch_size));
}

static peak_rates peaks_of(const char *isa, unsigned threads)
{
    /* dense1's weights and moments, which every step reads and writes. */
    const size_t near_bytes = (size_t)3 * LENET_FLAT * LENET_DENSE1 * sizeof(float);
    peak_rates peaks;
    if (peak_rates_measure(isa, threads, near_bytes, &peaks) != 0) {
        errx(EXIT_FAILURE, "cannot measure the machine's peak rates");
    }
    printf("%u thread%s %8.1f GFLOP/s of multiply-adds, %6.1f GB/s in %.0f MB, %6.1f GB/s in "
           "memory\n",
           threads, threads == 1 ? ": " : "s:", peaks.gflops, peaks.near, (double)near_bytes * 1e-6,
           peaks.far);
    return peaks;
}

static void print_row(const char *name, double ms, double share)
{
    printf("%-26s %8.3f %6.1f %%", name, ms, 100 * share);
}

/* `step` has one kernel's seconds, summed over all threads, and its work in one step. */
static void print_kernel(const char *name, const meter_total *step, double step_seconds,
                         unsigned threads, const peak_rates *peaks)
{
    const double seconds = step->seconds / threads;
    const double flop = 2 * step->multiply_adds;
    const double by_arithmetic = flop / (peaks->gflops * 1e9);
    const double by_bandwidth = step->bytes / (peaks->near * 1e9);
    const bool arithmetic = by_arithmetic > by_bandwidth;
    print_row(name, seconds * 1e3, seconds / step_seconds);
    printf(" %9.1f %8.1f  %4.0f %% of %s\n", flop / seconds * 1e-9, step->bytes / seconds * 1e-9,
           100 * (arithmetic ? by_arithmetic : by_bandwidth) / seconds,
           arithmetic ? "multiply-adds" : "bandwidth");
}

/* `timed` and `counted` steps have been measured; the timed ones took `seconds`. */
static void print_table(unsigned timed, unsigned counted, double seconds, unsigned threads,
                        const peak_rates *peaks)
{
    const double step_seconds = seconds / timed;
    double rest = step_seconds;
    printf("\n%-26s %8s %8s %9s %8s  %s\n", "kernel", "ms/step", "share", "GFLOP/s", "GB/s",
           "reached of its bound");
    for (int k = 0; k < METER_KERNELS; k++) {
        const meter_total total = meter_read((meter_kernel)k);
        const meter_total step = {total.seconds / timed, total.multiply_adds / counted,
                                  total.bytes / counted};
        print_kernel(meter_names[k], &step, step_seconds, threads, peaks);
        rest -= step.seconds / threads;
    }
    print_row("waiting, and all else", rest * 1e3, rest / step_seconds);
    printf("\n");
    print_row("step", step_seconds * 1e3, 1);
    printf("\n");
}

/* Prints the peak rates of one thread and, below, of as many threads as the engine has. Returns the
 * latter. */
static peak_rates print_peaks(const engine *e)
{
    const peak_rates one = peaks_of(e->kernels->isa, 1);
    return e->threads > 1 ? peaks_of(e->kernels->isa, e->threads) : one;
}

static void print_layers(engine *e, const engine_options *o)
{
    const unsigned threads = e->threads;
    const engine_plan *plan = engine_find("cpu")->planned(e);
    printf("%s, %s, batch size %u, %u steps\n", plan->hardware,
           engine_precision_name(plan->precision), (unsigned)o->config.batch_size, o->steps);
    const peak_rates peaks = print_peaks(e);
    double seconds = 0;
    unsigned timed = 0;
    unsigned counted = 0;
    train(e, WARM_UP, METER_OFF);
    /* The number of nonzero activations changes during training, so the work is counted in steps
     * between the timed ones. */
    while (timed < o->steps) {
        seconds += train(e, TIMED_STEPS, METER_TIME);
        train(e, 1, METER_COUNT);
        timed += TIMED_STEPS;
        counted++;
    }
    print_table(timed, counted, seconds, threads, &peaks);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse,
        .children = argp_children,
        .doc = "Times each kernel of the CPU engine within training steps, against this machine's "
               "peak rates, which it measures first."};
    options o = {.engine = engine_options_defaults()};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    dataset data;
    engine_options_load(&o.engine, &data);
    engine *e = engine_options_create(&o.engine.config, &data);
    e->kernels = meter_wrap(e->kernels);
    if (o.peak) {
        print_peaks(e);
    } else if (o.work) {
        print_work(e, &o.engine);
    } else {
        print_layers(e, &o.engine);
    }
    engine_find("cpu")->destroy(e);
    dataset_free(&data);
    return EXIT_SUCCESS;
}
