#include "ptx_launcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "ptx_machine.h"
#include "ptx_program.h"

enum { MOST_PARAMETER_BYTES = 4096 };

static ptx_program *program;
static bool counts_traffic;
static ptx_kernel_traffic *counted; /* room for all kernels of the program */
static size_t counted_kernels;
static bool *ever_counted; /* [kernels of the program] */
static char finding[2560];

/* Runs before main, so that a test program need not know what runs its kernels. */
__attribute__((constructor)) static void take_launches(void)
{
    if (getenv("PTX_FOLDER") != NULL) {
        cuda_host_set_launcher(ptx_launcher);
    }
}

__attribute__((destructor)) static void forget_program(void)
{
    ptx_program_destroy(program);
    free(counted);
    free(ever_counted);
}

static const char *load_program(void)
{
    const char *folder = getenv("PTX_FOLDER");
    if (folder == NULL) {
        return "PTX_FOLDER does not name the folder of the kernels' PTX";
    }
    program = ptx_program_create();
    const char *fault = program == NULL ? "no memory" : ptx_program_add_folder(program, folder);
    if (fault != NULL) {
        return fault;
    }
    size_t kernels;
    ptx_program_kernels(program, &kernels);
    counted = calloc(kernels, sizeof *counted);
    ever_counted = calloc(kernels, sizeof *ever_counted);
    return counted == NULL || ever_counted == NULL ? "no memory" : NULL;
}

/* Part of the kernel's mangled name: `head` is 4headE, `conv_forward<ENGINE_TF32>`
 * 12conv_forwardIL16engine_precision2EE. */
static void mangle(const char *name, char *text, size_t bytes)
{
    static const struct {
        const char *argument;
        engine_precision precision;
    } instances[] = {
        {"<ENGINE_FP32>", ENGINE_FP32},
        {"<ENGINE_TF32>", ENGINE_TF32},
        {"<ENGINE_BF16>", ENGINE_BF16},
    };
    const size_t length = strcspn(name, "<");
    for (size_t i = 0; i < sizeof instances / sizeof *instances; i++) {
        if (strcmp(name + length, instances[i].argument) == 0) {
            snprintf(text, bytes, "%zu%.*sIL16engine_precision%dEE", length, (int)length, name,
                     (int)instances[i].precision);
            return;
        }
    }
    snprintf(text, bytes, "%zu%sE", length, name);
}

static ptx_range allocation_of(uint64_t address)
{
    const cuda_host_memory memory = cuda_host_memory_at((const void *)(uintptr_t)address);
    const uint64_t begin = (uintptr_t)memory.begin;
    return (ptx_range){begin, begin + memory.bytes};
}

static ptx_traffic *traffic_of(const ptx_kernel *kernel, const char *name)
{
    size_t i = 0;
    while (i < counted_kernels && counted[i].kernel != kernel) {
        i++;
    }
    ptx_kernel_traffic *own = &counted[i];
    if (i == counted_kernels) {
        counted_kernels++;
        *own = (ptx_kernel_traffic){.kernel = kernel};
        snprintf(own->name, sizeof own->name, "%s", name);
        own->traffic.code = kernel->code;
        own->traffic.by_instruction =
            calloc(kernel->code_count, sizeof *own->traffic.by_instruction);
    }
    own->launches++;
    size_t kernels;
    ever_counted[kernel - ptx_program_kernels(program, &kernels)] = true;
    return &own->traffic;
}

/* False if the launch's arguments are not the kernel's parameters. */
static bool place_arguments(const ptx_kernel *kernel, const cuda_host_launch *launch,
                            unsigned char *parameters)
{
    if (launch->argument_count != kernel->parameter_count ||
        kernel->parameter_bytes > MOST_PARAMETER_BYTES) {
        return false;
    }
    for (size_t i = 0; i < launch->argument_count; i++) {
        if (launch->arguments[i].size != kernel->parameters[i].bytes) {
            return false;
        }
        memcpy(parameters + kernel->parameters[i].offset, launch->arguments[i].bytes,
               launch->arguments[i].size);
    }
    return true;
}

const char *ptx_launcher(const cuda_host_launch *launch)
{
    if (program == NULL) {
        const char *fault = load_program();
        if (fault != NULL) {
            return fault;
        }
    }
    char part[128];
    mangle(launch->kernel, part, sizeof part);
    const ptx_kernel *kernel = ptx_program_find(program, part);
    if (kernel == NULL) {
        snprintf(finding, sizeof finding, "%s: not one kernel of the PTX has %s in its name",
                 launch->kernel, part);
        return finding;
    }
    unsigned char parameters[MOST_PARAMETER_BYTES];
    if (!place_arguments(kernel, launch, parameters)) {
        snprintf(finding, sizeof finding, "%s: its parameters in PTX differ", launch->kernel);
        return finding;
    }
    ptx_launch run = {
        .shared_bytes = launch->shared_bytes,
        .parameters = parameters,
        .allocation = allocation_of,
        .traffic = counts_traffic ? traffic_of(kernel, launch->kernel) : NULL,
    };
    memcpy(run.grid, launch->grid, sizeof run.grid);
    memcpy(run.block, launch->block, sizeof run.block);
    return ptx_run(kernel, &run);
}

void ptx_launcher_count_traffic(void)
{
    for (size_t i = 0; i < counted_kernels; i++) {
        free(counted[i].traffic.by_instruction);
    }
    counted_kernels = 0;
    counts_traffic = true;
}

const ptx_kernel_traffic *ptx_launcher_traffic(size_t *count)
{
    *count = counted_kernels;
    return counted;
}

const char *ptx_launcher_never_counted(void)
{
    size_t count = 0;
    const ptx_kernel *kernels = program == NULL ? NULL : ptx_program_kernels(program, &count);
    for (size_t i = 0; i < count; i++) {
        if (!ever_counted[i]) {
            return kernels[i].name;
        }
    }
    return NULL;
}
