/* Tests the interpreter itself on kernels of a few lines: how lanes diverge and reconverge, what is
 * a fault, and what is counted. The kernels' tests, whose oracles do not know PTX, check that its
 * instructions compute what a device does. */
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "ptx_machine.h"
#include "ptx_program.h"
#include "ptx_traffic.h"

enum { WORDS = 256, SHARED_BYTES = 1024 };

static _Alignas(PTX_SECTOR_BYTES) uint32_t out[WORDS];
static char finding[2048];

static ptx_range allocation_of(uint64_t address)
{
    (void)address;
    return (ptx_range){(uintptr_t)out, (uintptr_t)(out + WORDS)};
}

/* Runs a kernel. Its register %out has the array's address, %t the thread's number, %out_t the
 * address of the thread's word. Returns NULL or the fault. */
static const char *run_block(const char *functions, const char *body, uint32_t threads,
                             ptx_traffic *traffic)
{
    static const char head[] = ".version 9.0\n.target sm_90\n.address_size 64\n"
                               ".extern .shared .align 16 .b8 shared_memory_bytes[];\n";
    static const char begin[] = ".visible .entry k(.param .u64 k_param_0)\n{\n"
                                ".reg .pred %p<4>; .reg .b32 %r<9>; .reg .f32 %f<9>;\n"
                                ".reg .b64 %rd<9>, %out, %out_t; .reg .b32 %t;\n"
                                "ld.param.u64 %out, [k_param_0];\n"
                                "mov.u32 %t, %tid.x;\n"
                                "mul.wide.u32 %rd0, %t, 4;\n"
                                "add.s64 %out_t, %out, %rd0;\n";
    static char text[4096];
    snprintf(text, sizeof text, "%s%s%s%s\n}\n", head, functions, begin, body);
    const uint64_t parameter = (uintptr_t)out;
    const ptx_launch launch = {
        .grid = {1, 1, 1},
        .block = {threads, 1, 1},
        .shared_bytes = SHARED_BYTES,
        .parameters = (const unsigned char *)&parameter,
        .allocation = allocation_of,
        .traffic = traffic,
    };
    memset(out, 0, sizeof out);
    ptx_program *program = ptx_program_create();
    ck_assert_ptr_nonnull(program);
    const char *fault = ptx_program_add(program, "test.ptx", text);
    if (fault == NULL) {
        fault = ptx_run(ptx_program_find(program, "k"), &launch);
    }
    if (fault != NULL) {
        snprintf(finding, sizeof finding, "%s", fault);
    }
    ptx_program_destroy(program);
    return fault == NULL ? NULL : finding;
}

static void expect_fault_of(uint32_t threads, const char *body, const char *text)
{
    const char *fault = run_block("", body, threads, NULL);
    ck_assert_msg(fault != NULL && strstr(fault, text) != NULL, "%s: %s", body,
                  fault == NULL ? "no fault" : fault);
}

static void expect_fault(const char *body, const char *text)
{
    expect_fault_of(PTX_LANES, body, text);
}

static void expect_run(const char *functions, const char *body, uint32_t threads)
{
    const char *fault = run_block(functions, body, threads, NULL);
    ck_assert_msg(fault == NULL, "%s", fault);
}

START_TEST(what_it_does_not_know_is_a_fault_before_it_runs)
{
    expect_fault("frobnicate.s32 %r1, %r2;", "test.ptx:13: 'frobnicate.s32': unknown instruction");
    expect_fault("add.rz.f32 %f1, %f2, %f3;", "unknown instruction");
    expect_fault("add.s32 %r1, %rd2, %r3;", "another width");
    expect_fault("add.s32 %r1, %r99, %r3;", "no such register");
    expect_fault("add.s32 %r1, %r2;", "integer");
    expect_fault("add.s32 %r1, %r2, %r3, %r4;", "';' expected");
    expect_fault("bra nowhere;", "no such label");
    expect_fault("ld.param.u64 %rd1, [k_param_0+8];", "beyond the parameter");
    expect_fault(".local .b32 %x;", "unknown instruction");
}
END_TEST

START_TEST(accesses_outside_of_memory_are_faults)
{
    expect_fault("st.global.u32 [%out+1024], %t;", "in no allocation");
    expect_fault("st.global.u32 [%out_t+900], %t;", "thread 31: 4 bytes");
    expect_fault("ld.global.u32 %r1, [%out+-4];", "in no allocation");
    expect_fault("ld.global.u32 %r1, [%out+2];", "not aligned to 4");
    expect_fault("ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%out_t];", "not aligned to 16");
    expect_fault("mov.u32 %r1, shared_memory_bytes; st.shared.u32 [%r1+1024], %t;",
                 "of 1024 of shared memory");
}
END_TEST

START_TEST(lanes_that_do_not_come_are_a_fault)
{
    expect_fault("setp.eq.s32 %p1, %t, 3; @%p1 ret; mov.b32 %r1, -1; bar.warp.sync %r1;",
                 "waits for lanes");
    expect_fault("mov.b32 %r1, 1; bar.warp.sync %r1;", "a mask of other lanes");
    expect_fault("setp.eq.s32 %p1, %t, 3; @%p1 bra A; bar.sync 0; bra B; A: bar.warp.sync -1; B:",
                 "waits for lanes");
    expect_fault("mov.b32 %r1, 7; setp.lt.u32 %p1, %t, 3; @!%p1 bra A;\n"
                 "shfl.sync.bfly.b32 %r2|%p2, %t, 1, 31, 7; A:",
                 "reads lane 3, which does not take part");
}
END_TEST

START_TEST(threads_that_return_before_a_barrier_of_others_are_a_fault)
{
    expect_fault_of(2 * PTX_LANES, "setp.eq.s32 %p1, %t, 3; @%p1 ret; bar.sync 0;",
                    "bar.sync: block (0,0,0) thread 0: waits for thread 3, which has returned");
    expect_fault_of(2 * PTX_LANES, "setp.ge.u32 %p1, %t, 32; @%p1 ret; bar.sync 0;",
                    "thread 0: waits for thread 32, which has returned");
    expect_fault_of(2 * PTX_LANES, "setp.lt.u32 %p1, %t, 32; @%p1 ret; bar.sync 0;",
                    "thread 32: waits for thread 0, which has returned");
}
END_TEST

START_TEST(copies_arrive_at_their_wait_and_have_to_be_awaited)
{
    static const char copy[] =
        "mov.u32 %r1, shared_memory_bytes; shl.b32 %r2, %t, 4;\n"
        "add.s32 %r1, %r1, %r2; mul.wide.u32 %rd1, %t, 16;\n"
        "add.s64 %rd1, %out, %rd1; mov.u32 %r5, 5; st.global.u32 [%rd1], %r5;\n"
        "cp.async.cg.shared.global [%r1], [%rd1], 16, 16;\n"
        "cp.async.commit_group;\n";
    char body[1024];
    snprintf(body, sizeof body,
             "%s ld.shared.u32 %%r3, [%%r1]; cp.async.wait_group 0;\n"
             "ld.shared.u32 %%r4, [%%r1]; add.s32 %%r3, %%r3, %%r4;\n"
             "bar.sync 0; st.global.u32 [%%out_t], %%r3;",
             copy);
    expect_run("", body, PTX_LANES);
    ck_assert_uint_eq(out[7], 4); /* -1 (nothing yet) and 5 */
    expect_fault(copy, "a cp.async is under way");
    snprintf(body, sizeof body, "%s cp.async.wait_group 1;", copy);
    expect_fault(body, "a cp.async is under way");
}
END_TEST

/* Lane t makes t + 1 turns of a loop; odd lanes take another branch. Then all exchange values. */
START_TEST(lanes_that_went_apart_come_together)
{
    expect_run("",
               "mov.u32 %r1, 0; mov.u32 %r2, 0;\n"
               "LOOP: and.b32 %r3, %t, 1; setp.ne.s32 %p1, %r3, 0; @%p1 bra ODD;\n"
               "add.s32 %r2, %r2, 10; bra NEXT;\n"
               "ODD: add.s32 %r2, %r2, 1;\n"
               "NEXT: add.s32 %r1, %r1, 1; setp.le.u32 %p2, %r1, %t; @%p2 bra LOOP;\n"
               "shfl.sync.bfly.b32 %r4|%p3, %r2, 1, 31, -1;\n"
               "st.global.u32 [%out_t], %r4;",
               PTX_LANES);
    for (uint32_t lane = 0; lane < PTX_LANES; lane++) {
        const uint32_t other = lane ^ 1;
        ck_assert_uint_eq(out[lane], (other + 1) * (other % 2 != 0 ? 1 : 10));
    }
}
END_TEST

/* Each thread reads what the thread 33 places before it, of another warp, wrote. */
START_TEST(a_barrier_holds_the_warps_of_a_block_together)
{
    expect_run("",
               "mov.u32 %r1, shared_memory_bytes; shl.b32 %r2, %t, 2; add.s32 %r2, %r1, %r2;\n"
               "st.shared.u32 [%r2], %t; bar.sync 0;\n"
               "add.s32 %r3, %t, 95; and.b32 %r3, %r3, 127; shl.b32 %r3, %r3, 2;\n"
               "add.s32 %r3, %r1, %r3; ld.shared.u32 %r4, [%r3];\n"
               "st.global.u32 [%out_t], %r4;",
               128);
    for (uint32_t thread = 0; thread < 128; thread++) {
        ck_assert_uint_eq(out[thread], (thread + 95) % 128);
    }
}
END_TEST

START_TEST(a_function_is_called_by_the_lanes_that_are_there)
{
    expect_run(".func (.param .b64 result) halve(.param .b64 number)\n{\n"
               ".reg .f64 %fd<3>; .reg .pred %p<2>;\n"
               "ld.param.f64 %fd1, [number];\n"
               "setp.gt.f64 %p1, %fd1, 0d4024000000000000; @%p1 bra BIG;\n"
               "st.param.f64 [result+0], %fd1; ret;\n"
               "BIG: mul.rn.f64 %fd2, %fd1, 0d3FE0000000000000;\n"
               "st.param.f64 [result+0], %fd2; ret;\n}\n",
               ".reg .f64 %fd<3>; setp.lt.u32 %p1, %t, 30; @!%p1 bra END;\n"
               "cvt.rn.f64.u32 %fd1, %t;\n"
               "{ .param .b64 param0; st.param.f64 [param0+0], %fd1; .param .b64 retval0;\n"
               "call.uni (retval0), halve, (param0); ld.param.f64 %fd2, [retval0+0]; }\n"
               "cvt.rzi.s32.f64 %r1, %fd2; st.global.u32 [%out_t], %r1;\nEND:",
               PTX_LANES);
    for (uint32_t lane = 0; lane < PTX_LANES; lane++) {
        ck_assert_uint_eq(out[lane], lane >= 30 ? 0 : lane > 10 ? lane / 2 : lane);
    }
}
END_TEST

static const struct {
    const char *body;
    bool shared;
    uint64_t bytes;
    uint64_t used;
    uint64_t least;
} requests[] = {
    {"st.global.u32 [%out_t], %t;", false, 128, 4, 4},
    {"st.global.u32 [%out], %t;", false, 4, 1, 1},
    {"st.global.u32 [%out_t+16], %t;", false, 128, 5, 4},
    {"setp.lt.u32 %p1, %t, 8; mul.wide.u32 %rd1, %t, 32; add.s64 %rd1, %out, %rd1;\n"
     "@%p1 st.global.v4.u32 [%rd1], {%t, %t, %t, %t};",
     false, 128, 8, 4},
    {"shl.b32 %r1, %t, 2; st.shared.u32 [%r1], %t;", true, 128, 1, 1},
    {"shl.b32 %r1, %t, 3; st.shared.u32 [%r1], %t;", true, 128, 2, 1},
    {"mov.u32 %r1, 4; ld.shared.u32 %r2, [%r1];", true, 4, 1, 1},
    {"shl.b32 %r1, %t, 4; st.shared.v4.u32 [%r1], {%t, %t, %t, %t};", true, 512, 4, 4},
    {"shl.b32 %r1, %t, 5; and.b32 %r1, %r1, 1023;\n"
     "st.shared.v2.u32 [%r1], {%t, %t};",
     true, 256, 8, 2},
};

enum { REQUESTS = sizeof requests / sizeof *requests };

/* Sectors of 32 bytes, from an array that is aligned to them; wavefronts of 32 banks. */
START_TEST(traffic_is_counted)
{
    ptx_traffic traffic = {0};
    const char *fault = run_block("", requests[_i].body, PTX_LANES, &traffic);
    ck_assert_msg(fault == NULL, "%s", fault);
    const ptx_count *count = requests[_i].shared ? &traffic.shared : &traffic.global[PTX_STORE];
    ck_assert_uint_eq(count->requests, 1);
    ck_assert_uint_eq(count->bytes, requests[_i].bytes);
    ck_assert_uint_eq(count->used, requests[_i].used);
    ck_assert_uint_eq(count->least, requests[_i].least);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("kernels of a few lines");
    tcase_add_test(c, what_it_does_not_know_is_a_fault_before_it_runs);
    tcase_add_test(c, accesses_outside_of_memory_are_faults);
    tcase_add_test(c, lanes_that_do_not_come_are_a_fault);
    tcase_add_test(c, threads_that_return_before_a_barrier_of_others_are_a_fault);
    tcase_add_test(c, copies_arrive_at_their_wait_and_have_to_be_awaited);
    tcase_add_test(c, lanes_that_went_apart_come_together);
    tcase_add_test(c, a_barrier_holds_the_warps_of_a_block_together);
    tcase_add_test(c, a_function_is_called_by_the_lanes_that_are_there);
    tcase_add_loop_test(c, traffic_is_counted, 0, REQUESTS);
    Suite *suite = suite_create("the interpreter of PTX");
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
