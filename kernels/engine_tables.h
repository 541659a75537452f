/* The engines' tables, for the list of engines and for tests of one engine. */
#ifndef KERNELS_ENGINE_TABLES_H
#define KERNELS_ENGINE_TABLES_H

#include "engine.h"

extern const engine_api engine_cpu;
extern const engine_api engine_cuda;

#endif
