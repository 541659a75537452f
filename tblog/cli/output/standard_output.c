#include "standard_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool finish_standard_output(const char *command)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return true;
    }
    fprintf(stderr, "tblog %s: standard output: %s\n", command, strerror(errno));
    return false;
}
