#include "proof_cache.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "directory_path.h"
#include "file_read.h"
#include "file_replace.h"
#include "message.h"
#include "retried_calls.h"

enum { NAME_BYTES = 32 };

#define FOLDER "lenet_mnist"

static bool is_absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

/* As the XDG Base Directory Specification has it: a relative path counts as none. */
static int find_folder(char *out, char *message)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (is_absolute(cache)) {
        return message_join_path(out, PATH_MAX, cache, FOLDER, message);
    }
    if (is_absolute(home)) {
        return message_join_path(out, PATH_MAX, home, ".cache/" FOLDER, message);
    }
    return message_set(message, "neither XDG_CACHE_HOME nor HOME names a directory");
}

/* The subject and its verdict as the text of a file. The caller frees it; NULL without memory. */
static char *describe(const proof_subject *subject)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "engine", subject->engine,
                               "precision", engine_precision_name(subject->precision), "build",
                               subject->build, "device", subject->device, "arithmetic",
                               subject->arithmetic, "driver", subject->driver, "verdict", "passed");
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    return text;
}

/* Each subject has a file of its own. */
static void name_file(const char *text, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "selftest-%08lx.json",
             crc32_z(0, (const unsigned char *)text, strlen(text)));
}

/* A descriptor of the folder, or -1 if there is none. */
static int open_folder(void)
{
    char folder[PATH_MAX];
    char message[MESSAGE_BYTES];
    return find_folder(folder, message) == 0 ? directory_open(folder) : -1;
}

static bool is_kept(int folder, const char *text)
{
    char name[NAME_BYTES];
    char *found;
    size_t bytes;
    name_file(text, name);
    if (file_read_up_to(folder, name, strlen(text), &found, &bytes) != 0) {
        return false;
    }
    const bool same = bytes == strlen(text) && memcmp(found, text, bytes) == 0;
    free(found);
    return same;
}

bool proof_cache_has(const proof_subject *subject)
{
    char *text = describe(subject);
    const int folder = open_folder();
    const bool has = text != NULL && folder >= 0 && is_kept(folder, text);
    if (folder >= 0) {
        close(folder);
    }
    free(text);
    return has;
}

void proof_cache_forget(const proof_subject *subject)
{
    char name[NAME_BYTES];
    char *text = describe(subject);
    const int folder = open_folder();
    if (text != NULL && folder >= 0) {
        name_file(text, name);
        retried_unlinkat(folder, name, 0);
    }
    if (folder >= 0) {
        close(folder);
    }
    free(text);
}

/* Writes folder/name. */
static int keep(const char *folder, const char *name, const char *text, char *message)
{
    const file_piece piece = {text, strlen(text)};
    size_t made_at;
    if (directory_make(folder, &made_at, message) != 0) {
        return -1;
    }
    const int directory = directory_open(folder);
    const int status = directory < 0 ? -1 : file_replace(directory, name, &piece, 1, false);
    const int cause = errno;
    if (directory >= 0) {
        close(directory);
    }
    return status == 0 ? 0 : message_set(message, "%s/%s: %s", folder, name, strerror(cause));
}

int proof_cache_keep(const proof_subject *subject, char *message)
{
    char folder[PATH_MAX];
    char name[NAME_BYTES];
    char *text = describe(subject);
    if (text == NULL) {
        return message_set(message, "no memory for the verdict");
    }
    name_file(text, name);
    const int status = find_folder(folder, message) == 0 ? keep(folder, name, text, message) : -1;
    free(text);
    return status;
}

int proof_cache_keep_report(const char *report, char *path, char *message)
{
    static const char name[] = "selftest-report.txt";
    char folder[PATH_MAX];
    return find_folder(folder, message) == 0 && keep(folder, name, report, message) == 0 &&
                   message_join_path(path, PATH_MAX, folder, name, message) == 0
               ? 0
               : -1;
}
