/* Which files of a folder are its data set: MNIST's own names, 7-Zip's (".idx3-ubyte", as it
 * unpacks them) and EMNIST's, each plain or gzipped. dataset_folder_hint.c says what a folder has
 * instead. */
#include "dataset_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The sets of four files, by what their names have in front. EMNIST calls its validation "test". */
static const struct {
    const char *prefix;
    const char *validation;
    unsigned classes;
} families[] = {
    {"", "t10k", 10},
    {"emnist-digits-", "test", 10},
    {"emnist-mnist-", "test", 10},
    {"emnist-letters-", "test", 26},
    {"emnist-balanced-", "test", 47},
    {"emnist-bymerge-", "test", 47},
    {"emnist-byclass-", "test", 62},
};
enum { FAMILIES = sizeof families / sizeof *families, SPELLINGS = 4 };

/* A file's name, in the spellings 0 … SPELLINGS - 1: plain ones come first. */
static void make_name(char name[DATASET_FILE_NAME_BYTES], unsigned family, unsigned place,
                      unsigned spelling)
{
    const bool images = dataset_kind_at(place) == DATASET_IMAGES;
    snprintf(name, DATASET_FILE_NAME_BYTES, "%s%s-%s%cidx%c-ubyte%s", families[family].prefix,
             place < DATASET_VALIDATION ? "train" : families[family].validation,
             images ? "images" : "labels", spelling % 2 == 0 ? '-' : '.', images ? '3' : '1',
             spelling < 2 ? "" : ".gz");
}

/* Finds the file at a place and its name. A regular file wins over what is none. Anything but
 * "there is no such file" counts as existing, and is reported when it is opened. */
static bool find_file(char name[DATASET_FILE_NAME_BYTES], const char *folder, unsigned family,
                      unsigned place)
{
    bool found = false;
    for (unsigned spelling = 0; spelling < SPELLINGS; spelling++) {
        char candidate[DATASET_FILE_NAME_BYTES];
        char path[DATASET_NAME_BYTES];
        make_name(candidate, family, place, spelling);
        snprintf(path, sizeof path, "%s/%s", folder, candidate);
        struct stat status;
        const bool there = stat(path, &status) == 0;
        if ((there || errno != ENOENT) && !found) {
            found = true;
            memcpy(name, candidate, sizeof candidate);
        }
        if (there && S_ISREG(status.st_mode)) {
            memcpy(name, candidate, sizeof candidate);
            return true;
        }
    }
    return found;
}

static bool has_any(const char *folder, unsigned family)
{
    char name[DATASET_FILE_NAME_BYTES];
    for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
        if (find_file(name, folder, family, place)) {
            return true;
        }
    }
    return false;
}

/* Chooses the family whose files the folder has: MNIST's own before others, and if there are
 * none. */
static int choose_family(unsigned *out, const char *folder, char *message)
{
    *out = 0;
    if (has_any(folder, 0)) {
        return 0;
    }
    for (unsigned family = 1; family < FAMILIES; family++) {
        if (!has_any(folder, family)) {
            continue;
        }
        if (*out != 0) {
            return dataset_fail(message, folder,
                                "holds several data sets (%s*, %s*): put the four files of one, "
                                "such as emnist-digits-*, into a folder of their own",
                                families[*out].prefix, families[family].prefix);
        }
        *out = family;
    }
    if (families[*out].classes > DATASET_CLASSES) {
        return dataset_fail(message, folder,
                            "holds %s*, which has %u classes, but the network has %d: of EMNIST, "
                            "take emnist-digits-* or emnist-mnist-*",
                            families[*out].prefix, families[*out].classes, DATASET_CLASSES);
    }
    return 0;
}

bool dataset_folder_takes(const char *name)
{
    char known[DATASET_FILE_NAME_BYTES];
    for (unsigned family = 0; family < FAMILIES; family++) {
        for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
            for (unsigned spelling = 0; spelling < SPELLINGS; spelling++) {
                make_name(known, family, place, spelling);
                if (strcmp(name, known) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

int dataset_folder_find(char names[DATASET_ARRAYS][DATASET_FILE_NAME_BYTES], const char *folder,
                        char *message)
{
    if (strlen(folder) + DATASET_FILE_NAME_BYTES > DATASET_NAME_BYTES) {
        return dataset_fail(message, folder, "the path is too long");
    }
    unsigned family;
    if (choose_family(&family, folder, message) != 0) {
        return -1;
    }
    for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
        if (!find_file(names[place], folder, family, place)) {
            make_name(names[place], family, place, 0);
            return dataset_folder_missing(folder, names[place], message);
        }
    }
    return 0;
}
