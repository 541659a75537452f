#include "machine_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file_read.h"
#include "printable.h"

void machine_file_line(char *out, size_t bytes, const char *path, const char *start)
{
    char *text;
    size_t length;
    out[0] = '\0';
    if (file_read(AT_FDCWD, path, &text, &length) != 0) {
        return;
    }
    char *line = text;
    while (line != NULL && strncmp(line, start, strlen(start)) != 0) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    if (line != NULL) {
        line[strcspn(line, "\n")] = '\0';
        printable_copy(out, bytes, line + strlen(start));
    }
    free(text);
}
