#include "run_directory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory_path.h"
#include "message.h"
#include "retried_calls.h"
#include "run_files.h"
#include "run_lock.h"

struct run_directory {
    int fd;         /* of the directory */
    int lock;       /* the descriptor that holds the lock; -1 before that */
    size_t made_at; /* length of the topmost directory that open made; 0 for none */
    char path[PATH_MAX];
    bool has_named;   /* this handle has written run.json with this process and host: */
    uint64_t process; /* as in run_record */
    char host[sizeof((run_record *)NULL)->host];
};

static bool is_of_process(const run_record *record, const char *host, uint64_t process)
{
    return record->process == process && strcmp(record->host, host) == 0;
}

/* False also if the lock cannot be queried. */
static bool is_held_by_nobody(const char *path)
{
    char why[MESSAGE_BYTES];
    const int fd = run_files_open(path, why);
    if (fd < 0) {
        return false;
    }
    const bool is_free = run_lock_ask(fd, path, why) == RUN_LOCK_NOBODY;
    close(fd);
    return is_free;
}

/* The lock is queried after run.json was read. In between the run may have ended: it writes its
 * last record before it releases the lock. Or another process may have begun; then it is queried
 * again. */
file_presence run_directory_read(const char *path, run_record *out, char *message)
{
    file_presence presence = run_record_read(out, path, message);
    while (presence == FILE_READ && out->state == RUN_RUNNING && is_held_by_nobody(path)) {
        const run_record before = *out; /* for its process */
        run_record_free(out);
        presence = run_record_read(out, path, message);
        if (presence == FILE_READ && is_of_process(out, before.host, before.process)) {
            out->state = run_record_state_at_rest(out);
            break;
        }
    }
    return presence;
}

/* Always -1. *there is the present content of run.json; empty if it is not known. */
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
    const file_presence presence =
        run_record_read_at(&there, directory->fd, directory->path, message);
    const bool is_named = is_of_process(&there, directory->host, directory->process);
    int status = 0;
    if (is_lost || presence == FILE_ABSENT || (presence == FILE_READ && !is_named)) {
        status = taken_over(directory, &there, message);
    } else if (presence != FILE_READ) {
        status = -1; /* the message has the cause */
    }
    run_record_free(&there);
    return status;
}

/* Without a run.json this removes nothing: a file called checkpoint belongs to the user. */
int run_directory_clear(const run_directory *directory, char *message)
{
    char damage[MESSAGE_BYTES];
    run_record there;
    if (run_directory_check_owner(directory, message) != 0) {
        return -1;
    }
    switch (run_record_read(&there, directory->path, damage)) {
    case FILE_ABSENT:
        return 0;
    case FILE_UNREADABLE:
        return message_set(message, "%s", damage);
    case FILE_READ:
    case FILE_DAMAGED:
        break;
    }
    const int status = run_files_remove_all(directory->fd, directory->path, &there, message);
    run_record_free(&there);
    return status;
}

/* Are the two of the same run? run.json must have the figures of all epochs that the state has
 * done, and the state's updates must be those of these epochs and of the current one. */
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
    case FILE_ABSENT:
        return RUN_DIRECTORY_NO_PAST;
    case FILE_DAMAGED: /* since the directory was opened */
    case FILE_UNREADABLE:
        return RUN_DIRECTORY_PAST_UNREADABLE;
    case FILE_READ:
        break;
    }
    /* A run that died between making event files and naming them names none. */
    if (there->event_file_count == 0 &&
        run_files_name_events(directory->fd, directory->path, there, message) != 0) {
        return RUN_DIRECTORY_PAST_UNREADABLE;
    }
    switch (checkpoint_read(state, directory->fd, directory->path, message)) {
    case FILE_ABSENT:
        message_set(message, "no state was saved");
        return RUN_DIRECTORY_PAST_WITHOUT_STATE;
    case FILE_DAMAGED:
        return RUN_DIRECTORY_PAST_WITHOUT_STATE;
    case FILE_UNREADABLE:
        return RUN_DIRECTORY_PAST_UNREADABLE;
    case FILE_READ:
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
    return run_directory_check_owner(directory, message) != 0
               ? -1
               : run_files_remove(directory->fd, directory->path, CHECKPOINT_FILE, message);
}

int run_directory_drop_models(const run_directory *directory, bool *had_any, char *message)
{
    *had_any = false;
    if (run_directory_check_owner(directory, message) != 0) {
        return -1;
    }
    for (size_t i = 0; i < RUN_FILES_MODELS; i++) {
        *had_any |= faccessat(directory->fd, run_files_models[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        if (run_files_remove(directory->fd, directory->path, run_files_models[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}

int run_directory_descriptor(const run_directory *directory)
{
    return directory->fd;
}

/* The lock's file is removed only if this handle made the directory. Otherwise another process may
 * have opened the file to lock it. */
static void unmake(const run_directory *directory)
{
    if (directory->made_at != 0 && directory->lock >= 0) {
        retried_unlinkat(directory->fd, RUN_LOCK_FILE, 0);
    }
    directory_unmake(directory->path, directory->made_at);
}

/* Makes and locks directory->path. USABLE, or HELD or REFUSED with a message. */
static run_directory_verdict make_locked(run_directory *directory, char *message)
{
    const char *path = directory->path;
    if (directory_make(path, &directory->made_at, message) != 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    directory->fd = run_files_open(path, message);
    if (directory->fd < 0) {
        return RUN_DIRECTORY_REFUSED;
    }
    return run_directory_judge_holder(run_lock_take(directory->fd, path, &directory->lock, message),
                                      path, message);
}

run_directory_verdict run_directory_open(run_directory **out, const char *path,
                                         const run_config *config, run_directory_replace replace,
                                         char *message)
{
    *out = NULL;
    /* Checked before anything is made, even the lock's file. */
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
        verdict = run_directory_judge_held(path, config, replace, message);
    }
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

/* If writing failed, the new run.json may still be there (file_replace.h): then it is not known
 * which process it names. */
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
    return run_files_name_events(directory->fd, directory->path, there, message) != 0
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
    const run_record unnamed = {0}; /* all event files there belong to this run */
    if (directory == NULL) {
        return;
    }
    /* The run has already failed, and the user sees that cause. A file that cannot be removed
     * stays, and so does the directory. */
    if (run_directory_check_owner(directory, message) == 0 &&
        run_files_remove_all(directory->fd, directory->path, &unnamed, message) == 0) {
        unmake(directory);
    }
    run_directory_close(directory);
}
