/* A table of the CPU engine's kernels that measures while the engine trains: around each call of a
 * kernel it takes the time, or counts the work. So every kernel runs on its real data, in the state
 * of the caches that the step leaves it. The head's functions, which are in no table, are taken by
 * the linker (--wrap). Knows the kernels' calls, and how much each has to do. */
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
    double bytes; /* what comes in and goes out, each once */
} meter_total;

/* The table to give to the engine instead of `kernels`. One at a time. */
const cpu_kernels *meter_wrap(const cpu_kernels *kernels);

/* Only between steps. */
void meter_set_mode(meter_mode mode);

/* What the kernel has summed up since the program began. Only between steps. */
meter_total meter_read(meter_kernel kernel);

#endif
