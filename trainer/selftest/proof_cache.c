#include "proof_cache.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "directory_path.h"
#include "file_read.h"
#include "file_replace.h"
#include "machine_file.h"
#include "message.h"
#include "retried_calls.h"

enum {
    NAME_BYTES = 64,
    FAILURE_BYTES = 16384, /* more than the file of a failure has */
    /* After this time a failed device is tried again: it may have been repaired without a
     * restart. */
    FAILURE_SECONDS = 3600
};

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

/* Each device, engine and precision has one file, so a new build or driver replaces the old
 * verdict. */
static void name_file(const proof_subject *subject, char name[NAME_BYTES])
{
    const uLong checksum =
        crc32_z(0, (const unsigned char *)subject->device, strlen(subject->device));
    snprintf(name, NAME_BYTES, "selftest-%s-%s-%08lx.json", subject->engine,
             engine_precision_name(subject->precision), checksum);
}

/* A descriptor of the folder, or -1 if there is none. */
static int open_folder(void)
{
    char folder[PATH_MAX];
    char message[MESSAGE_BYTES];
    return find_folder(folder, message) == 0 ? directory_open(folder) : -1;
}

static bool is_kept(int folder, const char *name, const char *text)
{
    char *found;
    size_t bytes;
    if (file_read_up_to(folder, name, strlen(text), &found, &bytes) != 0) {
        return false;
    }
    const bool same = bytes == strlen(text) && memcmp(found, text, bytes) == 0;
    free(found);
    return same;
}

bool proof_cache_has(const proof_subject *subject)
{
    char name[NAME_BYTES];
    char *text = describe(subject);
    const int folder = open_folder();
    name_file(subject, name);
    const bool has = text != NULL && folder >= 0 && is_kept(folder, name, text);
    if (folder >= 0) {
        close(folder);
    }
    free(text);
    return has;
}

static void forget(const char *name)
{
    const int folder = open_folder();
    if (folder >= 0) {
        retried_unlinkat(folder, name, 0);
        close(folder);
    }
}

void proof_cache_forget(const proof_subject *subject)
{
    char name[NAME_BYTES];
    name_file(subject, name);
    forget(name);
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

/* Writes the text and frees it. NULL means that there was no memory for it. */
static int keep_text(const char *name, char *text, char *message)
{
    char folder[PATH_MAX];
    if (text == NULL) {
        return message_set(message, "no memory for the verdict");
    }
    const int status = find_folder(folder, message) == 0 ? keep(folder, name, text, message) : -1;
    free(text);
    return status;
}

int proof_cache_keep(const proof_subject *subject, char *message)
{
    char name[NAME_BYTES];
    if (subject->build[0] == '\0') {
        return message_set(message, "the program's own file cannot be read");
    }
    if (subject->driver[0] == '\0') {
        return message_set(message, "the device's driver is not known");
    }
    name_file(subject, name);
    return keep_text(name, describe(subject), message);
}

static void name_failure(const char *engine_name, engine_precision precision, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "selftest-failed-%s-%s.json", engine_name,
             engine_precision_name(precision));
}

static json_int_t seconds_since_start(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* As describe. Beside the subject it has the machine's start and the devices that the user chose,
 * since the device itself is not asked. */
static char *describe_failure(const proof_subject *unasked, json_int_t seconds, const char *reason)
{
    char start[64];
    const char *devices = getenv("CUDA_VISIBLE_DEVICES");
    machine_file_line(start, sizeof start, "/proc/sys/kernel/random/boot_id", "");
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "engine", unasked->engine, "precision",
        engine_precision_name(unasked->precision), "build", unasked->build, "driver",
        unasked->driver, "visible devices", devices != NULL ? devices : "all", "machine's start",
        start, "seconds after it", seconds, "verdict", "failed", "reason", reason);
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    return text;
}

/* Whether the kept failure is of this subject, after the machine's last start and within an
 * hour. */
static bool is_failure_of(const proof_subject *unasked, const char *found, char *reason)
{
    json_t *object = json_loads(found, 0, NULL);
    const char *kept_reason = json_string_value(json_object_get(object, "reason"));
    const json_int_t seconds = json_integer_value(json_object_get(object, "seconds after it"));
    const json_int_t age = seconds_since_start() - seconds;
    bool is_same = false;
    if (kept_reason != NULL && age >= 0 && age < FAILURE_SECONDS) {
        char *text = describe_failure(unasked, seconds, kept_reason);
        is_same = text != NULL && strcmp(text, found) == 0;
        free(text);
        message_set(reason, "%s", kept_reason);
    }
    json_decref(object);
    return is_same;
}

bool proof_cache_has_failed(const proof_subject *unasked, char *reason)
{
    char name[NAME_BYTES];
    char *found;
    size_t bytes;
    bool has = false;
    const int folder = open_folder();
    if (folder < 0) {
        return false;
    }
    name_failure(unasked->engine, unasked->precision, name);
    if (file_read_up_to(folder, name, FAILURE_BYTES, &found, &bytes) == 0) {
        has = is_failure_of(unasked, found, reason);
        free(found);
    }
    close(folder);
    return has;
}

void proof_cache_keep_failure(const proof_subject *unasked, const char *reason)
{
    char name[NAME_BYTES];
    char message[MESSAGE_BYTES];
    name_failure(unasked->engine, unasked->precision, name);
    (void)!keep_text(name, describe_failure(unasked, seconds_since_start(), reason), message);
}

void proof_cache_forget_failures(const engine_api *api)
{
    for (engine_precision p = ENGINE_DEFAULT_PRECISION; p <= ENGINE_BF16; p++) {
        char name[NAME_BYTES];
        name_failure(api->name, p, name);
        forget(name);
    }
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
