#define _GNU_SOURCE /* memfd_create */
#include "input_folder.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fuzz_target.h"

enum { PATH_BYTES = 128, MEMORY_BYTES = 64 << 20 };

static char folder[PATH_BYTES]; /* "" before it is made */

static void limit_memory(void)
{
#ifdef LIMIT_MEMORY
    const struct rlimit limit = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};
    fuzz_require(setrlimit(RLIMIT_DATA, &limit) == 0);
#endif
}

static void remove_folder(void)
{
    DIR *stream = opendir(folder);
    for (const struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        (void)unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream != NULL) {
        closedir(stream);
    }
    rmdir(folder);
}

const char *input_folder_path(void)
{
    if (folder[0] == '\0') {
        limit_memory();
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%.40s/fuzz_input.XXXXXX", base != NULL ? base : "/tmp");
        fuzz_require(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    return folder;
}

int input_folder_new_file(void)
{
    const int file = memfd_create("input", MFD_CLOEXEC);
    fuzz_require(file >= 0);
    return file;
}

void input_folder_write(int file, const void *bytes, size_t size)
{
    fuzz_require(ftruncate(file, 0) == 0);
    fuzz_require(pwrite(file, bytes, size, 0) == (ssize_t)size);
}

static void make_path(char path[PATH_BYTES], const char *name)
{
    snprintf(path, PATH_BYTES, "%.64s/%.60s", input_folder_path(), name);
}

void input_folder_link(const char *name, int file)
{
    char path[PATH_BYTES], target[PATH_BYTES];
    make_path(path, name);
    snprintf(target, sizeof target, "/proc/self/fd/%d", file);
    fuzz_require(symlink(target, path) == 0);
}

void input_folder_unlink(const char *name)
{
    char path[PATH_BYTES];
    make_path(path, name);
    unlink(path);
}
