#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

#include "terminal_text.h"

void complaint_begin(const char *command, const char *subject)
{
    fprintf(stderr, "tblog %s: ", command);
    terminal_text_print_to(stderr, subject);
    fputs(": ", stderr);
}

void complaint_print(const char *command, const char *subject, const char *why, ...)
{
    va_list arguments;
    va_start(arguments, why);
    complaint_begin(command, subject);
    /* clang-tidy 14 does not see va_start here. */
    vfprintf(stderr, why, arguments); // NOLINT(clang-analyzer-valist.Uninitialized)
    va_end(arguments);
    putc('\n', stderr);
}
