#define _GNU_SOURCE /* O_DIRECTORY */
#include "run_input.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_target.h"
#include "input_folder.h"

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);
int __wrap_fsync(int fd);

/* The targets are linked with --wrap for these, which would slow them down: a reader pauses before
 * it reads a damaged file again, and a writer waits for the disk. */
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
    (void)pause;
    (void)left;
    return 0;
}

int __wrap_fsync(int fd)
{
    (void)fd;
    return 0;
}

void run_input_set(const char *name, const uint8_t *data, size_t size)
{
    static int file = -1;
    if (file < 0) {
        file = input_folder_new_file();
    }
    input_folder_write(file, data, size);
    input_folder_unlink(name);
    input_folder_link(name, file);
}

const char *run_input_directory(void)
{
    return input_folder_path();
}

int run_input_descriptor(void)
{
    static int descriptor = -1;
    if (descriptor < 0) {
        descriptor = open(input_folder_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fuzz_require(descriptor >= 0);
    }
    return descriptor;
}

void run_input_require_message(const char *message)
{
    fuzz_require(message[0] != '\0' && strchr(message, '\n') == NULL);
#ifdef LIMIT_MEMORY /* libFuzzer limits memory itself, and would put these words into inputs */
    fuzz_require(strstr(message, "no memory") == NULL);
#endif
}
