/* Jobs side by side: how many run at the same time, in how much memory, and when no more begin. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "check_main.h"
#include "job_queue.h"

enum { JOBS = 12 };

/* Records of all jobs. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t begins; /* signalled when a job begins */
    unsigned running;
    unsigned most_running;
    unsigned awaited; /* no job ends before that many have run side by side */
    uint64_t memory;
    uint64_t most_memory;
    unsigned begun;
    size_t order[JOBS];
    size_t fails_at; /* the job after which no more should begin; JOBS for none */
    bool stop;
    pthread_t threads[JOBS];
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .begins = PTHREAD_COND_INITIALIZER};

static job jobs[JOBS];

static bool run(void *argument)
{
    const job *self = argument;
    const size_t index = (size_t)(self - jobs);
    pthread_mutex_lock(&seen.lock);
    seen.order[seen.begun] = index;
    seen.threads[seen.begun++] = pthread_self();
    seen.running++;
    seen.memory += self->memory;
    seen.most_running = seen.running > seen.most_running ? seen.running : seen.most_running;
    seen.most_memory = seen.memory > seen.most_memory ? seen.memory : seen.most_memory;
    pthread_cond_broadcast(&seen.begins);
    pthread_mutex_unlock(&seen.lock);
    nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    pthread_mutex_lock(&seen.lock);
    while (seen.most_running < seen.awaited) {
        pthread_cond_wait(&seen.begins, &seen.lock);
    }
    seen.running--;
    seen.memory -= self->memory;
    pthread_mutex_unlock(&seen.lock);
    return index != seen.fails_at;
}

static bool stopped(void)
{
    return seen.stop;
}

static void set_up(void)
{
    seen.running = seen.most_running = seen.begun = seen.awaited = 0;
    seen.memory = seen.most_memory = 0;
    seen.fails_at = JOBS;
    seen.stop = false;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = (job){run, &jobs[i], 10};
    }
}

START_TEST(as_many_run_at_once_as_may)
{
    seen.awaited = 3;
    ck_assert_int_eq(job_queue_run(jobs, JOBS, 3, UINT64_MAX, stopped), 0);
    ck_assert_uint_eq(seen.begun, JOBS);
    ck_assert_uint_eq(seen.running, 0);
    ck_assert_uint_eq(seen.most_running, 3);
}
END_TEST

START_TEST(one_at_a_time_runs_in_order_in_the_calling_thread)
{
    ck_assert_int_eq(job_queue_run(jobs, JOBS, 1, UINT64_MAX, NULL), 0);
    ck_assert_uint_eq(seen.begun, JOBS);
    ck_assert_uint_eq(seen.most_running, 1);
    for (size_t i = 0; i < JOBS; i++) {
        ck_assert_uint_eq(seen.order[i], i);
        ck_assert(pthread_equal(seen.threads[i], pthread_self()));
    }
}
END_TEST

START_TEST(memory_bounds_how_many_run)
{
    ck_assert_int_eq(job_queue_run(jobs, JOBS, JOBS, 25, stopped), 0);
    ck_assert_uint_eq(seen.begun, JOBS);
    ck_assert_uint_le(seen.most_memory, 25);
}
END_TEST

START_TEST(a_job_that_never_fits_runs_alone)
{
    jobs[4].memory = 1000;
    jobs[5].memory = UINT64_MAX;
    ck_assert_int_eq(job_queue_run(jobs, 6, 4, 40, stopped), 0);
    ck_assert_uint_eq(seen.begun, 6);
}
END_TEST

START_TEST(after_one_that_says_so_no_further_one_begins)
{
    seen.fails_at = 2;
    jobs[3].memory = UINT64_MAX; /* so that it does not run beside the job that fails */
    ck_assert_int_eq(job_queue_run(jobs, JOBS, _i == 0 ? 1 : 2, 40, stopped), 0);
    ck_assert_uint_eq(seen.begun, 3);
    ck_assert_uint_eq(seen.running, 0);
}
END_TEST

START_TEST(when_stopped_none_begins)
{
    seen.stop = true;
    ck_assert_int_eq(job_queue_run(jobs, JOBS, _i == 0 ? 1 : 3, UINT64_MAX, stopped), 0);
    ck_assert_uint_eq(seen.begun, 0);
}
END_TEST

static bool count_one(void *argument)
{
    pthread_mutex_lock(&seen.lock);
    ++*(size_t *)argument;
    pthread_mutex_unlock(&seen.lock);
    return true;
}

/* More jobs than the system allows threads, even threads that have ended and were not joined. */
START_TEST(there_may_be_any_number_of_jobs)
{
    enum { MANY = 100000 };
    size_t done = 0;
    job *many = calloc(MANY, sizeof *many);
    ck_assert_ptr_nonnull(many);
    for (size_t i = 0; i < MANY; i++) {
        many[i] = (job){count_one, &done, 0};
    }
    ck_assert_int_eq(job_queue_run(many, MANY, 3, UINT64_MAX, stopped), 0);
    ck_assert_uint_eq(done, MANY);
    free(many);
}
END_TEST

START_TEST(no_jobs_are_done_at_once)
{
    ck_assert_int_eq(job_queue_run(NULL, 0, 4, 1, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("job_queue");
    TCase *queue = tcase_create("queue");
    tcase_add_checked_fixture(queue, set_up, NULL);
    tcase_add_test(queue, as_many_run_at_once_as_may);
    tcase_add_test(queue, one_at_a_time_runs_in_order_in_the_calling_thread);
    tcase_add_test(queue, memory_bounds_how_many_run);
    tcase_add_test(queue, a_job_that_never_fits_runs_alone);
    tcase_add_loop_test(queue, after_one_that_says_so_no_further_one_begins, 0, 2);
    tcase_add_loop_test(queue, when_stopped_none_begins, 0, 2);
    tcase_add_test(queue, there_may_be_any_number_of_jobs);
    tcase_add_test(queue, no_jobs_are_done_at_once);
    suite_add_tcase(suite, queue);
    /* ThreadSanitizer and forks do not go together. */
    return run_suite_without_forks(suite);
}
