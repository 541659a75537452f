#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static const struct {
    int number;
    const char *name;
} watched[] = {
    {SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"},
    {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"},
};
enum { WATCHED = sizeof watched / sizeof watched[0] };

static volatile sig_atomic_t noted;
static volatile sig_atomic_t interrupted; /* by a SIGINT, at `interrupted_at` */
static struct timespec interrupted_at;

/* A SIGINT this long after the first one ends the process. */
enum { INSISTS_SECONDS = 1 };

static int is_insisting(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long long seconds = (long long)now.tv_sec - interrupted_at.tv_sec;
    return seconds > INSISTS_SECONDS ||
           (seconds == INSISTS_SECONDS && now.tv_nsec >= interrupted_at.tv_nsec);
}

/* SIGINT is blocked while it runs. */
static void note(int signal_number)
{
    if (noted == 0) {
        noted = signal_number;
    }
    if (signal_number != SIGINT) {
        return;
    }
    if (!interrupted) {
        clock_gettime(CLOCK_MONOTONIC, &interrupted_at);
        interrupted = 1;
    } else if (is_insisting()) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT); /* it is delivered when this returns */
    }
}

void signals_install(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < WATCHED; i++) {
        sigaddset(&action.sa_mask, watched[i].number);
    }
    noted = interrupted = 0;
    for (size_t i = 0; i < WATCHED; i++) {
        struct sigaction old;
        if (sigaction(watched[i].number, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(watched[i].number, &action, NULL);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int signals_noted(void)
{
    return (int)noted;
}

const char *signals_name(void)
{
    for (size_t i = 0; i < WATCHED; i++) {
        if (watched[i].number == noted) {
            return watched[i].name;
        }
    }
    return "";
}
