#define _GNU_SOURCE /* memfd_create */
#include "dataset_input.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dataset.h"
#include "fuzz_target.h"
#include "message.h"

enum { FILES = 4, TRAINING = 3, VALIDATION = 2, PIXELS = 28 * 28, PATH_BYTES = 128 };

static const char *const names[FILES] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
/* With LIMIT_MEMORY: far more than any small input needs, far less than a header can promise. */
enum { MEMORY_BYTES = 64 << 20 };

/* Files are kept in memory and named by their descriptors: nothing waits for a disk. */
static int right_files[FILES]; /* of three training and two validation samples */
static int input_file;
static char folder[PATH_BYTES];

static void write_file(int file, const void *bytes, size_t size)
{
    fuzz_require(ftruncate(file, 0) == 0);
    fuzz_require(pwrite(file, bytes, size, 0) == (ssize_t)size);
}

static void write_right_file(unsigned place)
{
    const uint8_t count = place < 2 ? TRAINING : VALIDATION;
    const bool images = place % 2 == 0;
    uint8_t bytes[16 + TRAINING * PIXELS] = {0, 0, 8, images ? 3 : 1,  0, 0, 0, count,
                                             0, 0, 0, images ? 28 : 0, 0, 0, 0, images ? 28 : 0};
    write_file(right_files[place], bytes, images ? 16 + count * (size_t)PIXELS : 8u + count);
}

static void make_name(char path[PATH_BYTES], unsigned place, bool gzipped)
{
    snprintf(path, PATH_BYTES, "%.64s/%s%s", folder, names[place], gzipped ? ".gz" : "");
}

static void link_file(unsigned place, int file, bool gzipped)
{
    char path[PATH_BYTES], target[PATH_BYTES];
    make_name(path, place, gzipped);
    snprintf(target, sizeof target, "/proc/self/fd/%d", file);
    fuzz_require(symlink(target, path) == 0);
}

static void unlink_file(unsigned place, bool gzipped)
{
    char path[PATH_BYTES];
    make_name(path, place, gzipped);
    unlink(path);
}

static void remove_folder(void)
{
    for (unsigned place = 0; place < FILES; place++) {
        unlink_file(place, false);
        unlink_file(place, true);
    }
    rmdir(folder);
}

static void set_up(void)
{
    static bool done;
    if (done) {
        return;
    }
    done = true;
#ifdef LIMIT_MEMORY
    const struct rlimit limit = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};
    fuzz_require(setrlimit(RLIMIT_DATA, &limit) == 0);
#endif
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/fuzz_dataset.XXXXXX", base != NULL ? base : "/tmp");
    fuzz_require(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    input_file = memfd_create("input", MFD_CLOEXEC);
    fuzz_require(input_file >= 0);
    for (unsigned place = 0; place < FILES; place++) {
        right_files[place] = memfd_create(names[place], MFD_CLOEXEC);
        fuzz_require(right_files[place] >= 0);
        write_right_file(place);
        link_file(place, right_files[place], false);
    }
}

/* Reads every pixel, so that AddressSanitizer sees them all. */
static void require_part(const dataset_part *part)
{
    fuzz_require(part->count >= 1);
    for (size_t i = 0; i < part->count; i++) {
        fuzz_require(part->labels[i] < 10);
    }
    uint8_t *copy = malloc((size_t)part->count * PIXELS);
    fuzz_require(copy != NULL);
    memcpy(copy, part->images, (size_t)part->count * PIXELS);
    free(copy);
}

static void load(const char *path)
{
    static const dataset empty;
    dataset set;
    char message[MESSAGE_BYTES] = "";
    if (dataset_load(&set, path, message) == 0) {
        require_part(&set.training);
        require_part(&set.validation);
        dataset_free(&set);
        return;
    }
    fuzz_require(memcmp(&set, &empty, sizeof set) == 0);
    fuzz_require(message[0] != '\0' && strchr(message, '\n') == NULL);
#ifdef LIMIT_MEMORY /* libFuzzer, which limits memory itself, puts these words into inputs */
    fuzz_require(strstr(message, "no memory") == NULL);
#endif
}

void dataset_input_load_idx(const uint8_t *data, size_t size, bool gzipped)
{
    if (size == 0) {
        return;
    }
    const unsigned place = data[0] % FILES;
    set_up();
    write_file(input_file, data + 1, size - 1);
    unlink_file(place, false);
    link_file(place, input_file, gzipped);
    load(folder);
    unlink_file(place, gzipped);
    link_file(place, right_files[place], false);
}

void dataset_input_load_npz(const uint8_t *data, size_t size)
{
    char path[PATH_BYTES];
    set_up();
    write_file(input_file, data, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", input_file);
    load(path);
}
