#include "event_file_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "refusal.h"

#define MARKER "events.out.tfevents."

enum {
    SECONDS_DIGITS = 10,
    CREATE_ATTEMPTS = 100,
    STEM_BYTES = NAME_MAX + 64 /* two names; the second ends with its seconds */
};

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* mkdir -p. `path` is written to and restored. */
static int make_directories(char *path)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        const char end = *at;
        *at = '\0';
        int result;
        do {
            result = mkdir(path, 0777);
        } while (result != 0 && errno == EINTR);
        const int cause = errno;
        /* An existing directory may answer with other errors too: EROFS, EACCES. */
        const bool usable = result == 0 || is_directory(path);
        *at = end;
        if (!usable) {
            errno = cause == EEXIST ? ENOTDIR : cause;
            return -1;
        }
        if (end == '\0') {
            return 0;
        }
    }
}

/* Whether TensorBoard treats a file with this name as an event file. */
static bool is_event_file_name(const char *name)
{
    return strstr(name, "tfevents") != NULL;
}

/* Sets `last` to the name that sorts last among the directory's event files and `least`. 0, or -1
 * with errno. */
static int find_last_name(const char *directory, const char *least, char last[NAME_MAX + 1])
{
    snprintf(last, NAME_MAX + 1, "%s", least);
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return -1;
    }
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        if (is_event_file_name(entry->d_name) && strcmp(entry->d_name, last) > 0) {
            snprintf(last, NAME_MAX + 1, "%s", entry->d_name);
        }
    }
    const int cause = errno;
    closedir(stream);
    errno = cause;
    return cause == 0 ? 0 : -1;
}

/* ---- The start of a name, up to the seconds: it decides how the name sorts ---- */

/* The number of 10 digits at the beginning of the text, or -1. */
static int64_t parse_seconds(const char *text)
{
    int64_t seconds = 0;
    for (int i = 0; i < SECONDS_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        seconds = seconds * 10 + (text[i] - '0');
    }
    return seconds;
}

/* Makes a stem of the first `before_bytes` bytes of `before` and of `seconds`. Returns whether
 * every name with this stem sorts after `last`. */
static bool make_stem(char stem[STEM_BYTES], const char *before, size_t before_bytes,
                      int64_t seconds, const char *last)
{
    snprintf(stem, STEM_BYTES, "%.*s" MARKER "%0*lld.", (int)before_bytes, before, SECONDS_DIGITS,
             (long long)seconds);
    return strcmp(stem, last) > 0;
}

/* The last place where the text has the marker, or NULL. */
static const char *find_marker(const char *text)
{
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, MARKER)) != NULL; at++) {
        found = at;
    }
    return found;
}

/* Like make_stem, but in the form of `last`, and at least one second later. */
static bool make_later_stem(char stem[STEM_BYTES], int64_t seconds, const char *last)
{
    const char *marker = find_marker(last);
    if (marker == NULL) {
        return false;
    }
    const int64_t later = parse_seconds(marker + strlen(MARKER)) + 1;
    return later <= EVENT_FILE_SECONDS_MAX &&
           make_stem(stem, last, (size_t)(marker - last), seconds > later ? seconds : later, last);
}

/* Makes a stem whose names all sort after `last`: the usual one, or one in the form of `last`, or
 * one that begins with all of `last`, because a name sorts after its own prefixes. */
static void choose_stem(char stem[STEM_BYTES], int64_t seconds, const char *last)
{
    if (make_stem(stem, "", 0, seconds, last) || make_later_stem(stem, seconds, last)) {
        return;
    }
    char before[NAME_MAX + 2];
    const int bytes = snprintf(before, sizeof before, "%s.", last);
    (void)make_stem(stem, before, (size_t)bytes, seconds, last);
}

/* ---- The rest of the name ---- */

/* The host's name, with only characters that are safe in file names. */
static void host_label(char *label, size_t bytes)
{
    if (gethostname(label, bytes) != 0) {
        label[0] = '\0';
    }
    label[bytes - 1] = '\0';
    if (label[0] == '\0') {
        snprintf(label, bytes, "localhost");
    }
    for (char *at = label; *at != '\0'; at++) {
        const bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                           (*at >= '0' && *at <= '9') || *at == '-' || *at == '.' || *at == '_';
        if (!plain) {
            *at = '_';
        }
    }
}

/* Tries one name that begins with `stem`. A descriptor and *path, or -1 with errno. */
static int create_one(const char *directory, const char *stem, const char *suffix, char **path)
{
    static atomic_uint next_serial;
    char host[HOST_NAME_MAX + 1];
    host_label(host, sizeof host);
    const size_t length = strlen(directory);
    const char *separator = directory[length - 1] == '/' ? "" : "/";
    const size_t bytes = length + strlen(stem) + strlen(host) + strlen(suffix) + 64;
    char *name = malloc(bytes);
    if (name == NULL) {
        errno = ENOMEM;
        return -1;
    }
    snprintf(name, bytes, "%s%s%s%s.%ld.%u%s", directory, separator, stem, host, (long)getpid(),
             atomic_fetch_add(&next_serial, 1), suffix);
    int descriptor;
    do {
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        const int cause = errno;
        free(name);
        errno = cause;
        return -1;
    }
    *path = name;
    return descriptor;
}

int event_directory_make(const char *directory)
{
    if (directory[0] == '\0') {
        errno = ENOENT;
        return -1;
    }
    char *copy = strdup(directory);
    if (copy == NULL) {
        return -1;
    }
    const int made = make_directories(copy);
    const int cause = errno;
    free(copy);
    errno = cause;
    return made;
}

int event_file_name_create(const char *directory, int64_t seconds, const char *suffix,
                           const char *behind, char **path)
{
    if (event_directory_make(directory) != 0) {
        return -1;
    }
    /* A name can exist only if another machine or container has the same host name and process
     * id, and created it just now. Then that file is the last one. */
    for (int attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
        char last[NAME_MAX + 1];
        if (find_last_name(directory, behind, last) != 0) {
            return -1;
        }
        char stem[STEM_BYTES];
        choose_stem(stem, seconds, last);
        const int descriptor = create_one(directory, stem, suffix, path);
        if (descriptor >= 0 || errno != EEXIST) {
            return descriptor;
        }
    }
    errno = EEXIST;
    return -1;
}

void event_file_name_refuse_last(const char *directory)
{
    char last[NAME_MAX + 1];
    if (find_last_name(directory, "", last) == 0 && last[0] != '\0') {
        (void)refuse("a name that sorts after '%s' would be too long", last);
    }
}
