#define _GNU_SOURCE /* pipe2 */
#include "proof_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LIMIT_MS = 120000,
    LOOK_MS = 50,   /* between two checks of the clock and of is_stopped */
    GRACE_MS = 5000 /* the longest wait for a killed process; a device may hold it */
};

/* The running process. */
typedef struct child {
    const proof_child_job *job;
    pid_t id;
    int output; /* what it prints */
    struct timespec begin;
    char *report;
    size_t length; /* of the report */
} child;

proof_child_job proof_child_defaults(const char *engine_name, engine_precision precision)
{
    return (proof_child_job){.program = "/proc/self/exe",
                             .engine = engine_name,
                             .precision = precision,
                             .limit_ms = LIMIT_MS};
}

void proof_child_follow(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { /* the parent ended before prctl */
        raise(SIGKILL);
    }
}

static long long elapsed_ms(const child *self)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((long long)now.tv_sec - self->begin.tv_sec) * 1000 +
           (now.tv_nsec - self->begin.tv_nsec) / 1000000;
}

static bool is_stopped(const child *self)
{
    return self->job->is_stopped != NULL && self->job->is_stopped();
}

/* Should the wait for the process end? */
static bool is_over(const child *self)
{
    return is_stopped(self) || elapsed_ms(self) >= self->job->limit_ms;
}

/* Both streams of the process go to `output`: what a library prints belongs to the report. 0, or an
 * error number. */
static int spawn(child *self, int output)
{
    extern char **environ;
    const proof_child_job *job = self->job;
    static const char child_of[] = "--" PROOF_CHILD_OPTION;
    char parent[24];
    const char *arguments[10] = {"trainer", "selftest", child_of, parent, "--engine", job->engine};
    size_t count = 6;
    posix_spawn_file_actions_t actions;
    snprintf(parent, sizeof parent, "%lld", (long long)getpid());
    if (job->precision != ENGINE_DEFAULT_PRECISION) {
        arguments[count++] = "--precision";
        arguments[count++] = engine_precision_name(job->precision);
    }
    if (job->kept) {
        arguments[count++] = "--" PROOF_KEPT_OPTION;
    }
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    }
    if (error == 0) {
        error = posix_spawn(&self->id, job->program, &actions, NULL,
                            (char *const *)(uintptr_t)arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* 0, or an error number. */
static int start(child *self)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    const int error = spawn(self, ends[1]);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
    }
    self->output = ends[0];
    return error;
}

/* Beyond `room` the report is dropped. */
static void keep_output(child *self, const char *text, size_t bytes, size_t room)
{
    const size_t left = room - 1 - self->length;
    const size_t kept = bytes < left ? bytes : left;
    memcpy(self->report + self->length, text, kept);
    self->length += kept;
    self->report[self->length] = '\0';
    if (self->job->echo != NULL) {
        fwrite(text, 1, bytes, self->job->echo);
        fflush(self->job->echo);
    }
}

/* Takes what comes within LOOK_MS. False at the end of the output. */
static bool take_output(child *self)
{
    char text[4096];
    struct pollfd waited = {.fd = self->output, .events = POLLIN};
    if (poll(&waited, 1, LOOK_MS) <= 0) {
        return true;
    }
    const ssize_t bytes = read(self->output, text, sizeof text);
    if (bytes > 0) {
        keep_output(self, text, (size_t)bytes, PROOF_REPORT_BYTES - PROOF_RESULT_LINE_BYTES);
    }
    return bytes > 0 || (bytes < 0 && errno == EINTR);
}

/* Whether the process has ended; *status is waitpid's. If SIGCHLD is ignored, the kernel keeps
 * none, and *status stays as it was. */
static bool has_ended(const child *self, int *status)
{
    return waitpid(self->id, status, WNOHANG) != 0;
}

static void pause_a_little(void)
{
    const struct timespec millisecond = {.tv_nsec = 1000000};
    nanosleep(&millisecond, NULL);
}

/* Whether it ended by itself. If not, it is killed. */
static bool wait_for_end(const child *self, int *status)
{
    while (!has_ended(self, status)) {
        if (is_over(self)) {
            kill(self->id, SIGKILL);
            for (int ms = 0; ms < GRACE_MS && !has_ended(self, status); ms++) {
                pause_a_little();
            }
            return false;
        }
        pause_a_little();
    }
    return true;
}

static proof_result result_of_status(const child *self, int status)
{
    proof_result result;
    if (WIFSIGNALED(status)) {
        return proof_result_make(PROOF_FAILED, "signal %d (%s) ended the selftest",
                                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    if (!proof_result_parse(&result, self->report)) {
        return proof_result_make(PROOF_FAILED, "the selftest ended without a verdict");
    }
    if (result.verdict == PROOF_PASSED && WEXITSTATUS(status) != 0) {
        return proof_result_make(PROOF_FAILED, "the selftest passed, but ended with status %d",
                                 WEXITSTATUS(status));
    }
    return result;
}

/* Waits until the process ends or is_over. */
static proof_result wait_for_result(child *self)
{
    int status = 0;
    while (!is_over(self) && take_output(self)) {
    }
    const bool by_itself = wait_for_end(self, &status);
    if (is_stopped(self)) { /* Ctrl-C ends both processes */
        return proof_result_make(PROOF_STOPPED, "the selftest was stopped");
    }
    return by_itself ? result_of_status(self, status)
                     : proof_result_make(PROOF_FAILED, "the selftest did not end within %g s",
                                         self->job->limit_ms / 1e3);
}

/* Ends the report with the result, unless the process has printed this verdict. */
static void end_report(child *self, const proof_result *result)
{
    char line[PROOF_RESULT_LINE_BYTES];
    proof_result said;
    if (!proof_result_parse(&said, self->report) || said.verdict != result->verdict) {
        proof_result_format(line, result);
        keep_output(self, line, strlen(line), PROOF_REPORT_BYTES);
    }
}

proof_result proof_child_run(const proof_child_job *job, char *report)
{
    child self = {.job = job, .report = report};
    report[0] = '\0';
    clock_gettime(CLOCK_MONOTONIC, &self.begin);
    const int error = start(&self);
    const proof_result result =
        error == 0
            ? wait_for_result(&self)
            : proof_result_make(PROOF_UNUSABLE, "cannot start the selftest: %s", strerror(error));
    if (error == 0) {
        close(self.output);
    }
    end_report(&self, &result);
    return result;
}
