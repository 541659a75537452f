#include "cuda_host_fiber.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

/* Uses our own switch if there is one for the processor; CUDA_HOST_UCONTEXT selects the portable
 * one. */
#if defined(__x86_64__) && !defined(CUDA_HOST_UCONTEXT)
#define FAST_SWITCH 1
#else
#define FAST_SWITCH 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace cuda_host
{

namespace
{
const size_t STACK_BYTES = 256 << 10; /* only used pages take memory */
}

#if FAST_SWITCH

/* Saves the callee-saved registers on the old stack and loads them from the new one. It jumps
 * instead of returning, since the processor would mispredict the return address. */
extern "C" void cuda_host_switch(void **save, void *load);
asm(R"(
    .text
    .globl cuda_host_switch
    .type cuda_host_switch, @function
cuda_host_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx
    jmp *%rcx
    .size cuda_host_switch, .-cuda_host_switch
)");

static void make_context(fiber &made, unsigned char *top, void (*entry)())
{
    /* Six registers, the entry's address, and an unused return address, so that the entry finds the
     * stack as after a call. */
    uintptr_t *frame = reinterpret_cast<uintptr_t *>(top) - 8;
    memset(frame, 0, 8 * sizeof *frame);
    frame[6] = reinterpret_cast<uintptr_t>(entry);
    made.context = frame;
}

static void switch_context(fiber &from, fiber &to)
{
    cuda_host_switch(&from.context, to.context);
}

#else

static ucontext_t *context_of(fiber &f)
{
    if (f.context == nullptr) {
        f.context = calloc(1, sizeof(ucontext_t));
    }
    return static_cast<ucontext_t *>(f.context);
}

static void make_context(fiber &made, unsigned char *top, void (*entry)())
{
    ucontext_t *context = context_of(made);
    getcontext(context);
    context->uc_stack.ss_sp = made.stack;
    context->uc_stack.ss_size = static_cast<size_t>(top - made.stack);
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
}

static void switch_context(fiber &from, fiber &to)
{
    swapcontext(context_of(from), context_of(to));
}

#endif

#if defined(__SANITIZE_ADDRESS__)
void fiber_of_thread(fiber &self)
{
    /* Once a thread, since it reads the process' map of memory. */
    static thread_local void *stack;
    static thread_local size_t bytes;
    if (stack == nullptr) {
        pthread_attr_t attributes;
        pthread_getattr_np(pthread_self(), &attributes);
        pthread_attr_getstack(&attributes, &stack, &bytes);
        pthread_attr_destroy(&attributes);
    }
    self.stack = static_cast<unsigned char *>(stack);
    self.stack_bytes = bytes;
}
#else
void fiber_of_thread(fiber &)
{
}
#endif

static void begin(fiber &made, unsigned index, void (*entry)())
{
    unsigned char *top = made.stack + made.stack_bytes - 192 * (index % 64);
    make_context(made, top, entry);
    made.fake_stack = nullptr;
}

void fiber_make(fiber &made, unsigned index, void (*entry)())
{
    const size_t page = 4096;
    void *place = mmap(nullptr, STACK_BYTES + page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED || mprotect(place, page, PROT_NONE) != 0) {
        perror("cuda_host: no stack for a thread");
        abort();
    }
    made.stack = static_cast<unsigned char *>(place) + page;
    made.stack_bytes = STACK_BYTES;
    begin(made, index, entry);
}

void fiber_forget(fiber &made, unsigned index, void (*entry)())
{
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(made.stack, made.stack_bytes);
#endif
    begin(made, index, entry);
}

void fiber_switch(fiber &from, fiber &to)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
#endif
    switch_context(from, to);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

void fiber_entered()
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

} // namespace cuda_host
