/* Describes what a folder has instead of a data set's files: the set may be in a folder below
 * (torchvision's MNIST/raw) or in an .npz file, or there may be pictures, often in a folder for
 * each class. Otherwise the message lists the names in the folder. */
#define _GNU_SOURCE /* strcasestr */
#include "dataset_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    DATA_DEPTH = 2,       /* folders below: MNIST/raw */
    PICTURE_DEPTH = 3,    /* digits/training/0 */
    SEARCH_FOLDERS = 200, /* looked into at most, for the folder given may be the root */
    NAMES_SHOWN = 3,
    NAME_BYTES_SHOWN = 60
};

typedef struct listing {
    struct dirent **entries; /* by name */
    int count;               /* -1 if the folder cannot be read */
} listing;

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static listing listing_make(const char *folder)
{
    listing self = {.entries = NULL};
    self.count = scandir(folder, &self.entries, is_visible, alphasort);
    return self;
}

static void listing_free(listing *self)
{
    for (int i = 0; i < self->count; i++) {
        free(self->entries[i]);
    }
    free(self->entries);
}

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name);
    return length >= strlen(end) && strcasecmp(name + length - strlen(end), end) == 0;
}

/* The first name with that end, or NULL. */
static const char *name_ending(const listing *list, const char *end)
{
    for (int i = 0; i < list->count; i++) {
        if (ends_with(list->entries[i]->d_name, end)) {
            return list->entries[i]->d_name;
        }
    }
    return NULL;
}

static bool holds_idx(const listing *list)
{
    for (int i = 0; i < list->count; i++) {
        if (dataset_name_is_known(list->entries[i]->d_name)) {
            return true;
        }
    }
    return false;
}

/* found = folder/name. False if that is too long for any file. */
static bool join(char found[DATASET_NAME_BYTES], const char *folder, const char *name)
{
    const size_t length = strlen(folder);
    const char *separator = length > 0 && folder[length - 1] == '/' ? "" : "/";
    const int written = snprintf(found, DATASET_NAME_BYTES, "%s%s%s", folder, separator, name);
    return written >= 0 && written < DATASET_NAME_BYTES;
}

/* Is the wanted thing in this folder, which is `depth` folders below the first? Then *found is its
 * path. */
typedef bool finder(char found[DATASET_NAME_BYTES], const listing *list, const char *folder,
                    unsigned depth);

/* What --data accepts. The first folder itself has already been refused. */
static bool find_data(char found[DATASET_NAME_BYTES], const listing *list, const char *folder,
                      unsigned depth)
{
    const char *npz = name_ending(list, "mnist.npz"); /* Keras' cache holds other sets too */
    if (npz == NULL) {
        npz = name_ending(list, ".npz");
    }
    return (depth > 0 && holds_idx(list) && join(found, folder, "")) ||
           (npz != NULL && join(found, folder, npz));
}

static bool find_picture(char found[DATASET_NAME_BYTES], const listing *list, const char *folder,
                         unsigned depth)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".bmp"};
    (void)depth;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *name = name_ending(list, ends[i]);
        if (name != NULL) {
            return join(found, folder, name);
        }
    }
    return false;
}

typedef struct search {
    finder *find;
    unsigned depth; /* folders below the first */
    unsigned folders_left;
} search;

static bool search_in(search *self, char found[DATASET_NAME_BYTES], const char *folder,
                      unsigned depth)
{
    if (self->folders_left == 0) {
        return false;
    }
    self->folders_left--;
    listing list = listing_make(folder);
    bool done = self->find(found, &list, folder, depth);
    for (int i = 0; !done && depth < self->depth && i < list.count; i++) {
        char below[DATASET_NAME_BYTES];
        struct stat status;
        if (join(below, folder, list.entries[i]->d_name) && stat(below, &status) == 0 &&
            S_ISDIR(status.st_mode)) {
            done = search_in(self, found, below, depth + 1);
        }
    }
    listing_free(&list);
    return done;
}

static bool search_below(char found[DATASET_NAME_BYTES], const char *folder, finder *find,
                         unsigned depth)
{
    search all = {.find = find, .depth = depth, .folders_left = SEARCH_FOLDERS};
    return search_in(&all, found, folder, 0);
}

/* Names that look like a data set's files are listed first. */
static bool looks_alike(const char *name)
{
    return strcasestr(name, "ubyte") != NULL || strcasestr(name, "idx") != NULL ||
           strcasestr(name, "mnist") != NULL;
}

typedef struct name_list {
    char text[NAMES_SHOWN * (NAME_BYTES_SHOWN + 2) + 32];
    int shown;
    int all;
} name_list;

static void add_names(name_list *out, const listing *list, bool alike)
{
    for (int i = 0; i < list->count; i++) {
        const char *name = list->entries[i]->d_name;
        if (dataset_name_is_known(name) || looks_alike(name) != alike) {
            continue;
        }
        out->all++;
        if (out->shown < NAMES_SHOWN) {
            const size_t length = strlen(out->text);
            snprintf(out->text + length, sizeof out->text - length, "%s%.*s",
                     out->shown == 0 ? "" : ", ", NAME_BYTES_SHOWN, name);
            out->shown++;
        }
    }
}

/* The names of what is in the folder and no file of a data set. */
static name_list foreign_names(const listing *list)
{
    name_list names = {.text = ""};
    add_names(&names, list, true);
    add_names(&names, list, false);
    if (names.all > names.shown) {
        const size_t length = strlen(names.text);
        snprintf(names.text + length, sizeof names.text - length, " and %d more",
                 names.all - names.shown);
    }
    return names;
}

int dataset_folder_missing(const char *folder, const char *name, char *message)
{
    char found[DATASET_NAME_BYTES];
    char advice[MESSAGE_BYTES];
    listing list = listing_make(folder);
    if (search_below(found, folder, find_data, DATA_DEPTH)) {
        dataset_fail(message, folder, "%s is missing, plain or with .gz; there is %s: try that",
                     name, found);
    } else if (!holds_idx(&list) && search_below(found, folder, find_picture, PICTURE_DEPTH)) {
        dataset_fail(message, folder,
                     "holds pictures (%s), but a data set is four IDX files or one .npz: save "
                     "images and labels with numpy.savez, as x_train, y_train, x_test and y_test",
                     found);
    } else if (list.count == 0) {
        dataset_fail(message, folder, "the folder is empty%s", dataset_advice(advice));
    } else {
        const name_list names = foreign_names(&list);
        dataset_fail(message, folder, "%s is missing, plain or with .gz%s%s%s", name,
                     names.all > 0 ? "; what is there is " : "", names.text,
                     dataset_advice(advice));
    }
    listing_free(&list);
    return -1;
}
