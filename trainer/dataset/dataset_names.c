/* The names that a data set's files may have, and which of them a folder has: MNIST's own, 7-Zip's
 * (".idx3-ubyte", as it unpacks them) and EMNIST's, each plain or gzipped. */
#include "dataset_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* EMNIST calls its validation "test". */
const dataset_edition dataset_editions[DATASET_EDITIONS] = {
    {"", "t10k", 10},
    {"emnist-digits-", "test", 10},
    {"emnist-mnist-", "test", 10},
    {"emnist-letters-", "test", 26},
    {"emnist-balanced-", "test", 47},
    {"emnist-bymerge-", "test", 47},
    {"emnist-byclass-", "test", 62},
};

void dataset_name_make(char name[DATASET_FILE_NAME_BYTES], unsigned edition, unsigned place,
                       unsigned spelling)
{
    const bool images = dataset_kind_at(place) == DATASET_IMAGES;
    const dataset_edition *set = &dataset_editions[edition];
    snprintf(name, DATASET_FILE_NAME_BYTES, "%s%s-%s%cidx%c-ubyte%s", set->prefix,
             place < DATASET_VALIDATION ? "train" : set->validation, images ? "images" : "labels",
             spelling % 2 == 0 ? '-' : '.', images ? '3' : '1', spelling < 2 ? "" : ".gz");
}

bool dataset_name_is_known(const char *name)
{
    char known[DATASET_FILE_NAME_BYTES];
    for (unsigned edition = 0; edition < DATASET_EDITIONS; edition++) {
        for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
            for (unsigned spelling = 0; spelling < DATASET_SPELLINGS; spelling++) {
                dataset_name_make(known, edition, place, spelling);
                if (strcmp(name, known) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

bool dataset_name_find(char name[DATASET_FILE_NAME_BYTES], const char *folder, unsigned edition,
                       unsigned place)
{
    bool found = false;
    for (unsigned spelling = 0; spelling < DATASET_SPELLINGS; spelling++) {
        char candidate[DATASET_FILE_NAME_BYTES];
        char path[DATASET_NAME_BYTES];
        dataset_name_make(candidate, edition, place, spelling);
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
