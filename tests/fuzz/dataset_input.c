#include "dataset_input.h"

#include <string.h>

#include "dataset.h"
#include "fuzz_target.h"
#include "input_folder.h"
#include "message.h"

enum {
    FILES = 4,
    TRAINING = 3,
    VALIDATION = 2,
    PIXELS = 28 * 28,
    NAME_BYTES = 32,
    PATH_BYTES = 128
};

static const char *const names[FILES] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

static int right_files[FILES]; /* of three training and two validation samples */
static int input_file;

static void write_right_file(unsigned place)
{
    const uint8_t count = place < 2 ? TRAINING : VALIDATION;
    const bool images = place % 2 == 0;
    uint8_t bytes[16 + TRAINING * PIXELS] = {0, 0, 8, images ? 3 : 1,  0, 0, 0, count,
                                             0, 0, 0, images ? 28 : 0, 0, 0, 0, images ? 28 : 0};
    input_folder_write(right_files[place], bytes,
                       images ? 16 + count * (size_t)PIXELS : 8u + count);
}

static void make_gzip_name(char name[NAME_BYTES], unsigned place)
{
    snprintf(name, NAME_BYTES, "%s.gz", names[place]);
}

/* Replaces one of the valid files by the input. */
static void link_input(unsigned place, bool gzipped)
{
    char gzip_name[NAME_BYTES];
    make_gzip_name(gzip_name, place);
    input_folder_unlink(names[place]);
    input_folder_link(gzipped ? gzip_name : names[place], input_file);
}

static void link_right_file(unsigned place)
{
    char gzip_name[NAME_BYTES];
    make_gzip_name(gzip_name, place);
    input_folder_unlink(gzip_name);
    input_folder_unlink(names[place]);
    input_folder_link(names[place], right_files[place]);
}

static void set_up(void)
{
    static bool done;
    if (done) {
        return;
    }
    done = true;
    input_file = input_folder_new_file();
    for (unsigned place = 0; place < FILES; place++) {
        right_files[place] = input_folder_new_file();
        write_right_file(place);
        link_right_file(place);
    }
}

/* Reads every pixel, so that AddressSanitizer checks each. */
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
#ifdef LIMIT_MEMORY /* libFuzzer limits memory itself, and would put these words into inputs */
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
    input_folder_write(input_file, data + 1, size - 1);
    link_input(place, gzipped);
    load(input_folder_path());
    link_right_file(place);
}

void dataset_input_load_npz(const uint8_t *data, size_t size)
{
    char path[PATH_BYTES];
    set_up();
    input_folder_write(input_file, data, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", input_file);
    load(path);
}
