#include "cuda_host_running.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

namespace cuda_host
{

running_launch now;
fiber scheduler;
state here;
thread *current;
uint32_t last_epoch;

uint32_t next_epoch()
{
    return ++last_epoch;
}

int kernel_name_length(const char *text)
{
    int depth = 0;
    int length = 0;
    for (; text[length] != '\0' && (text[length] != ',' || depth > 0); length++) {
        depth += (text[length] == '<') + (text[length] == '(') - (text[length] == '>') -
                 (text[length] == ')');
    }
    return length;
}

void found(const char *format, ...)
{
    const size_t room = sizeof now.finding;
    const char *text = now.shape->text;
    const int name_length = kernel_name_length(text);
    const block &home = *now.home;
    size_t used =
        static_cast<size_t>(snprintf(now.finding, room, "%.*s: block (%u,%u,%u) thread (%u,%u,%u) ",
                                     name_length, text, home.index.x, home.index.y, home.index.z,
                                     current->index.x, current->index.y, current->index.z));
    va_list arguments;
    va_start(arguments, format);
    if (used < room) {
        used += static_cast<size_t>(vsnprintf(now.finding + used, room - used, format, arguments));
    }
    va_end(arguments);
    if (used < room && current->place.name != nullptr) {
        snprintf(now.finding + used, room - used, "; %s %s (%s:%d)",
                 current->waiting ? "in" : "after", current->place.name, current->place.file,
                 current->place.line);
    }
    fiber_switch(current->self, scheduler);
    abort();
}

} // namespace cuda_host
