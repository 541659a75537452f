/* How many runs of a sweep are trained side by side, and with how many threads each. The linker
 * sends the CPU engine's queries for processors and quota to the functions below. */
#define _GNU_SOURCE /* cpu_set_t */
#include <check.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "run_options_parse.h"
#include "run_record.h"
#include "scratch.h"
#include "sweep_runs.h"

static int processors; /* the number that a test sets for the machine */

int __wrap_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set);
unsigned __wrap_cpu_limit(const char *root);

int __wrap_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set)
{
    (void)process;
    CPU_ZERO_S(bytes, set);
    for (int i = 0; i < processors; i++) {
        CPU_SET_S((size_t)i, bytes, set);
    }
    return 0;
}

unsigned __wrap_cpu_limit(const char *root)
{
    (void)root;
    return UINT_MAX;
}

enum { SAMPLES = 16 };

/* Runs a sweep as a user starts it, on a few samples. */
typedef struct sweep {
    run_options options;
    experiment data;
    sweep_list list;
    sweep_runs runs;
} sweep;

/* `options`: further words, separated by single blanks. */
static void open_sweep(sweep *out, const char *options)
{
    static uint8_t images[SAMPLES * LENET_IMAGE_PIXELS];
    static uint8_t labels[SAMPLES];
    char message[MESSAGE_BYTES];
    char words[256];
    char *argv[24] = {"sweep", "--epochs",      "1", "--quiet", "--no-model", "--engine",
                      "cpu",   "--batch-sizes", "8", "--logdir"};
    int argc = 10;
    argv[argc++] = (char *)(uintptr_t)scratch_path("logs");
    snprintf(words, sizeof words, "%s", options);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    ck_assert_int_eq(run_options_parse_sweep(&out->options, argc, argv), OUTCOME_DONE);
    ck_assert_int_eq(sweep_list_make(&out->list, &out->options, message), 0);
    out->data = (experiment){
        .program = "sweep",
        .options = &out->options,
        .api = engine_find("cpu"),
        .data = {.training = {images, labels, SAMPLES}, .validation = {images, labels, SAMPLES}}};
    ck_assert_int_eq(sweep_runs_make(&out->runs, &out->data, &out->list), OUTCOME_DONE);
}

static void close_sweep(sweep *self)
{
    sweep_runs_free(&self->runs);
    sweep_list_free(&self->list);
}

static unsigned at_once(int has, const char *options)
{
    sweep self;
    processors = has;
    open_sweep(&self, options);
    const unsigned answer = self.runs.at_once;
    close_sweep(&self);
    return answer;
}

START_TEST(a_sweep_over_seeds_trains_a_run_for_every_four_of_many_processors)
{
    ck_assert_uint_eq(at_once(2, "--seeds 5"), 1);
    ck_assert_uint_eq(at_once(7, "--seeds 5"), 1);
    ck_assert_uint_eq(at_once(8, "--seeds 5"), 2);
    ck_assert_uint_eq(at_once(15, "--seeds 5"), 3);
    ck_assert_uint_eq(at_once(64, "--seeds 5 --learning-rates 0.001,0.002,0.003,0.004"), 16);
}
END_TEST

START_TEST(no_more_are_trained_than_there_are)
{
    ck_assert_uint_eq(at_once(64, "--seeds 5"), 5);
    ck_assert_uint_eq(at_once(64, "--seeds 5 --task 0/3"), 2);
}
END_TEST

START_TEST(a_sweep_without_several_seeds_trains_one_after_the_other)
{
    ck_assert_uint_eq(at_once(64, ""), 1);
    ck_assert_uint_eq(at_once(64, "--seeds 1"), 1);
    ck_assert_uint_eq(at_once(64, "--batch-sizes 16,8"), 1);
    ck_assert_uint_eq(at_once(64, "--learning-rates 0.001,0.002"), 1);
}
END_TEST

START_TEST(a_process_that_joins_trains_one_after_the_other)
{
    ck_assert_uint_eq(at_once(64, "--seeds 5 --join"), 1);
    ck_assert_uint_eq(at_once(64, "--seeds 5 --join --jobs 3"), 3);
}
END_TEST

START_TEST(what_the_user_asks_for_holds)
{
    ck_assert_uint_eq(at_once(64, "--seeds 5 --jobs 1"), 1);
    ck_assert_uint_eq(at_once(2, "--seeds 5 --jobs 4"), 4);
    ck_assert_uint_eq(at_once(64, "--seeds 5 --threads 4"), 1);
}
END_TEST

static bool train(void *run)
{
    sweep_run_train(run);
    return true;
}

/* Trains two runs on eight processors, and checks their records. */
static void assert_recorded(const char *options, uint32_t runs_at_once, const char *threads)
{
    sweep self;
    processors = 8;
    open_sweep(&self, options);
    ck_assert_int_eq(sweep_runs_pass(&self.runs, train), OUTCOME_DONE);
    for (size_t i = 0; i < self.list.count; i++) {
        char message[MESSAGE_BYTES];
        run_record record;
        ck_assert_int_eq(run_record_read(&record, self.list.runs[i].directory, message), FILE_READ);
        ck_assert_int_eq(record.state, RUN_FINISHED);
        ck_assert_uint_eq(record.runs_at_once, runs_at_once);
        ck_assert_msg(strstr(record.hardware, threads) != NULL, "%s", record.hardware);
        run_record_free(&record);
    }
    close_sweep(&self);
}

START_TEST(a_run_records_how_many_ran_at_once_and_its_part_of_the_threads)
{
    assert_recorded("--seeds 2", 2, ", 4 threads");
    assert_recorded("--seeds 2 --overwrite --jobs 1", 1, ", 8 threads");
    assert_recorded("--seeds 2 --overwrite --jobs 2 --threads 3", 2, ", 3 threads");
}
END_TEST

static void set_up(void)
{
    unsetenv("SLURM_CPUS_PER_TASK"); /* the tests may run in a Slurm job */
    scratch_make();
}

int main(void)
{
    return RUN_TESTS_BETWEEN(set_up, scratch_remove, "sweep runs",
                             a_sweep_over_seeds_trains_a_run_for_every_four_of_many_processors,
                             no_more_are_trained_than_there_are,
                             a_sweep_without_several_seeds_trains_one_after_the_other,
                             a_process_that_joins_trains_one_after_the_other,
                             what_the_user_asks_for_holds,
                             a_run_records_how_many_ran_at_once_and_its_part_of_the_threads);
}
