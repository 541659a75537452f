#include "event_files.h"

#include "complaint.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct file_search {
    event_files *files;
    const char *command;
    size_t argument;
    size_t prefix_bytes; /* the length of the path's prefix that is not part of the run's name */
    bool complained;
} file_search;

static void complain(file_search *search, const char *path, const char *what)
{
    if (search->command != NULL) {
        complaint_print(search->command, path, "%s", what);
    }
    search->complained = true;
}

static char *run_name(const char *path, size_t prefix_bytes)
{
    const char *begin = path + prefix_bytes;
    while (prefix_bytes > 0 && *begin == '/') {
        begin++;
    }
    const char *end = strrchr(begin, '/');
    return end == NULL || end == begin ? strdup(".") : strndup(begin, (size_t)(end - begin));
}

static void add_file(file_search *search, const char *path, const struct stat *status)
{
    event_files *files = search->files;
    if (files->count == files->capacity) {
        const size_t capacity = files->capacity == 0 ? 16 : 2 * files->capacity;
        found_file *at = realloc(files->at, capacity * sizeof *at);
        if (at == NULL) {
            complain(search, path, strerror(ENOMEM));
            return;
        }
        files->at = at;
        files->capacity = capacity;
    }
    const found_file file = {.path = strdup(path),
                             .run = run_name(path, search->prefix_bytes),
                             .device = status->st_dev,
                             .inode = status->st_ino,
                             .argument = search->argument};
    if (file.path == NULL || file.run == NULL) {
        complain(search, path, strerror(ENOMEM));
        free(file.path);
        free(file.run);
        return;
    }
    files->at[files->count++] = file;
}

static void visit_entry(file_search *search, const FTSENT *entry)
{
    switch (entry->fts_info) {
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        complain(search, entry->fts_path, strerror(entry->fts_errno));
        break;
    case FTS_DC:
        complain(search, entry->fts_path, "a link to a directory above it");
        break;
    case FTS_D:
    case FTS_DP:
    case FTS_DOT:
        break;
    default:
        if (entry->fts_level > FTS_ROOTLEVEL && strstr(entry->fts_name, "tfevents") == NULL) {
            break;
        }
        /* A pipe is waited for only if the user named it. */
        if (entry->fts_level > FTS_ROOTLEVEL && entry->fts_info == FTS_DEFAULT) {
            complain(search, entry->fts_path, "not a file");
        } else {
            add_file(search, entry->fts_path, entry->fts_statp);
        }
    }
}

static void find_below(file_search *search, char *path, bool only_path)
{
    const size_t count_before = search->files->count;
    const bool complained_before = search->complained;
    search->complained = false;
    search->prefix_bytes = 0;
    char *one[] = {path, NULL};
    FTS *tree = fts_open(one, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    errno = tree == NULL ? errno : 0;
    while (tree != NULL && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_level == FTS_ROOTLEVEL && entry->fts_info == FTS_D && only_path) {
            search->prefix_bytes = strlen(path);
        }
        visit_entry(search, entry);
        errno = 0;
    }
    if (errno != 0) {
        complain(search, path, strerror(errno));
    } else if (search->files->count == count_before && !search->complained) {
        complain(search, path, "no event file here (their names contain 'tfevents')");
    }
    if (tree != NULL) {
        fts_close(tree);
    }
    search->complained |= complained_before;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int compare_files(const void *left, const void *right)
{
    const found_file *a = left;
    const found_file *b = right;
    int order = strcmp(a->run, b->run);
    if (order == 0) {
        order = strcmp(base_name(a->path), base_name(b->path));
    }
    return order == 0 ? strcmp(a->path, b->path) : order;
}

static int compare_identities(const void *left, const void *right)
{
    const found_file *a = left;
    const found_file *b = right;
    if (a->device != b->device) {
        return a->device < b->device ? -1 : 1;
    }
    if (a->inode != b->inode) {
        return a->inode < b->inode ? -1 : 1;
    }
    if (a->argument != b->argument) {
        return a->argument < b->argument ? -1 : 1;
    }
    return compare_files(left, right);
}

static bool is_again(const found_file *kept, const found_file *file)
{
    return file->device == kept->device && file->inode == kept->inode &&
           (file->argument != kept->argument || strcmp(file->run, kept->run) == 0);
}

static void free_file(found_file *file)
{
    free(file->path);
    free(file->run);
}

static void drop_duplicates(event_files *files)
{
    qsort(files->at, files->count, sizeof files->at[0], compare_identities);
    size_t kept = 1;
    for (size_t i = 1; i < files->count; i++) {
        if (is_again(&files->at[kept - 1], &files->at[i])) {
            free_file(&files->at[i]);
        } else {
            files->at[kept++] = files->at[i];
        }
    }
    files->count = kept;
}

bool event_files_find(event_files *files, const char *command, char *const *paths)
{
    file_search search = {.files = files, .command = command};
    /* One by one, so that each path without a readable file is reported. */
    for (; paths[search.argument] != NULL; search.argument++) {
        find_below(&search, paths[search.argument], paths[1] == NULL);
    }
    if (files->count > 0) {
        drop_duplicates(files);
        qsort(files->at, files->count, sizeof files->at[0], compare_files);
    }
    return !search.complained;
}

void event_files_free(event_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free_file(&files->at[i]);
    }
    free(files->at);
    *files = (event_files){0};
}
