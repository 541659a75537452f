#include "run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_replace.h"
#include "message.h"
#include "run_search.h"

struct run_directory {
    int fd;         /* holds the lock */
    size_t made_at; /* length of the topmost directory that open made; 0 for none */
    char path[PATH_MAX];
};

/* Opens and locks; -1 with errno EWOULDBLOCK where another process has the lock. A file system
 * without locks gives none. */
static int open_locked(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(fd);
        errno = EWOULDBLOCK;
        return -1;
    }
    return fd;
}

run_record_presence run_directory_read(const char *path, run_record *out, char *message)
{
    run_record_presence presence = run_record_read(out, path, message);
    if (presence != RUN_RECORD_READ || out->state != RUN_RUNNING) {
        return presence;
    }
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0) {
        /* The run may have ended properly since; under the lock its record stays as it is. */
        run_record_free(out);
        presence = run_record_read(out, path, message);
        if (presence == RUN_RECORD_READ) {
            out->state = run_record_state_at_rest(out);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return presence;
}

static int open_failed(const char *path, char *message)
{
    if (errno == EWOULDBLOCK) {
        return message_set(message, "%s: another process is writing a run there", path);
    }
    return message_set(message, "%s cannot be opened as a run's directory: %s", path,
                       strerror(errno));
}

/* -1 with a message where the directory, there or not, would be inside of a run's. */
static int check_above(const char *path, char *message)
{
    char other[PATH_MAX];
    return run_search_above(path, other)
               ? message_set(message, "%s is inside of the run %s: name a directory outside of it",
                             path, other)
               : 0;
}

/* Is this no place for a run, whatever may be replaced? -1 with a message. `run` is what is there;
 * NULL for none. */
static int check_place(const char *path, const run_record *run, char *message)
{
    char other[PATH_MAX];
    if (run_search_below(path, other)) {
        return message_set(message,
                           "%s holds other runs (such as %s): name a directory of the run's own",
                           path, other);
    }
    if (run_search_foreign_events(path, run)) {
        return message_set(message,
                           "%s holds event files that are not known to be the trainer's "
                           "(--overwrite replaces only those named in its " RUN_RECORD_FILE
                           "): move them away or name another directory",
                           path);
    }
    return 0;
}

static run_directory_verdict judge_unfinished(const char *path, const run_config *config,
                                              const run_record *there, char *message)
{
    char difference[MESSAGE_BYTES / 2];
    if (run_config_difference(&there->config, config, difference, sizeof difference) > 0) {
        message_set(message, "%s holds a run of another configuration: %s; --overwrite replaces it",
                    path, difference);
        return RUN_DIRECTORY_REFUSED;
    }
    const run_state state = run_record_state_at_rest(there);
    if (state == RUN_INTERRUPTED) {
        return RUN_DIRECTORY_USABLE;
    }
    message_set(message, "%s holds a %s run of this configuration; --overwrite replaces it", path,
                run_state_name(state));
    return state == RUN_FINISHED ? RUN_DIRECTORY_FINISHED : RUN_DIRECTORY_DIVERGED;
}

/* As run_directory_judge, of a directory that is there and locked. *there is what run.json says;
 * the caller frees it. */
static run_directory_verdict judge_locked(const char *path, const run_config *config,
                                          run_directory_replace replace, run_record *there,
                                          char *message)
{
    char damage[MESSAGE_BYTES];
    const run_record_presence presence = run_record_read(there, path, damage);
    if (check_place(path, presence == RUN_RECORD_ABSENT ? NULL : there, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    if (presence == RUN_RECORD_ABSENT || replace == RUN_DIRECTORY_REPLACE_ANY) {
        return RUN_DIRECTORY_USABLE;
    }
    if (presence == RUN_RECORD_DAMAGED) {
        message_set(message, "%.900s; --overwrite replaces it", damage);
        return RUN_DIRECTORY_REFUSED;
    }
    if (replace == RUN_DIRECTORY_REPLACE_UNFINISHED) {
        return judge_unfinished(path, config, there, message);
    }
    const run_state state = run_record_state_at_rest(there);
    message_set(
        message,
        "%s holds a run already (batch size %u, %u of %u epochs, %s); %s--overwrite replaces it",
        path, (unsigned)there->config.batch_size, (unsigned)there->epoch_count,
        (unsigned)there->config.epochs, run_state_name(state),
        state == RUN_INTERRUPTED ? "--resume goes on with it, " : "");
    return RUN_DIRECTORY_REFUSED;
}

run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                          run_directory_replace replace, char *message)
{
    struct stat status;
    run_record there;
    if (check_above(path, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    if (stat(path, &status) != 0 && errno == ENOENT) {
        return RUN_DIRECTORY_USABLE;
    }
    const int fd = open_locked(path);
    if (fd < 0) {
        open_failed(path, message);
        return RUN_DIRECTORY_REFUSED;
    }
    const run_directory_verdict verdict = judge_locked(path, config, replace, &there, message);
    run_record_free(&there);
    close(fd);
    return verdict;
}

/* Makes what is missing of the path, from the top. *made_at as in run_directory. */
static int make_path(const char *path, size_t *made_at, char *message)
{
    char part[PATH_MAX];
    const size_t length = strlen(path);
    *made_at = 0;
    if (length == 0 || length >= sizeof part) {
        return message_set(message, "the directory's path is empty or too long");
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0777) == 0) {
            *made_at = *made_at == 0 ? i : *made_at;
        } else if (errno != EEXIST) {
            return message_set(message, "%s cannot be made: %s", part, strerror(errno));
        }
        part[i] = path[i];
    }
    return 0;
}

/* Removes the directories that make_path made, from the bottom; stops at one that is not
 * empty. */
static void unmake_path(const char *path, size_t made_at)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (size_t i = strlen(part); made_at != 0 && i >= made_at; i--) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (rmdir(part) != 0 && errno != ENOENT) {
            return;
        }
    }
}

/* `directory` is open on what messages call `path`. */
static int remove_file(int directory, const char *path, const char *name, char *message)
{
    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT) {
        return message_set(message, "%s/%s cannot be removed: %s", path, name, strerror(errno));
    }
    return 0;
}

static DIR *open_part(int directory, const char *part)
{
    const int fd =
        openat(directory, part[0] != '\0' ? part : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && stream == NULL) {
        close(fd);
    }
    return stream;
}

/* Removes the run's event files from path/part, but those that `kept` (may be NULL) names, and
 * path/part if nothing else is in it. */
static int remove_event_files(int directory, const char *path, const char *part,
                              const run_record *run, const run_record *kept, char *message)
{
    char name[NAME_MAX + 32];
    int status = 0;
    DIR *stream = open_part(directory, part);
    if (stream == NULL) {
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : message_set(message, "%s/%s: %s", path, part, strerror(errno));
    }
    for (const struct dirent *entry; status == 0 && (entry = readdir(stream)) != NULL;) {
        if (run_record_owns(run, part, entry->d_name) &&
            (kept == NULL || !run_record_owns(kept, part, entry->d_name))) {
            snprintf(name, sizeof name, "%s%s%s", part, part[0] != '\0' ? "/" : "", entry->d_name);
            status = remove_file(directory, path, name, message);
        }
    }
    closedir(stream);
    if (part[0] != '\0') {
        unlinkat(directory, part, AT_REMOVEDIR); /* refused where somebody's files are */
    }
    return status;
}

/* Event files first: a crash in between leaves a directory that is still known as the
 * trainer's. */
static int remove_run(const run_directory *directory, const run_record *run, char *message)
{
    static const char *const files[] = {CHECKPOINT_FILE FILE_REPLACE_SUFFIX, CHECKPOINT_FILE,
                                        RUN_RECORD_FILE FILE_REPLACE_SUFFIX, RUN_RECORD_FILE};
    const int fd = directory->fd;
    const char *path = directory->path;
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (remove_event_files(fd, path, run_parts[i], run, NULL, message) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (remove_file(fd, path, files[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Is there a run? Without one, a file called checkpoint is somebody's. */
int run_directory_clear(const run_directory *directory, char *message)
{
    char damage[MESSAGE_BYTES];
    run_record there;
    if (run_record_read(&there, directory->path, damage) == RUN_RECORD_ABSENT) {
        return 0;
    }
    const int status = remove_run(directory, &there, message);
    run_record_free(&there);
    return status;
}

/* The record as it was after the checkpoint's epoch. False where they do not belong together. */
static bool rewind_record(run_record *run, const checkpoint *state)
{
    if (state->epochs > run->epoch_count || state->event_file_count == 0 ||
        state->event_file_count + RUN_PARTS > RUN_RECORD_MAX_EVENT_FILES ||
        state->iterations != (uint64_t)state->epochs * run_config_steps_per_epoch(&run->config)) {
        return false;
    }
    run->epoch_count = state->epochs;
    memcpy(run->event_files, state->event_files, sizeof run->event_files);
    run->event_file_count = state->event_file_count;
    return true;
}

static int rewind_files(const run_directory *directory, const run_record *there,
                        const run_record *run, const checkpoint *state, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (remove_event_files(directory->fd, directory->path, run_parts[i], there, run, message) !=
            0) {
            return -1;
        }
    }
    return checkpoint_rewind_files(state, directory->fd, directory->path, message);
}

bool run_directory_restore(const run_directory *directory, run_record *run, checkpoint *state,
                           char *message)
{
    char damage[MESSAGE_BYTES];
    run_record there = {0};
    bool done = false;
    *run = (run_record){0};
    message[0] = '\0';
    if (checkpoint_read(state, directory->fd, directory->path, message) != CHECKPOINT_READ ||
        run_record_read(&there, directory->path, damage) != RUN_RECORD_READ ||
        run_record_read(run, directory->path, damage) != RUN_RECORD_READ) {
        goto cleanup;
    }
    if (!rewind_record(run, state)) {
        message_set(message, "%s/" CHECKPOINT_FILE " is not of the run in " RUN_RECORD_FILE,
                    directory->path);
        goto cleanup;
    }
    done = rewind_files(directory, &there, run, state, message) == 0;
cleanup:
    run_record_free(&there);
    if (!done) {
        run_record_free(run);
        checkpoint_free(state);
    }
    return done;
}

int run_directory_keep_state(const run_directory *directory, const run_record *run,
                             checkpoint *state, char *message)
{
    return checkpoint_note_files(state, run, directory->fd, directory->path, message) != 0
               ? -1
               : checkpoint_write(state, directory->fd, directory->path, message);
}

int run_directory_drop_state(const run_directory *directory, char *message)
{
    return remove_file(directory->fd, directory->path, CHECKPOINT_FILE, message);
}

int run_directory_open(run_directory **out, const char *path, const run_config *config,
                       run_directory_replace replace, char *message)
{
    run_directory *directory = calloc(1, sizeof *directory);
    run_record there = {0};
    *out = NULL;
    if (directory == NULL) {
        return message_set(message, "no memory for a run's directory");
    }
    directory->fd = -1;
    if (check_above(path, message) != 0 || make_path(path, &directory->made_at, message) != 0) {
        goto failed;
    }
    snprintf(directory->path, sizeof directory->path, "%s", path);
    directory->fd = open_locked(path);
    if (directory->fd < 0) {
        open_failed(path, message);
        goto failed;
    }
    if (judge_locked(path, config, replace, &there, message) != RUN_DIRECTORY_USABLE) {
        goto failed;
    }
    run_record_free(&there);
    *out = directory;
    return 0;
failed:
    run_record_free(&there);
    unmake_path(path, directory->made_at);
    run_directory_close(directory);
    return -1;
}

int run_directory_write(const run_directory *directory, const run_record *record, char *message)
{
    return run_record_write(record, directory->fd, directory->path, message);
}

void run_directory_close(run_directory *directory)
{
    if (directory == NULL) {
        return;
    }
    if (directory->fd >= 0) {
        close(directory->fd);
    }
    free(directory);
}

void run_directory_discard(run_directory *directory)
{
    char message[MESSAGE_BYTES];
    const run_record unnamed = {0}; /* whatever event files are there are of this run */
    if (directory == NULL) {
        return;
    }
    /* The run has failed already and its cause is what the user is told. */
    (void)remove_run(directory, &unnamed, message);
    unmake_path(directory->path, directory->made_at);
    run_directory_close(directory);
}
