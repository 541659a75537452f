/* The CPU engine keeps to the limits of the machine and of control groups. The linker sends the
 * engine's queries for its quota and its processors to the functions below. */
#define _GNU_SOURCE /* sched_getaffinity, sched_setaffinity */
#include <check.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "available_memory.h"
#include "check_main.h"
#include "cpu_limit.h"
#include "engine.h"
#include "sample_data.h"

/* The quota that a test sets, or 0 for that of the control groups. */
static unsigned quota;

unsigned __real_cpu_limit(const char *root);
unsigned __wrap_cpu_limit(const char *root);

unsigned __wrap_cpu_limit(const char *root)
{
    if (quota == 0) {
        return __real_cpu_limit(root);
    }
    ck_assert_str_eq(root, "");
    return quota;
}

/* The number of processors that a test sets, or 0 for the system's. */
static unsigned processors;

int __real_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set);

int __wrap_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set)
{
    if (processors == 0) {
        return __real_sched_getaffinity(process, bytes, set);
    }
    CPU_ZERO_S(bytes, set);
    for (size_t i = 0; i < processors; i++) {
        CPU_SET_S(i, bytes, set);
    }
    return 0;
}

static void write_below(const char *root, const char *directory, const char *name, const char *text)
{
    char path[256];
    for (const char *at = strchr(directory, '/'); at != NULL; at = strchr(at + 1, '/')) {
        snprintf(path, sizeof path, "%s%.*s", root, (int)(at - directory), directory);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s%s%s", root, directory, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(the_least_of_machine_and_control_group_is_available)
{
    char root[] = "/tmp/check_cpu.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_uint_eq(available_memory(root), UINT64_MAX);
    write_below(root, "/proc/", "meminfo", "MemTotal: 9 kB\nMemAvailable:   5000 kB\nX: 1 kB\n");
    ck_assert_uint_eq(available_memory(root), 5000 * 1024);
    write_below(root, "/proc/self/", "cgroup", "3:cpu,memory:/v1\n0::/a/b\n");
    write_below(root, "/sys/fs/cgroup/", "memory.max", "max\n");
    write_below(root, "/sys/fs/cgroup/", "memory.current", "1000\n");
    ck_assert_uint_eq(available_memory(root), 5000 * 1024);
    write_below(root, "/sys/fs/cgroup/", "memory.max", "4000\n");
    ck_assert_uint_eq(available_memory(root), 3000);
    write_below(root, "/sys/fs/cgroup/a/", "memory.max", "3000\n");
    write_below(root, "/sys/fs/cgroup/a/", "memory.current", "900\n");
    ck_assert_uint_eq(available_memory(root), 2100);
    write_below(root, "/sys/fs/cgroup/memory/", "memory.limit_in_bytes", "20\n");
    write_below(root, "/sys/fs/cgroup/memory/", "memory.usage_in_bytes", "30\n");
    ck_assert_uint_eq(available_memory(root), 0);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
    ck_assert_uint_gt(available_memory(""), 0);
}
END_TEST

START_TEST(a_control_group_s_cache_of_files_is_available)
{
    char root[] = "/tmp/check_cpu.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(root));
    write_below(root, "/proc/self/", "cgroup", "0::/\n");
    write_below(root, "/sys/fs/cgroup/", "memory.max", "2000\n");
    write_below(root, "/sys/fs/cgroup/", "memory.current", "1990\n");
    ck_assert_uint_eq(available_memory(root), 10);
    write_below(root, "/sys/fs/cgroup/", "memory.stat",
                "anon 290\nfile 1700\ninactive_file 1500\nactive_file 100\n");
    ck_assert_uint_eq(available_memory(root), 10 + 1600);
    write_below(root, "/proc/self/", "cgroup", "5:memory:/x\n");
    write_below(root, "/sys/fs/cgroup/memory/x/", "memory.limit_in_bytes", "500\n");
    write_below(root, "/sys/fs/cgroup/memory/x/", "memory.usage_in_bytes", "400\n");
    write_below(root, "/sys/fs/cgroup/memory/x/", "memory.stat",
                "inactive_file 1\nactive_file 2\ntotal_inactive_file 30\ntotal_active_file 40\n");
    ck_assert_uint_eq(available_memory(root), 100 + 70);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(the_least_quota_of_the_control_groups_limits_the_threads)
{
    char root[] = "/tmp/check_cpu.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_uint_eq(cpu_limit(root), UINT_MAX);
    write_below(root, "/proc/self/", "cgroup", "4:cpuset:/x\n3:cpuacct,cpu:/a/b\n0::/c/d\n");
    ck_assert_uint_eq(cpu_limit(root), UINT_MAX);
    write_below(root, "/sys/fs/cgroup/cpu/a/b/", "cpu.cfs_quota_us", "-1\n");
    write_below(root, "/sys/fs/cgroup/cpu/a/b/", "cpu.cfs_period_us", "100000\n");
    write_below(root, "/sys/fs/cgroup/c/d/", "cpu.max", "max 100000\n");
    ck_assert_uint_eq(cpu_limit(root), UINT_MAX);
    write_below(root, "/sys/fs/cgroup/cpu/a/", "cpu.cfs_quota_us", "700000\n");
    write_below(root, "/sys/fs/cgroup/cpu/a/", "cpu.cfs_period_us", "100000\n");
    ck_assert_uint_eq(cpu_limit(root), 7);
    write_below(root, "/sys/fs/cgroup/c/", "cpu.max", "600000 100000\n");
    ck_assert_uint_eq(cpu_limit(root), 6);
    write_below(root, "/sys/fs/cgroup/c/d/", "cpu.max", "150000 100000\n");
    ck_assert_uint_eq(cpu_limit(root), 2); /* rounded up */
    write_below(root, "/sys/fs/cgroup/", "cpu.max", "1 100000\n");
    ck_assert_uint_eq(cpu_limit(root), 1);
    write_below(root, "/proc/self/", "cgroup", "nonsense\n0:\n:::\n2:cpuset,cpux:/a\n");
    ck_assert_uint_eq(cpu_limit(root), UINT_MAX);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
    ck_assert_uint_ge(cpu_limit(""), 1);
}
END_TEST

static engine_plan plan_of(const engine_config *config)
{
    engine_plan plan;
    char message[200] = "";
    ck_assert_int_eq(engine_find("cpu")->plan(config, 60, 1, &plan, message, sizeof message),
                     ENGINE_OK);
    return plan;
}

/* The default number of threads for one of that many runs at the same time, from the plan's
 * description of the hardware. */
static unsigned planned_threads_of(uint32_t runs_at_once)
{
    engine_config config = engine_config_defaults();
    config.runs_at_once = runs_at_once;
    const engine_plan plan = plan_of(&config);
    char isa[32];
    unsigned threads = 0;
    ck_assert_msg(sscanf(plan.hardware, "%31[^,], %u thread", isa, &threads) == 2, "%s",
                  plan.hardware);
    return threads;
}

static unsigned planned_threads(void)
{
    return planned_threads_of(1);
}

START_TEST(the_engine_takes_the_processors_that_its_affinity_leaves)
{
    cpu_set_t all;
    cpu_set_t some;
    quota = UINT_MAX;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    if (CPU_COUNT(&all) == 1) {
        printf("this process has one processor: fewer are left out\n");
    }
    CPU_ZERO(&some);
    for (unsigned i = 0, taken = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &some);
            ck_assert_int_eq(sched_setaffinity(0, sizeof some, &some), 0);
            ck_assert_uint_eq(planned_threads(), ++taken);
        }
    }
    quota = 0;
}
END_TEST

START_TEST(the_engine_takes_no_more_threads_than_its_quota)
{
    quota = UINT_MAX;
    const unsigned all = planned_threads();
    if (all == 1) {
        printf("this process has one processor: a lower quota is left out\n");
    }
    for (quota = 1; quota <= all; quota++) {
        ck_assert_uint_eq(planned_threads(), quota);
    }
    ck_assert_uint_eq(planned_threads(), all);
    quota = 0;
}
END_TEST

START_TEST(runs_at_once_divide_the_processors)
{
    quota = UINT_MAX;
    processors = 15;
    ck_assert_uint_eq(planned_threads_of(1), 15);
    ck_assert_uint_eq(planned_threads_of(2), 7);
    ck_assert_uint_eq(planned_threads_of(4), 3);
    ck_assert_uint_eq(planned_threads_of(16), 1);
    quota = 6;
    ck_assert_uint_eq(planned_threads_of(2), 3);
    processors = quota = 0;
}
END_TEST

START_TEST(a_run_for_every_four_of_at_least_eight_processors_is_worth_it)
{
    static const struct {
        unsigned processors;
        uint32_t runs;
    } expected[] = {{1, 1}, {2, 1}, {7, 1}, {8, 2}, {11, 2}, {12, 3}, {64, 16}};
    engine_config config = engine_config_defaults();
    quota = UINT_MAX;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        processors = expected[i].processors;
        const engine_plan plan = plan_of(&config);
        ck_assert_uint_eq(plan.side_by_side, expected[i].runs);
        ck_assert(plan.divides_threads);
    }
    config.threads = 2; /* the caller divides the processors */
    ck_assert_uint_eq(plan_of(&config).side_by_side, 1);
    processors = quota = 0;
}
END_TEST

/* A Slurm task may see more processors than it was given. */
START_TEST(the_engine_takes_no_more_threads_than_slurm_gives)
{
    static const char *const nothing[] = {"", "0", "-1", "two", "1x", "99999999999999999999"};
    quota = UINT_MAX;
    const unsigned all = planned_threads();
    ck_assert_int_eq(setenv("SLURM_CPUS_PER_TASK", "1", 1), 0);
    ck_assert_uint_eq(planned_threads(), 1);
    ck_assert_int_eq(setenv("SLURM_CPUS_PER_TASK", "1000", 1), 0);
    ck_assert_uint_eq(planned_threads(), all);
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        ck_assert_int_eq(setenv("SLURM_CPUS_PER_TASK", nothing[i], 1), 0);
        ck_assert_uint_eq(planned_threads(), all);
    }
    quota = 1;
    ck_assert_int_eq(setenv("SLURM_CPUS_PER_TASK", "2", 1), 0);
    ck_assert_uint_eq(planned_threads(), 1);
    ck_assert_int_eq(unsetenv("SLURM_CPUS_PER_TASK"), 0);
    quota = 0;
}
END_TEST

/* A batch of a million images takes hundreds of gigabytes. */
START_TEST(a_run_larger_than_memory_is_planned_and_refused)
{
    enum { MANY = 1000000 };
    engine_data data = {calloc(MANY, 1), calloc(MANY, 1), MANY};
    engine_config config = engine_config_defaults();
    config.batch_size = MANY;
    config.threads = 1;
    char message[200] = "";
    engine_plan plan;
    engine *e = NULL;
    const engine_api *api = engine_find("cpu");
    ck_assert_int_eq(api->plan(&config, MANY, 1, &plan, message, sizeof message), ENGINE_OK);
    if (plan.memory.total <= plan.available) {
        printf("this machine could hold the run: refusal left out\n");
    } else {
        /* The images behind `data` are never read. */
        ck_assert_int_eq(api->create(&e, &config, &data, &data, message, sizeof message),
                         ENGINE_NO_MEMORY);
        ck_assert_ptr_null(e);
        ck_assert_ptr_nonnull(strstr(message, "1000000"));
    }
    sample_data_free(&data);
}
END_TEST

/* MNIST's training set as one batch, which would take gigabytes without micro-batches. */
START_TEST(micro_batches_of_64_take_the_largest_batch_below_200_megabytes)
{
    enum { SAMPLES = 60000 };
    engine_config config = engine_config_defaults();
    char message[200] = "";
    engine_plan plan;
    config.batch_size = SAMPLES;
    config.micro_batch = 64;
    config.threads = 16;
    ck_assert_int_eq(
        engine_find("cpu")->plan(&config, SAMPLES, 10000, &plan, message, sizeof message),
        ENGINE_OK);
    ck_assert_uint_lt(plan.memory.total, 200 * 1000 * 1000);
}
END_TEST

int main(void)
{
    unsetenv("SLURM_CPUS_PER_TASK"); /* the tests may run in a Slurm job */
    Suite *suite = suite_create("cpu limits");
    TCase *c = tcase_create("cpu limits");
    tcase_add_test(c, the_least_of_machine_and_control_group_is_available);
    tcase_add_test(c, a_control_group_s_cache_of_files_is_available);
    tcase_add_test(c, the_least_quota_of_the_control_groups_limits_the_threads);
    tcase_add_test(c, the_engine_takes_the_processors_that_its_affinity_leaves);
    tcase_add_test(c, the_engine_takes_no_more_threads_than_its_quota);
    tcase_add_test(c, the_engine_takes_no_more_threads_than_slurm_gives);
    tcase_add_test(c, runs_at_once_divide_the_processors);
    tcase_add_test(c, a_run_for_every_four_of_at_least_eight_processors_is_worth_it);
    tcase_add_test(c, a_run_larger_than_memory_is_planned_and_refused);
    tcase_add_test(c, micro_batches_of_64_take_the_largest_batch_below_200_megabytes);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
