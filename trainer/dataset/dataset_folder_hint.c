/* What a folder holds instead of a data set's files: the set may lie in a folder below (MNIST/raw
 * of torchvision) or be an .npz beside; otherwise the names that are there tell most. */
#define _GNU_SOURCE /* strcasestr */
#include "dataset_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    SEARCH_DEPTH = 2,     /* folders below: MNIST/raw */
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
        if (dataset_folder_takes(list->entries[i]->d_name)) {
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

/* Looks for what --data takes, in a folder and below it. */
static bool find_data(char found[DATASET_NAME_BYTES], const char *folder, unsigned depth,
                      unsigned *folders_left)
{
    if (*folders_left == 0) {
        return false;
    }
    (*folders_left)--;
    listing list = listing_make(folder);
    bool done = depth > 0 && holds_idx(&list) && join(found, folder, "");
    const char *npz = name_ending(&list, "mnist.npz"); /* Keras' cache holds other sets too */
    if (npz == NULL) {
        npz = name_ending(&list, ".npz");
    }
    if (!done && npz != NULL) {
        done = join(found, folder, npz);
    }
    for (int i = 0; !done && depth < SEARCH_DEPTH && i < list.count; i++) {
        char below[DATASET_NAME_BYTES];
        struct stat status;
        if (join(below, folder, list.entries[i]->d_name) && stat(below, &status) == 0 &&
            S_ISDIR(status.st_mode)) {
            done = find_data(found, below, depth + 1, folders_left);
        }
    }
    listing_free(&list);
    return done;
}

/* Names that look like a data set's files are told before others. */
static bool looks_alike(const char *name)
{
    return strcasestr(name, "ubyte") != NULL || strcasestr(name, "idx") != NULL ||
           strcasestr(name, "mnist") != NULL;
}

static bool is_picture(const char *name)
{
    return ends_with(name, ".png") || ends_with(name, ".jpg") || ends_with(name, ".jpeg") ||
           ends_with(name, ".bmp");
}

typedef struct name_list {
    char text[NAMES_SHOWN * (NAME_BYTES_SHOWN + 2) + 32];
    int shown;
    int all;
    bool pictures; /* there are some */
} name_list;

static void add_names(name_list *out, const listing *list, bool alike)
{
    for (int i = 0; i < list->count; i++) {
        const char *name = list->entries[i]->d_name;
        if (dataset_folder_takes(name) || looks_alike(name) != alike) {
            continue;
        }
        out->all++;
        out->pictures = out->pictures || is_picture(name);
        if (out->shown < NAMES_SHOWN) {
            const size_t length = strlen(out->text);
            snprintf(out->text + length, sizeof out->text - length, "%s%.*s",
                     out->shown == 0 ? "" : ", ", NAME_BYTES_SHOWN, name);
            out->shown++;
        }
    }
}

/* The names of what is in the folder and no file of a data set. */
static name_list foreign_names(const char *folder)
{
    name_list names = {.text = ""};
    listing list = listing_make(folder);
    add_names(&names, &list, true);
    add_names(&names, &list, false);
    listing_free(&list);
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
    unsigned folders_left = SEARCH_FOLDERS;
    if (find_data(found, folder, 0, &folders_left)) {
        return dataset_fail(message, folder,
                            "%s is missing, plain or with .gz; there is %s: try that", name, found);
    }
    const name_list names = foreign_names(folder);
    if (names.pictures) {
        return dataset_fail(message, folder,
                            "holds pictures (%s), but a data set is four IDX files or one .npz: "
                            "save all images in an .npz with numpy.savez",
                            names.text);
    }
    char advice[MESSAGE_BYTES];
    return dataset_fail(message, folder, "%s is missing, plain or with .gz%s%s%s", name,
                        names.all > 0 ? "; what is there is " : "", names.text,
                        dataset_advice(advice));
}
