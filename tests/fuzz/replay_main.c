/* Runs a fuzz target without libFuzzer: replay_NAME DIRECTORY… gives it every file of the
 * directories, and then variants of each: truncated, and with changed bytes. The variants are
 * always the same. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "fuzz_target.h"

enum { VARIANTS = 60, INPUT_BYTES_MAX = 1 << 20, PATH_BYTES = 4096 };

/* SplitMix64: the same numbers on every machine. */
static uint64_t random_state;

static uint64_t random_bits(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Runs the target on a copy of the exact size, so that AddressSanitizer finds reads beyond it. */
static void run(const uint8_t *data, size_t bytes)
{
    uint8_t *copy = malloc(bytes == 0 ? 1 : bytes);
    fuzz_require(copy != NULL);
    memcpy(copy, data, bytes);
    LLVMFuzzerTestOneInput(copy, bytes);
    free(copy);
}

static void run_variant(const uint8_t *data, size_t bytes)
{
    static uint8_t variant[INPUT_BYTES_MAX];
    memcpy(variant, data, bytes);
    if (bytes > 0 && random_bits() % 4 == 0) {
        bytes = (size_t)(random_bits() % bytes);
    }
    for (uint64_t changes = 1 + random_bits() % 4; changes > 0 && bytes > 0; changes--) {
        static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
        const size_t at = (size_t)(random_bits() % bytes);
        const uint64_t choice = random_bits();
        if (choice % 3 == 0) {
            variant[at] = edges[(choice >> 8) % sizeof edges];
        } else if (choice % 3 == 1) {
            variant[at] ^= (uint8_t)(1u << ((choice >> 8) % 8));
        } else {
            memmove(variant + at, variant + bytes / 2,
                    (bytes - at) < bytes / 2 ? bytes - at : bytes / 2);
        }
    }
    run(variant, bytes);
}

static void replay_file(const char *path)
{
    static uint8_t data[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    const size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    run(data, bytes);
    random_state = bytes;
    for (int i = 0; i < VARIANTS; i++) {
        run_variant(data, bytes);
    }
}

static size_t replay_directory(const char *directory)
{
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return 0;
    }
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[PATH_BYTES];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        replay_file(path);
        files++;
    }
    closedir(stream);
    return files;
}

int main(int argc, char **argv)
{
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        files += replay_directory(argv[i]);
    }
    printf("%zu files, each in %d variants\n", files, VARIANTS);
    return files > 0 ? 0 : 1;
}
