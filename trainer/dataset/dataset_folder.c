/* Finds the files of a data set in a folder. dataset_folder_hint.c describes what a folder has
 * instead. */
#include "dataset_internal.h"

#include <string.h>

static bool has_any(const char *folder, unsigned edition)
{
    char name[DATASET_FILE_NAME_BYTES];
    for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
        if (dataset_name_find(name, folder, edition, place)) {
            return true;
        }
    }
    return false;
}

/* Chooses the edition whose files the folder has: MNIST's own before others, and if there are
 * none. */
static int choose_edition(unsigned *out, const char *folder, char *message)
{
    *out = 0;
    if (has_any(folder, 0)) {
        return 0;
    }
    for (unsigned edition = 1; edition < DATASET_EDITIONS; edition++) {
        if (!has_any(folder, edition)) {
            continue;
        }
        if (*out != 0) {
            return dataset_fail(message, folder,
                                "holds several data sets (%s*, %s*): put the four files of one, "
                                "such as emnist-digits-*, into a folder of their own",
                                dataset_editions[*out].prefix, dataset_editions[edition].prefix);
        }
        *out = edition;
    }
    if (dataset_editions[*out].classes > DATASET_CLASSES) {
        return dataset_fail(message, folder,
                            "holds %s*, which has %u classes, but the network has %d: of EMNIST, "
                            "take emnist-digits-* or emnist-mnist-*",
                            dataset_editions[*out].prefix, dataset_editions[*out].classes,
                            DATASET_CLASSES);
    }
    return 0;
}

int dataset_folder_find(char names[DATASET_ARRAYS][DATASET_FILE_NAME_BYTES], const char *folder,
                        char *message)
{
    if (strlen(folder) + DATASET_FILE_NAME_BYTES > DATASET_NAME_BYTES) {
        return dataset_fail(message, folder, "the path is too long");
    }
    unsigned edition;
    if (choose_edition(&edition, folder, message) != 0) {
        return -1;
    }
    for (unsigned place = 0; place < DATASET_ARRAYS; place++) {
        if (!dataset_name_find(names[place], folder, edition, place)) {
            dataset_name_make(names[place], edition, place, 0);
            return dataset_folder_missing(folder, names[place], message);
        }
    }
    return 0;
}
