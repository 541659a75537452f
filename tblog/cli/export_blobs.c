/* tblog export --images --audio: writes the blobs of a tag at a step to DIR/RUN/TAG@STEP-INDEX.png.
 * DIR is new or empty, so a file that exists there is ours: another value of this tag at this step,
 * after which INDEX continues. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"
#include "exit_status.h"
#include "export_forms.h"
#include "output_file.h"
#include "read_events.h"
#include "safe_name.h"
#include "tag_map.h"
#include "terminal_text.h"

typedef struct blob_export {
    const export_request *request;
    const char *directory;
    const char *run; /* of the file being read */
    tag_map tags;    /* for their plug-ins */
    uint64_t count;  /* of files */
    bool any_unknown;
} blob_export;

/* ---- What a blob is ---- */

typedef struct blob_format {
    const char *plugin;
    const char *extension;
    size_t at; /* where the magic bytes are */
    const char *magic;
} blob_format;

static const char *blob_extension(const char *plugin, tblog_bytes blob)
{
    static const blob_format formats[] = {
        {"images", "png", 0, "\x89PNG\r\n\x1a\n"},
        {"images", "jpg", 0, "\xff\xd8\xff"},
        {"images", "gif", 0, "GIF8"},
        {"images", "webp", 8, "WEBP"},
        {"audio", "wav", 8, "WAVE"},
        {"audio", "mp3", 0, "ID3"},
        {"audio", "ogg", 0, "OggS"},
        {"audio", "flac", 0, "fLaC"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const blob_format *format = &formats[i];
        const size_t bytes = strlen(format->magic);
        if (strcmp(plugin, format->plugin) == 0 && blob.count >= format->at + bytes &&
            memcmp(blob.data + format->at, format->magic, bytes) == 0) {
            return format->extension;
        }
    }
    return NULL;
}

/* ---- Where it goes ---- */

static bool complain(const char *path, const char *what)
{
    complaint_print("export", path, "%s", what);
    return false;
}

/* Creates a directory if there is none; then *made is true. */
static bool make_directory(const char *path, bool *made)
{
    *made = mkdir(path, 0777) == 0;
    return *made || errno == EEXIST || complain(path, strerror(errno));
}

static bool is_empty(const char *path)
{
    DIR *stream = opendir(path);
    if (stream == NULL) {
        return complain(path, strerror(errno));
    }
    const struct dirent *entry;
    do {
        entry = readdir(stream);
    } while (entry != NULL &&
             (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    closedir(stream);
    return entry == NULL ||
           complain(path, "there are files in it already; name a new directory, or an empty one");
}

/* Adds a part to a path of PATH_MAX bytes. */
static bool add_part(char *path, const char *part)
{
    const size_t size = strlen(path);
    if ((size_t)snprintf(path + size, PATH_MAX - size, "/%s", part) < PATH_MAX - size) {
        return true;
    }
    return complain(path, strerror(ENAMETOOLONG));
}

/* The run's directory below the export's; created if missing. */
static bool make_run_directory(const blob_export *all, char *path)
{
    path[0] = '\0';
    char run[PATH_MAX];
    if ((size_t)snprintf(run, sizeof run, "%s", all->run) >= sizeof run ||
        (size_t)snprintf(path, PATH_MAX, "%s", all->directory) >= PATH_MAX) {
        return complain(all->run, strerror(ENAMETOOLONG));
    }
    char *rest;
    for (char *part = strtok_r(run, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        if (strcmp(part, ".") == 0) {
            continue;
        }
        char name[SAFE_NAME_BYTES];
        bool made;
        safe_name(name, part);
        if (!add_part(path, name) || !make_directory(path, &made)) {
            return false;
        }
    }
    return true;
}

/* The name of one blob in its run's directory. False with a message. */
static bool blob_path(char *path, const char *directory, const char *tag, int64_t step,
                      uint64_t index, const char *extension)
{
    char name[SAFE_NAME_BYTES];
    char full[SAFE_NAME_BYTES + 55];
    safe_name(name, tag);
    snprintf(full, sizeof full, "%s@%" PRId64 "-%" PRIu64 ".%s", name, step, index, extension);
    snprintf(path, PATH_MAX, "%s", directory);
    return add_part(path, full);
}

/* ---- Values ---- */

static bool write_blob(const char *path, tblog_bytes blob)
{
    output_file file;
    if (!output_file_open(&file, "export", path)) {
        return false;
    }
    const bool written = output_file_write(&file, blob.data, blob.count);
    return output_file_end(&file, written ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED) ==
           EXIT_STATUS_DONE;
}

static bool is_there(const char *directory, const char *tag, int64_t step, uint64_t index,
                     const char *extension)
{
    char path[PATH_MAX];
    struct stat status;
    return blob_path(path, directory, tag, step, index, extension) && lstat(path, &status) == 0;
}

/* The first free index. All before it are taken, so it is searched by doubling, then halving. */
static uint64_t free_index(const char *directory, const char *tag, int64_t step,
                           const char *extension)
{
    uint64_t taken = 0, open = 1; /* indices below `taken` are taken; `open` is free */
    if (!is_there(directory, tag, step, 0, extension)) {
        return 0;
    }
    for (taken = 1; is_there(directory, tag, step, open, extension); open *= 2) {
        taken = open + 1;
    }
    while (taken < open) {
        uint64_t middle = taken + (open - taken) / 2;
        if (is_there(directory, tag, step, middle, extension)) {
            taken = middle + 1;
        } else {
            open = middle;
        }
    }
    return open;
}

static bool export_blob(blob_export *all, const tblog_value *value, const char *plugin,
                        int64_t step, size_t at)
{
    const char *extension = blob_extension(plugin, value->strings[at]);
    if (extension == NULL) {
        fputs("tblog export: ", stderr);
        terminal_text_print_to(stderr, value->tag);
        fprintf(stderr, " at step %" PRId64 ": not of a known format, so it is left out\n", step);
        all->any_unknown = true;
        return true;
    }
    char directory[PATH_MAX];
    char path[PATH_MAX];
    if (!make_run_directory(all, directory)) {
        return false;
    }
    const uint64_t index = free_index(directory, value->tag, step, extension);
    all->count++;
    return blob_path(path, directory, value->tag, step, index, extension) &&
           write_blob(path, value->strings[at]);
}

/* An image's first two strings are width and height; every second string of audio may be a
 * label. */
static bool export_value(blob_export *all, const tblog_value *value, const char *plugin,
                         int64_t step)
{
    const bool is_image = strcmp(plugin, "images") == 0;
    const bool has_labels = !is_image && value->rank == 2 && value->shape[1] == 2;
    for (size_t at = is_image ? 2 : 0; at < value->string_count; at += has_labels ? 2 : 1) {
        if (!export_blob(all, value, plugin, step, at)) {
            return false;
        }
    }
    return true;
}

static bool is_wanted(const export_request *request, const char *plugin)
{
    return (request->images && strcmp(plugin, "images") == 0) ||
           (request->audio && strcmp(plugin, "audio") == 0);
}

static bool export_event(void *context, const tblog_reader *reader, const tblog_event *event)
{
    (void)reader;
    blob_export *all = context;
    for (size_t i = 0; i < event->value_count; i++) {
        const tblog_value *value = event->values[i];
        if (!tag_filter_chooses(&all->request->arguments.filter, value->tag)) {
            continue;
        }
        const tag_key wanted = {
            .run = all->run, .tag = value->tag, .content = event->content, .plugin = value->plugin};
        const tag_key *key = tag_map_get(&all->tags, &wanted, sizeof *key);
        if (key == NULL) {
            return complain(all->run, tblog_status_string(TBLOG_NO_MEMORY));
        }
        if (is_wanted(all->request, key->plugin) &&
            !export_value(all, value, key->plugin, event->step)) {
            return false;
        }
    }
    return true;
}

/* ---- The command ---- */

enum exit_status export_blobs(const export_request *request, const event_files *files)
{
    blob_export all = {.request = request, .directory = request->arguments.output};
    bool made; /* by this call, so it is removed if nothing is saved */
    if (!make_directory(all.directory, &made) || !is_empty(all.directory)) {
        return EXIT_STATUS_FAILED;
    }
    enum exit_status worst = EXIT_STATUS_DONE;
    for (size_t i = 0; i < files->count; i++) {
        all.run = files->at[i].run;
        worst = worse_status(worst, read_events("export", files->at[i].path, export_event, &all));
    }
    tag_map_free(&all.tags);
    if (all.count == 0 && made) {
        rmdir(all.directory);
    }
    if (all.count == 0) {
        (void)complain(request->arguments.paths[0], "no such values, or none with such a tag");
    }
    return all.count == 0 || all.any_unknown ? EXIT_STATUS_FAILED : worst;
}
