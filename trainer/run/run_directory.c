#include "run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory_names.h"
#include "directory_sync.h"
#include "file_replace.h"
#include "message.h"
#include "model_files.h"
#include "retried_calls.h"
#include "run_lock.h"
#include "run_search.h"

struct run_directory {
    int fd;         /* of the directory */
    int lock;       /* holds the lock; -1 until then */
    size_t made_at; /* length of the topmost directory that open made; 0 for none */
    char path[PATH_MAX];
    bool has_named;   /* this handle has written run.json, and it then named: */
    uint64_t process; /* as in run_record */
    char host[sizeof((run_record *)NULL)->host];
};

static int open_directory(const char *path)
{
    return retried_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static bool is_of_process(const run_record *record, const char *host, uint64_t process)
{
    return record->process == process && strcmp(record->host, host) == 0;
}

/* False also if the lock cannot be asked for. */
static bool is_held_by_nobody(const char *path)
{
    char why[MESSAGE_BYTES];
    const int fd = open_directory(path);
    if (fd < 0) {
        return false;
    }
    const bool is_free = run_lock_ask(fd, path, why) == RUN_LOCK_NOBODY;
    close(fd);
    return is_free;
}

/* The lock is asked for after run.json was read. The run may have ended properly in between: its
 * last record came before it gave the lock back. Or another process may have begun: then it is
 * asked again. */
run_record_presence run_directory_read(const char *path, run_record *out, char *message)
{
    run_record_presence presence = run_record_read(out, path, message);
    while (presence == RUN_RECORD_READ && out->state == RUN_RUNNING && is_held_by_nobody(path)) {
        const run_record before = *out; /* for its process */
        run_record_free(out);
        presence = run_record_read(out, path, message);
        if (presence == RUN_RECORD_READ && is_of_process(out, before.host, before.process)) {
            out->state = run_record_state_at_rest(out);
            break;
        }
    }
    return presence;
}

static int open_failed(const char *path, char *message)
{
    return message_set(message, "%s cannot be opened as a run's directory: %s", path,
                       strerror(errno));
}

/* run.json may be missing or of an earlier run: its writer makes it only after taking the lock. */
static void name_writer(const char *path, char *message)
{
    char damage[MESSAGE_BYTES];
    run_record there;
    message_set(message, "%s: another process is writing a run there", path);
    if (run_record_read(&there, path, damage) == RUN_RECORD_READ && there.state == RUN_RUNNING &&
        there.host[0] != '\0') {
        message_set(message, "%s (process %" PRIu64 " on %s)", message, there.process, there.host);
    }
    run_record_free(&there);
}

/* USABLE if nobody held the lock; otherwise with a message, which run_lock.h has set if it is not
 * known who did. */
static run_directory_verdict judge_holder(run_lock_holder holder, const char *path, char *message)
{
    switch (holder) {
    case RUN_LOCK_NOBODY:
        return RUN_DIRECTORY_USABLE;
    case RUN_LOCK_ANOTHER:
        name_writer(path, message);
        return RUN_DIRECTORY_HELD;
    case RUN_LOCK_UNKNOWN:
        break;
    }
    return RUN_DIRECTORY_REFUSED;
}

/* -1 with a message where the directory, there or not, would be inside of a run's. */
static int check_above(const char *path, char *message)
{
    char other[PATH_MAX];
    const run_search_result result = run_search_above(path, other, message);
    if (result == RUN_SEARCH_FOUND) {
        message_set(message, "%s is inside of the run %s: name a directory outside of it", path,
                    other);
    }
    return result == RUN_SEARCH_NOTHING ? 0 : -1;
}

static const char *const model_files[] = {MODEL_FILE, MODEL_BEST_FILE};
enum { MODEL_FILES = sizeof model_files / sizeof model_files[0] };

/* -1 with a message where the directory, which holds no run, has a file that a run would replace. */
static int check_foreign_models(const char *path, char *message)
{
    char file[PATH_MAX];
    struct stat status;
    for (size_t i = 0; i < MODEL_FILES; i++) {
        if (message_join_path(file, sizeof file, path, model_files[i], message) != 0) {
            return -1;
        }
        if (lstat(file, &status) == 0) {
            return message_set(message,
                               "%s holds a %s but no run: move it away or name another directory",
                               path, model_files[i]);
        }
    }
    return 0;
}

/* Is this no place for a run, whatever may be replaced? -1 with a message. `run` is what is there;
 * NULL for none. */
static int check_place(const char *path, const run_record *run, char *message)
{
    char other[PATH_MAX];
    run_search_result result = run_search_below(path, other, message);
    if (result == RUN_SEARCH_FOUND) {
        return message_set(message,
                           "%s holds other runs (such as %s): name a directory of the run's own",
                           path, other);
    }
    if (result == RUN_SEARCH_NOTHING) {
        result = run_search_foreign_events(path, run, message);
    }
    if (result == RUN_SEARCH_FOUND) {
        return message_set(message,
                           "%s holds event files that are not known to be the trainer's "
                           "(--overwrite replaces only those named in its " RUN_RECORD_FILE
                           "): move them away or name another directory",
                           path);
    }
    if (result != RUN_SEARCH_NOTHING) {
        return -1;
    }
    return run == NULL ? check_foreign_models(path, message) : 0;
}

/* May the run that is there be continued as one of `config`? It may have more epochs, and fewer
 * than were planned, but none that has begun is cut off: points are never taken back. */
static run_directory_verdict judge_continued(const char *path, const run_config *config,
                                             const run_record *there, char *message)
{
    char difference[MESSAGE_BYTES / 2];
    run_config continued = there->config;
    continued.epochs = config->epochs;
    if (run_config_difference(&continued, config, difference, sizeof difference) > 0) {
        message_set(message, "%s holds a run of another configuration: %s; --overwrite replaces it",
                    path, difference);
        return RUN_DIRECTORY_REFUSED;
    }
    if (there->epoch_count > config->epochs) {
        message_set(message,
                    "%s holds a run of %u epochs already, more than %u; --overwrite replaces it",
                    path, (unsigned)there->epoch_count, (unsigned)config->epochs);
        return RUN_DIRECTORY_REFUSED;
    }
    const run_state state = run_record_state_at_rest(there);
    if (state == RUN_INTERRUPTED && there->epoch_count == config->epochs &&
        there->config.epochs > config->epochs) {
        message_set(
            message,
            "%s holds an interrupted run that has %u of %u epochs and may have steps of the "
            "next one, so that it cannot end there: give more than %u epochs; --overwrite "
            "replaces it",
            path, (unsigned)there->epoch_count, (unsigned)there->config.epochs,
            (unsigned)config->epochs);
        return RUN_DIRECTORY_REFUSED;
    }
    if (state == RUN_INTERRUPTED ||
        (state == RUN_FINISHED && there->epoch_count < config->epochs)) {
        return RUN_DIRECTORY_USABLE;
    }
    message_set(message, "%s holds a %s run of this configuration; --overwrite replaces it", path,
                run_state_name(state));
    return state == RUN_FINISHED ? RUN_DIRECTORY_FINISHED : RUN_DIRECTORY_DIVERGED;
}

/* As run_directory_judge, of a directory that is there and that nobody else writes to. *there is
 * what run.json says; the caller frees it. */
static run_directory_verdict judge_free(const char *path, const run_config *config,
                                        run_directory_replace replace, run_record *there,
                                        char *message)
{
    char damage[MESSAGE_BYTES];
    const run_record_presence presence = run_record_read(there, path, damage);
    if (presence == RUN_RECORD_UNREADABLE) {
        message_set(message, "%s", damage);
        return RUN_DIRECTORY_REFUSED;
    }
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
    if (replace == RUN_DIRECTORY_CONTINUE) {
        return judge_continued(path, config, there, message);
    }
    const run_state state = run_record_state_at_rest(there);
    message_set(
        message,
        "%s holds a run already (batch size %u, %u of %u epochs, %s); %s--overwrite replaces it",
        path, (unsigned)there->config.batch_size, (unsigned)there->epoch_count,
        (unsigned)there->config.epochs, run_state_name(state),
        state == RUN_INTERRUPTED ? "--resume continues it, " : "");
    return RUN_DIRECTORY_REFUSED;
}

run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                          run_directory_replace replace, char *message)
{
    struct stat status;
    run_record there = {0};
    if (check_above(path, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    if (stat(path, &status) != 0 && errno == ENOENT) {
        return RUN_DIRECTORY_USABLE;
    }
    const int fd = open_directory(path);
    if (fd < 0) {
        open_failed(path, message);
        return RUN_DIRECTORY_REFUSED;
    }
    run_directory_verdict verdict = judge_holder(run_lock_ask(fd, path, message), path, message);
    if (verdict == RUN_DIRECTORY_USABLE) {
        verdict = judge_free(path, config, replace, &there, message);
    }
    run_record_free(&there);
    close(fd);
    return verdict;
}

/* Brings the name of a directory that was just made to the disk. A parent that may not be read
 * cannot be synced. */
static int sync_name(const char *path)
{
    char parent[PATH_MAX + 4];
    snprintf(parent, sizeof parent, "%s/..", path);
    const int fd = open_directory(parent);
    if (fd < 0) {
        return errno == EACCES ? 0 : -1;
    }
    const int status = directory_sync(fd);
    const int cause = errno;
    close(fd);
    errno = cause;
    return status;
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
        if (retried_mkdir(part, 0777) == 0) {
            *made_at = *made_at == 0 ? i : *made_at;
            if (sync_name(part) != 0) {
                return message_set(message, "the name of %s cannot be written: %s", part,
                                   strerror(errno));
            }
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
    if (retried_unlinkat(directory, name, 0) != 0 && errno != ENOENT) {
        return message_set(message, "%s/%s cannot be removed: %s", path, name, strerror(errno));
    }
    return 0;
}

/* Removes a file that file_replace writes, and what a crash may have left of a new one. */
static int remove_replaced(int directory, const char *path, const char *name, char *message)
{
    char temporary[NAME_MAX + 1];
    snprintf(temporary, sizeof temporary, "%s" FILE_REPLACE_SUFFIX, name);
    return remove_file(directory, path, temporary, message) != 0
               ? -1
               : remove_file(directory, path, name, message);
}

/* The names in a part of the run. 0, or -1 with a message. */
static int list_part(directory_names *out, int directory, const char *path, const char *part,
                     char *message)
{
    return directory_names_read(out, directory, part[0] != '\0' ? part : ".") == 0
               ? 0
               : message_set(message, "%s%s%s cannot be read: %s", path, part[0] != '\0' ? "/" : "",
                             part, strerror(errno));
}

/* Removes the run's event files from path/part, and path/part if nothing else is in it. */
static int remove_event_files(int directory, const char *path, const char *part,
                              const run_record *run, char *message)
{
    char name[NAME_MAX + 32];
    directory_names there;
    if (list_part(&there, directory, path, part, message) != 0) {
        return -1;
    }
    int status = 0;
    for (int i = 0; status == 0 && i < there.count; i++) {
        const char *entry = there.all[i]->d_name;
        if (run_record_owns(run, part, entry)) {
            snprintf(name, sizeof name, "%s%s%s", part, part[0] != '\0' ? "/" : "", entry);
            status = remove_file(directory, path, name, message);
        }
    }
    directory_names_free(&there);
    if (part[0] != '\0') {
        retried_unlinkat(directory, part, AT_REMOVEDIR); /* refused where somebody's files are */
    }
    return status;
}

/* Event files first: a crash in between leaves a directory that is still known as the
 * trainer's. */
static int remove_run(const run_directory *directory, const run_record *run, char *message)
{
    static const char *const files[] = {MODEL_BEST_FILE, MODEL_FILE, CHECKPOINT_FILE,
                                        RUN_RECORD_FILE};
    const int fd = directory->fd;
    const char *path = directory->path;
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (remove_event_files(fd, path, run_parts[i], run, message) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (remove_replaced(fd, path, files[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Always -1. *there is what run.json says now; empty if that is not known. */
static int taken_over(const run_directory *directory, const run_record *there, char *message)
{
    char taker[sizeof there->host + 32] = " has taken this run over or removed it";
    if (there->host[0] != '\0' && !is_of_process(there, directory->host, directory->process)) {
        snprintf(taker, sizeof taker, ", %" PRIu64 " on %s, has taken this run over",
                 there->process, there->host);
    }
    return message_set(message, "%s: another process%s; this one stops and writes nothing more",
                       directory->path, taker);
}

int run_directory_check_owner(const run_directory *directory, char *message)
{
    run_record there;
    const bool is_lost = run_lock_is_lost(directory->fd, directory->lock);
    if (!is_lost && !directory->has_named) {
        return 0;
    }
    const run_record_presence presence =
        run_record_read_at(&there, directory->fd, directory->path, message);
    const bool is_named = is_of_process(&there, directory->host, directory->process);
    int status = 0;
    if (is_lost || presence == RUN_RECORD_ABSENT || (presence == RUN_RECORD_READ && !is_named)) {
        status = taken_over(directory, &there, message);
    } else if (presence != RUN_RECORD_READ) {
        status = -1; /* the message says why it is not known */
    }
    run_record_free(&there);
    return status;
}

/* Is there a run? Without one, a file called checkpoint is somebody's. */
int run_directory_clear(const run_directory *directory, char *message)
{
    char damage[MESSAGE_BYTES];
    run_record there;
    if (run_directory_check_owner(directory, message) != 0) {
        return -1;
    }
    switch (run_record_read(&there, directory->path, damage)) {
    case RUN_RECORD_ABSENT:
        return 0;
    case RUN_RECORD_UNREADABLE:
        return message_set(message, "%s", damage);
    case RUN_RECORD_READ:
    case RUN_RECORD_DAMAGED:
        break;
    }
    const int status = remove_run(directory, &there, message);
    run_record_free(&there);
    return status;
}

/* Names the event files of a part in the record, unless it names them already. 0, or -1 with a
 * message. */
static int name_event_files(const run_directory *directory, const char *part, run_record *run,
                            char *message)
{
    const run_record unnamed = {0}; /* for run_record_owns */
    directory_names there;
    if (list_part(&there, directory->fd, directory->path, part, message) != 0) {
        return -1;
    }
    int status = 0;
    for (int i = 0; status == 0 && i < there.count; i++) {
        const char *entry = there.all[i]->d_name;
        const bool is_named = run->event_file_count > 0 && run_record_owns(run, part, entry);
        if (!is_named && run_record_owns(&unnamed, part, entry) &&
            run_record_add_event_file(run, part, entry) != 0) {
            status =
                message_set(message, "%s: no memory for the names of event files", directory->path);
        }
    }
    directory_names_free(&there);
    return status;
}

/* The same of all parts. */
static int name_all_event_files(const run_directory *directory, run_record *run, char *message)
{
    for (size_t i = 0; i < RUN_PARTS; i++) {
        if (name_event_files(directory, run_parts[i], run, message) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Whether the two are of one run: of the epochs that the state has done run.json has the figures, and
 * its updates are those of these epochs and of the one under way. */
static bool belong_together(const run_record *run, const checkpoint *state)
{
    const uint32_t steps = run_config_steps_per_epoch(&run->config);
    return state->epochs <= run->epoch_count && state->under_way.steps < steps &&
           state->iterations == (uint64_t)state->epochs * steps + state->under_way.steps;
}

run_directory_past run_directory_restore(const run_directory *directory, run_record *there,
                                         checkpoint *state, char *message)
{
    *state = (checkpoint){0};
    message[0] = '\0';
    switch (run_record_read(there, directory->path, message)) {
    case RUN_RECORD_ABSENT:
        return RUN_DIRECTORY_NO_PAST;
    case RUN_RECORD_DAMAGED: /* since the directory was opened */
    case RUN_RECORD_UNREADABLE:
        return RUN_DIRECTORY_PAST_UNREADABLE;
    case RUN_RECORD_READ:
        break;
    }
    /* A run that died between making event files and naming them names none. */
    if (there->event_file_count == 0 && name_all_event_files(directory, there, message) != 0) {
        return RUN_DIRECTORY_PAST_UNREADABLE;
    }
    switch (checkpoint_read(state, directory->fd, directory->path, message)) {
    case CHECKPOINT_ABSENT:
        message_set(message, "no state was saved");
        return RUN_DIRECTORY_PAST_WITHOUT_STATE;
    case CHECKPOINT_DAMAGED:
        return RUN_DIRECTORY_PAST_WITHOUT_STATE;
    case CHECKPOINT_UNREADABLE:
        return RUN_DIRECTORY_PAST_UNREADABLE;
    case CHECKPOINT_READ:
        break;
    }
    if (!belong_together(there, state)) {
        checkpoint_free(state);
        message_set(message, "%s/" CHECKPOINT_FILE " is not of the run in " RUN_RECORD_FILE,
                    directory->path);
        return RUN_DIRECTORY_PAST_WITHOUT_STATE;
    }
    return RUN_DIRECTORY_PAST_WITH_STATE;
}

int run_directory_keep_state(const run_directory *directory, const checkpoint *state, char *message)
{
    return run_directory_check_owner(directory, message) != 0
               ? -1
               : checkpoint_write(state, directory->fd, directory->path, message);
}

int run_directory_drop_state(const run_directory *directory, char *message)
{
    static const char unfinished[] = CHECKPOINT_FILE FILE_REPLACE_SUFFIX;
    return run_directory_check_owner(directory, message) != 0 ||
                   remove_file(directory->fd, directory->path, unfinished, message) != 0
               ? -1
               : remove_file(directory->fd, directory->path, CHECKPOINT_FILE, message);
}

int run_directory_drop_models(const run_directory *directory, bool *had_any, char *message)
{
    *had_any = false;
    if (run_directory_check_owner(directory, message) != 0) {
        return -1;
    }
    for (size_t i = 0; i < MODEL_FILES; i++) {
        *had_any |= faccessat(directory->fd, model_files[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        if (remove_replaced(directory->fd, directory->path, model_files[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_directory_descriptor(const run_directory *directory)
{
    return directory->fd;
}

/* The lock's file goes only with a directory that this handle made: elsewhere another process may
 * have it open to lock it. */
static void unmake(const run_directory *directory)
{
    if (directory->made_at != 0 && directory->lock >= 0) {
        retried_unlinkat(directory->fd, RUN_LOCK_FILE, 0);
    }
    unmake_path(directory->path, directory->made_at);
}

/* Makes and locks directory->path. USABLE, or HELD or REFUSED with a message. */
static run_directory_verdict make_locked(run_directory *directory, char *message)
{
    const char *path = directory->path;
    if (make_path(path, &directory->made_at, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    directory->fd = open_directory(path);
    if (directory->fd < 0) {
        open_failed(path, message);
        return RUN_DIRECTORY_REFUSED;
    }
    return judge_holder(run_lock_take(directory->fd, path, &directory->lock, message), path,
                        message);
}

run_directory_verdict run_directory_open(run_directory **out, const char *path,
                                         const run_config *config, run_directory_replace replace,
                                         char *message)
{
    run_record there = {0};
    *out = NULL;
    /* Before anything is made, the lock's file included. */
    run_directory_verdict verdict = run_directory_judge(path, config, replace, message);
    if (verdict != RUN_DIRECTORY_USABLE) {
        return verdict;
    }
    run_directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL) {
        message_set(message, "no memory for a run's directory");
        return RUN_DIRECTORY_REFUSED;
    }
    directory->fd = -1;
    directory->lock = -1;
    snprintf(directory->path, sizeof directory->path, "%s", path);
    verdict = make_locked(directory, message);
    if (verdict == RUN_DIRECTORY_USABLE) {
        verdict = judge_free(path, config, replace, &there, message);
    }
    run_record_free(&there);
    if (verdict != RUN_DIRECTORY_USABLE) {
        unmake(directory);
        run_directory_close(directory);
        return verdict;
    }
    *out = directory;
    return RUN_DIRECTORY_USABLE;
}

void run_directory_doubt(const run_directory *directory, char *message)
{
    run_lock_doubt(directory->fd, directory->path, message);
}

/* The new run.json may be there even if it could not be written (file_replace.h): then nothing is
 * known of what it names. */
int run_directory_write(run_directory *directory, const run_record *record, char *message)
{
    if (run_directory_check_owner(directory, message) != 0) {
        return -1;
    }
    const int status = run_record_write(record, directory->fd, directory->path, message);
    directory->has_named = status == 0;
    directory->process = record->process;
    memcpy(directory->host, record->host, sizeof directory->host);
    return status;
}

int run_directory_put_back(run_directory *directory, run_record *there, char *message)
{
    return name_all_event_files(directory, there, message) != 0
               ? -1
               : run_directory_write(directory, there, message);
}

void run_directory_close(run_directory *directory)
{
    if (directory == NULL) {
        return;
    }
    if (directory->lock >= 0) {
        close(directory->lock);
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
    if (run_directory_check_owner(directory, message) == 0) {
        (void)remove_run(directory, &unnamed, message);
        unmake(directory);
    }
    run_directory_close(directory);
}
