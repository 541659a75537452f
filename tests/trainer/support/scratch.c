#define _XOPEN_SOURCE 700 /* nftw */

#include "scratch.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[PATH_MAX / 2];

const char *scratch_make(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/trainer-test-XXXXXX", parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(root));
    return root;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_remove(void)
{
    ck_assert_int_eq(nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *scratch_path(const char *name)
{
    static char paths[16][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 16];
    snprintf(path, PATH_MAX, "%s/%s", root, name);
    return path;
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ck_assert(mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

void scratch_make_directory(const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/", scratch_path(name));
    make_parents(path);
}

void scratch_write(const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_path(name));
    make_parents(path);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

int scratch_write_record(const char *name, const run_record *record, char *message)
{
    const int fd = open(scratch_path(name), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(fd, 0);
    const int status = run_record_write(record, fd, name, message);
    close(fd);
    return status;
}

bool scratch_exists(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

char *scratch_read(const char *name)
{
    FILE *file = fopen(scratch_path(name), "r");
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

int scratch_count(const char *name)
{
    DIR *stream = opendir(scratch_path(name));
    int count = 0;
    if (stream == NULL) {
        return -1;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(stream);
    return count;
}
