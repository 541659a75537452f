#include "signals.h"

#include <signal.h>
#include <stddef.h>

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
enum { WATCHED = sizeof watched / sizeof watched[0] };

static volatile sig_atomic_t noted;

static void set_handlers(void (*handler)(int))
{
    for (size_t i = 0; i < WATCHED; i++) {
        struct sigaction old;
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        if (sigaction(watched[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(watched[i], &action, NULL);
        }
    }
}

static void note(int signal_number)
{
    noted = signal_number;
    set_handlers(SIG_DFL);
}

void signals_install(void)
{
    noted = 0;
    set_handlers(note);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int signals_noted(void)
{
    return (int)noted;
}
