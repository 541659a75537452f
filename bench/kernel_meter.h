/* A table of the CPU engine's kernels that measures while the engine trains. It times each call of
 * a kernel, or counts the call's work. So every kernel runs on its real data, with the caches as
 * the step leaves them. The head's functions are in no table; the linker redirects their calls
 * (--wrap). */
#ifndef BENCH_KERNEL_METER_H
#define BENCH_KERNEL_METER_H

#include "cpu_kernels.h"

typedef enum meter_kernel {
    METER_CONV1_FORWARD,
    METER_CONV2_PREPARE,
    METER_CONV2_FORWARD,
    METER_DROPOUT1,
    METER_DENSE1_FORWARD,
    METER_HEAD,
    METER_DENSE1_BACKWARD,
    METER_CONV2_BACKWARD,
    METER_CONV1_BACKWARD,
    METER_SUM,
    METER_ADAM,
    METER_KERNELS
} meter_kernel;

extern const char *const meter_names[METER_KERNELS];

typedef enum meter_mode { METER_OFF, METER_TIME, METER_COUNT } meter_mode;

typedef struct meter_total {
    double seconds; /* of all threads together */
    double multiply_adds;
    double bytes; /* inputs and outputs, each counted once */
} meter_total;

/* The table to give to the engine instead of `kernels`. Only one table can be wrapped at a time. */
const cpu_kernels *meter_wrap(const cpu_kernels *kernels);

/* Call it only between steps. */
void meter_set_mode(meter_mode mode);

/* The kernel's totals since the program began. Call it only between steps. */
meter_total meter_read(meter_kernel kernel);

#endif
